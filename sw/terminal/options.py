"""The options that several commands share, so that each means the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

BoardName = Annotated[str, typer.Option("--board", help="A name that `metaplast boards` lists.", metavar="B")]
Port = Annotated[
    str | None, typer.Option("--port", help="Port of the board: device, serial number or pyserial URL.", metavar="P")
]
GeometryText = Annotated[
    str | None,
    typer.Option(
        "--geometry",
        help="Shape of the simulated board: a board's name, or columns=N,rows=N,grid_height=N,grid_width=N,"
        "synapses_per_cell=N,folds=N.",
        metavar="G",
    ),
]
Config = Annotated[Path | None, typer.Option("--config", help="TOML file of a network.", metavar="F")]
Resume = Annotated[Path | None, typer.Option("--resume", help="Checkpoint to go on from.", metavar="F")]
Save = Annotated[Path, typer.Option("--save", help="Checkpoint to write.", metavar="F")]
Images = Annotated[Path, typer.Option("--images", help="Samples: IDX, plain or gzip, .npy, .npz:NAME, .csv.", metavar="F")]
Labels = Annotated[Path, typer.Option("--labels", help="Their labels: IDX, .npy, .npz:NAME, .csv:COLUMN.", metavar="F")]
EncoderText = Annotated[
    str | None,
    typer.Option("--encoder", help="How numbers become bits: thermometer:LEVELS[:uniform][:complement].", metavar="E"),
]
Threshold = Annotated[
    str, typer.Option("--threshold", help="A pixel above it is on; of several the pixels take turns.", metavar="N[,N...]")
]
Permutation = Annotated[int | None, typer.Option("--permutation", help="Seed of the permutation of the pixels.", metavar="S")]
RehearsalSize = Annotated[
    int | None, typer.Option("--rehearsal", help="Past samples to keep and to learn again; 0 for none.", metavar="R")
]
RehearsalEvery = Annotated[int | None, typer.Option("--rehearsal-every", help="After every E new samples.", metavar="E")]
RehearsalPer = Annotated[int | None, typer.Option("--rehearsal-per", help="So many each time.", metavar="P")]
RehearsalHorizon = Annotated[
    int | None, typer.Option("--rehearsal-horizon", help="Keep samples of about the last N; 0: of all.", metavar="N")
]
RehearsalPrng = Annotated[int | None, typer.Option("--rehearsal-prng", help="First random word of it.", metavar="X")]
WorkerCount = Annotated[
    int | None, typer.Option("--workers", help="Processes that share the runs; 1: this one; one a core.", metavar="N")
]
SchedulerAddress = Annotated[
    str | None, typer.Option("--scheduler", help="Dask scheduler whose workers take them, tcp://HOST:PORT.", metavar="A")
]
Json = Annotated[Path | None, typer.Option("--json", help="JSON file to write the result to.", metavar="F")]
