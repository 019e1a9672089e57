"""The options of an experiment on a stream of tasks, declared once: a field here is an option of every one of them."""

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from sw.cluster.workers import Workers
from sw.contract.network import Network
from sw.contract.rehearsal import NONE, Rehearsal
from sw.data.binarise import parse_thresholds
from sw.experiments.continual.comparison import Plan
from sw.experiments.continual.methods import parse_methods
from sw.experiments.continual.scale import Scale, parse_sizes
from sw.experiments.continual.sources import FASHION_THRESHOLDS, Sources
from sw.experiments.continual.streams import Build
from sw.host.error import InputError
from sw.terminal.opening import read_configuration, rehearsal_asked
from sw.terminal.options import (
    Config,
    RehearsalEvery,
    RehearsalHorizon,
    RehearsalPer,
    RehearsalPrng,
    RehearsalSize,
    SchedulerAddress,
    WorkerCount,
)

SeedCount = Annotated[int, typer.Option(help="How many seeds, one run of each method for each.", min=1, metavar="N")]
FirstSeed = Annotated[int, typer.Option(help="The first seed; all randomness comes from them.", min=0, metavar="S")]
Json = Annotated[Path | None, typer.Option(help="Where the result goes; pictures lie beside it.", metavar="F")]

SIZES = ("tasks", "samples", "test_samples", "epochs", "metaplasticity")  # what takes the place of a field of `Scale`
NOT_MNIST = ("fashion_folder", "fashion_threshold", "features")
REHEARSAL = ("rehearsal", "rehearsal_every", "rehearsal_per", "rehearsal_horizon", "rehearsal_prng")


