"""The console script `metaplast`: every command, and one place where errors become one line and an exit status.

Status 0: done; 1: a comparison found a difference; 2: an option, a file or a board is not as it should be, nothing was
written; 130: interrupted by Ctrl-C; 143: by SIGTERM.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from typer.exceptions import TyperException

from sw.contract.error import ContractError
from sw.data.error import DataError
from sw.files.error import FileError
from sw.files.streams import take_every_word
from sw.host.application import application
from sw.host.commands.boards import boards
from sw.host.commands.doctor import doctor
from sw.host.commands.evaluate import evaluate
from sw.host.commands.experiment import experiment
from sw.host.commands.init import init
from sw.host.commands.selftest import selftest
from sw.host.commands.simulate import simulate
from sw.host.commands.train import train
from sw.host.commands.verify import verify
from sw.host.commands.versions import versions
from sw.host.error import HostError
from sw.host.interruption import Interrupted

WRONG = 2
CTRL_C = 130

app = application()
app.callback()(versions)
for command in (init, train, evaluate, verify, selftest, boards, doctor, simulate):
    app.command(short_help=(command.__doc__ or "").partition("\n")[0])(command)
# What follows an experiment's name belongs to the experiment.
app.command(context_settings={"allow_extra_args": True, "allow_interspersed_args": False})(experiment)


def run(commands: Callable[..., Any], arguments: Sequence[str] | None = None) -> int:
    """Run a typer application; the exit status. An error that a person can mend is one line on standard error."""
    take_every_word()
    try:
        status = commands(arguments, standalone_mode=False)
    except (HostError, ContractError, DataError, FileError) as error:
        return _wrong(str(error))
    except TyperException as error:
        return _wrong(error.format_message())
    except Interrupted as interrupted:
        print(interrupted, file=sys.stderr)
        return interrupted.status
    if status == CTRL_C:  # typer's answer to it, outside a pass
        print("interrupted, nothing was written", file=sys.stderr)
    return status if isinstance(status, int) else 0


def _wrong(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return WRONG


def main() -> None:
    """The console script."""
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    sys.exit(run(app))
