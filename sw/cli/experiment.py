"""`metaplast experiment`: a named experiment with options of its own."""

from typing import Annotated

import typer

from sw.experiments.registry import EXPERIMENTS
from sw.host.error import InputError
from sw.terminal.application import alone


def experiment(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A name of --list; its options follow.", metavar="NAME")] = None,
    names: Annotated[bool, typer.Option("--list", help="List the experiments.")] = False,
) -> None:
    """Run a named experiment. `metaplast experiment NAME --help` shows its options."""
    if names:
        width = max(map(len, EXPERIMENTS))
        for known, chosen in EXPERIMENTS.items():
            typer.echo(f"{known:<{width}} {chosen.about}")
        return
    if name not in EXPERIMENTS:
        wrong = "no experiment is named" if name is None else f"there is no experiment {name}"
        raise InputError(f"{wrong}: choose one of {', '.join(EXPERIMENTS)}")
    chosen = alone(EXPERIMENTS[name].load())
    status = chosen(context.args, standalone_mode=False, prog_name=f"metaplast experiment {name}")
    raise typer.Exit(status or 0)