@dataclass(frozen=True, kw_only=True)
class StreamOptions:
    """What was asked of an experiment on a stream. None stands for what the experiment does by itself."""

    full: Annotated[bool, typer.Option("--full", help="The paper's sizes; needs a GPU or patience.")] = False
    tasks: Annotated[int | None, typer.Option(help="Tasks, one after the other.", min=1, metavar="N")] = None
    samples: Annotated[int | None, typer.Option(help="Training samples of each task.", min=1, metavar="N")] = None
    test_samples: Annotated[int | None, typer.Option(help="Samples of each test.", min=1, metavar="N")] = None
    epochs: Annotated[int | None, typer.Option(help="Of the regimes that have several.", min=1, metavar="N")] = None
    hidden: Annotated[str | None, typer.Option(help="Hidden layers, as in 512,512.", metavar="SIZES")] = None
    metaplasticity: Annotated[float | None, typer.Option(help="m of the floating-point rule.", metavar="M")] = None
    methods: Annotated[str, typer.Option(help="Names with commas; see docs/reference.md.")] = "chip"
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of the floating-point methods, FIELD=VALUE or METHOD:FIELD=VALUE."),
    ] = None
    config: Config = None
    last: Annotated[int | None, typer.Option(help="Accuracy is over the last K tasks; all.", metavar="K")] = None
    look_back: Annotated[int | None, typer.Option(help="Test only the K newest tasks, all at the end.", min=1)] = None
    seeds: SeedCount = 3
    seed: FirstSeed = 1
    grey: Annotated[bool, typer.Option("--grey", help="Grey pixels in place of one bit each.")] = False
    validation: Annotated[
        bool, typer.Option("--validation", help="Test on the last 10,000 training samples, which are not learned.")
    ] = False
    mnist_folder: Annotated[Path, typer.Option(help="Folder of grey MNIST; filled from the net.", metavar="F")] = Path(
        "data/mnist"
    )
    fashion_folder: Annotated[Path, typer.Option(help="Folder of Fashion-MNIST; filled from the net.", metavar="F")] = Path(
        "data/fashion-mnist"
    )
    fashion_threshold: Annotated[
        str,
        typer.Option(help="A bit of Fashion-MNIST is on above it; of several the pixels take turns.", metavar="T[,T...]"),
    ] = ",".join(map(str, FASHION_THRESHOLDS))
    features: Annotated[Path | None, typer.Option(help="Features in an .npz; made up.", metavar="F")] = None
    device: Annotated[str, typer.Option(help="Where PyTorch computes floating point: cpu, cuda.", metavar="D")] = "cpu"
    engine: Annotated[
        str, typer.Option(help="What plays the chip: twin, compiled (C++, the same bits, faster).", metavar="E")
    ] = "twin"
    rehearsal: RehearsalSize = None
    rehearsal_every: RehearsalEvery = None
    rehearsal_per: RehearsalPer = None
    rehearsal_horizon: RehearsalHorizon = None
    rehearsal_prng: RehearsalPrng = None
    workers: WorkerCount = None
    scheduler: SchedulerAddress = None
    json: Json = None

    def scale(self, scaled: Scale, full: Scale | None = None) -> Scale:
        """`scaled`, or `full` with that option, with the sizes that were asked for. Raises `InputError`."""
        asked = {name: getattr(self, name) for name in SIZES if getattr(self, name) is not None}
        if self.hidden is not None:
            asked["hidden"] = parse_sizes("--hidden", self.hidden)
        scale = replace(full if full and self.full else scaled, **asked)
        if self.last is not None and not 1 <= self.last <= scale.tasks:
            raise InputError(f"--last is {self.last}, expected 1 to {scale.tasks}, the number of tasks")
        return scale

    def counted(self, scale: Scale) -> int:
        """Accuracy is over so many tasks, the last ones."""
        return self.last or scale.tasks

    def network(self) -> Network | None:
        """That of the configuration file. Raises `InputError`."""
        return read_configuration(self.config)[0] if self.config else None

    def rehearses(self) -> Rehearsal:
        """That of the configuration file, with the options over it. Raises `InputError`, `ContractError`."""
        configured = read_configuration(self.config)[1] if self.config else NONE
        words = self.rehearsal, self.rehearsal_every, self.rehearsal_per, self.rehearsal_horizon, self.rehearsal_prng
        return rehearsal_asked(configured, *words)

    def where(self) -> Workers:
        """Who carries the runs out. Raises `ContractError`."""
        return Workers(count=self.workers, scheduler=self.scheduler)

    def each_seed(self) -> range:
        """One run for each."""
        return range(self.seed, self.seed + self.seeds)

    def sources(self) -> Sources:
        """Where samples come from. Raises `InputError`."""
        return Sources(
            grey=self.grey,
            validation=self.validation,
            mnist_folder=self.mnist_folder,
            fashion_folder=self.fashion_folder,
            fashion_thresholds=parse_thresholds(self.fashion_threshold),
            features=self.features,
        )

    def plan(self, build: Build, scale: Scale, network: Network | None = None, rehearsal: Rehearsal | None = None) -> Plan:
        """The runs on the stream that `build` makes; `network` configures the chip, `rehearsal` takes the place of the one that
        was asked for. Raises `InputError`."""
        return Plan(
            build=build,
            sources=self.sources(),
            scale=scale,
            methods=parse_methods(self.methods),
            seeds=self.each_seed(),
            changes=self.changes or (),
            network=network,
            rehearsal=self.rehearses() if rehearsal is None else rehearsal,
            last=self.counted(scale),
            look_back=self.look_back,
            device=self.device,
            engine=self.engine,
        )

    def size(self, scale: Scale) -> dict[str, Any]:
        """The part `scale` of a result."""
        chosen = {name: getattr(self, name) for name in ("full", "grey", "validation")}
        return scale.as_json() | chosen | {"seeds": list(self.each_seed())}


def stream_command(*, without: Collection[str] = (), **defaults: Any) -> Callable[..., Callable[..., int]]:
    """Makes a typer command of a function of `StreamOptions` and of options of its own.

    Parameters: `without`, fields that are no options of this command; `defaults`, those that begin otherwise here.
    """
    shared = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(field.name, field.default), annotation=field.type
        )
        for field in fields(StreamOptions)
        if field.name not in without
    ]

    def command_of(function: Callable[..., int]) -> Callable[..., int]:
        _, *own = inspect.signature(function).parameters.values()

        @wraps(function)
        def command(**given: Any) -> int:
            options = StreamOptions(**{parameter.name: given.pop(parameter.name) for parameter in shared})
            return function(options, **given)

        command.__signature__ = inspect.Signature([*own, *shared])  # pyright: ignore[reportAttributeAccessIssue]
        return command

    return command_of
