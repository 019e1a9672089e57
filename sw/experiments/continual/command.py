"""The command line that every comparison on a stream has, and what it leaves behind."""

import shlex
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from sw.data.binarise import parse_thresholds
from sw.experiments import results
from sw.experiments.continual.comparison import PICTURES, Plan, as_json, compare, draw, table
from sw.experiments.continual.methods import parse_methods
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.sources import FASHION_THRESHOLDS, Sources
from sw.experiments.continual.streams import Build
from sw.files.output import write_json
from sw.host.error import InputError
from sw.terminal.opening import read_network
from sw.terminal.options import Config
from sw.terminal.speech import say, tell

SHOWN = ("accuracy", "accuracy_when_new", "newest_accuracy", "backward_transfer", "forgetting")

Full = Annotated[bool, typer.Option("--full", help="The paper's sizes; needs a GPU or patience.")]
FewSeeds = Annotated[int, typer.Option(help="How many seeds, one run of each method for each.", min=1, metavar="N")]
FirstSeed = Annotated[int, typer.Option(help="The first seed; all randomness comes from them.", min=0, metavar="S")]
Device = Annotated[str, typer.Option(help="Where PyTorch computes floating point: cpu, cuda.", metavar="D")]
Engine = Annotated[str, typer.Option(help="What plays the chip: twin, compiled (C++, the same bits, faster).", metavar="E")]
Grey = Annotated[bool, typer.Option("--grey", help="Grey pixels in place of one bit each.")]
Validation = Annotated[
    bool, typer.Option("--validation", help="Test on the last 10,000 training samples, which are not learned.")
]
MnistFolder = Annotated[Path, typer.Option(help="Folder of grey MNIST; filled from the net.", metavar="F")]
FashionFolder = Annotated[Path, typer.Option(help="Folder of Fashion-MNIST; filled from the net.", metavar="F")]
FashionThreshold = Annotated[
    str, typer.Option(help="A bit of Fashion-MNIST is on above it; of several the pixels take turns.", metavar="T[,T...]")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="A setting of the floating-point methods, FIELD=VALUE or METHOD:FIELD=VALUE."),
]
Count = Annotated[int | None, typer.Option(min=1, metavar="N")]
Json = Annotated[Path | None, typer.Option(help="Where the result goes; pictures lie beside it.", metavar="F")]


def comparison(name: str, about: str, build: Build, scaled: Scale, full: Scale, methods: str) -> Callable[..., int]:
    """The experiment `name` on a stream: `methods` by default, at the size `scaled`, or `full` with that option.

    `about` is what `--help` says.
    """
    default_methods, full_scale = methods, full

    def experiment(
        full: Full = False,
        tasks: Count = None,
        samples: Annotated[int | None, typer.Option(help="Training samples of each task.", min=1, metavar="N")] = None,
        test_samples: Annotated[int | None, typer.Option(help="Test samples of each task.", min=1, metavar="N")] = None,
        epochs: Count = None,
        hidden: Annotated[str | None, typer.Option(help="Hidden layers, as in 512,512.", metavar="SIZES")] = None,
        metaplasticity: Annotated[float | None, typer.Option(help="m of the floating-point rule.", metavar="M")] = None,
        methods: Annotated[str, typer.Option(help="Names with commas; see docs/reference.md.")] = default_methods,
        changes: Changes = None,
        config: Config = None,
        last: Annotated[int | None, typer.Option(help="Accuracy is over the last K tasks; all.", metavar="K")] = None,
        look_back: Annotated[int | None, typer.Option(help="Test only the K newest tasks, all at the end.", min=1)] = None,
        seeds: FewSeeds = 3,
        seed: FirstSeed = 1,
        grey: Grey = False,
        validation: Validation = False,
        mnist_folder: MnistFolder = Path("data/mnist"),
        fashion_folder: FashionFolder = Path("data/fashion-mnist"),
        fashion_threshold: FashionThreshold = ",".join(map(str, FASHION_THRESHOLDS)),
        features: Annotated[Path | None, typer.Option(help="Features in an .npz; made up.", metavar="F")] = None,
        device: Device = "cpu",
        engine: Engine = "twin",
        json: Json = None,
    ) -> int:
        began = time.monotonic()
        scale = (full_scale if full else scaled).with_options(
            hidden, tasks=tasks, samples=samples, test_samples=test_samples, epochs=epochs, metaplasticity=metaplasticity
        )
        if last is not None and not 1 <= last <= scale.tasks:
            raise InputError(f"--last is {last}, expected 1 to {scale.tasks}, the number of tasks")
        network = read_network(config) if config else None
        if network and hidden is None:
            scale = replace(scale, hidden=network.layers[1:-1])
        plan = Plan(
            build=build,
            sources=Sources(
                grey=grey,
                validation=validation,
                mnist_folder=mnist_folder,
                fashion_folder=fashion_folder,
                fashion_thresholds=parse_thresholds(fashion_threshold),
                features=features,
            ),
            scale=scale,
            methods=parse_methods(methods),
            seeds=range(seed, seed + seeds),
            changes=changes or (),
            network=network,
            last=last,
            look_back=look_back,
            device=device,
            engine=engine,
        )
        path = prepare(json, name, PICTURES, config=config, features=features)
        say(scale.words())
        outcomes = compare(plan)
        result = {
            "scale": scale.as_json(full=full, grey=grey, seeds=plan.seeds) | {"validation": validation},
            "last": last or scale.tasks,
            "methods": as_json(outcomes, plan.seeds, last or scale.tasks),
        }
        finish(path, name, began, result)
        draw(outcomes, path)
        shown = [metric for metric in ("held_out", *SHOWN) if metric in next(iter(outcomes.values())).metrics]
        tell(table(outcomes, shown))
        return 0

    experiment.__doc__ = about
    return experiment


def prepare(json: Path | None, name: str, stems: Iterable[str] = (), **inputs: Path | None) -> Path:
    """The file that the result goes to, `results/NAME.json` by default, tried before the work: see `results.prepare`."""
    path = json or Path(f"results/{name}.json")
    results.prepare(path, stems, **inputs)
    return path


def finish(path: Path, name: str, began: float, result: dict[str, Any]) -> None:
    """Write the result with its name, the command and the seconds since `began`."""
    command = shlex.join(["metaplast", "experiment", name, *_options(name)])
    write_json(path, {"experiment": name, **result, "seconds": round(time.monotonic() - began, 1), "command": command})


def _options(name: str) -> list[str]:
    """What followed the name on the command line; nothing where the experiment was called from Python."""
    return sys.argv[sys.argv.index(name) + 1 :] if name in sys.argv else []
