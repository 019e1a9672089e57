"""Cycles of a training sample on each board, by term: its network on the simulated board of its shape.

Samples come out of the sample memory of the simulated board, if it has one: the link would keep the array waiting.
Leaves `boards/cycles.json`, from which the reports of the boards take their samples a second. With `--only NAME` one
board is measured again and the others stay as they are in the file. Boards of one shape and network share a run. With
`--geometry` and `--layers` any other shape is measured, under its numbers.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from sw.contract.board_table import ALIASES, BOARDS, board_name
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import geometry_text, parse_geometry
from sw.contract.network import Network
from sw.data.mnist import load_packed
from sw.experiments.learning import CYCLES, learn_from_memory
from sw.experiments.program import main
from sw.experiments.results import known, prepare
from sw.files.output import write_json
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.error import InputError
from sw.terminal.options import GeometryText
from sw.terminal.speech import say, tell

RESULT = Path("boards/cycles.json")
SAMPLES = 10_000  # of the packed MNIST, in file order: as many as `make run` takes


def experiment(
    only: Annotated[str | None, typer.Option(help="Measure this board alone.", metavar="NAME")] = None,
    samples: Annotated[int, typer.Option(help="Training samples of each board, 1 to 60000.", min=1, max=60_000)] = SAMPLES,
    json: Annotated[Path, typer.Option(help="Where the results go.")] = RESULT,
    geometry: GeometryText = None,
    layers: Annotated[str | None, typer.Option(help="Network of that geometry: 784,75,10.", metavar="SIZES")] = None,
) -> int:
    """Train every board's network on its simulated board and write what a sample costs."""
    if only is not None and board_name(only) not in BOARDS:
        raise InputError(f"there is no board {only}: choose one of {', '.join([*BOARDS, *ALIASES])}")
    prepare(json)
    if geometry is not None or layers is not None:
        return one_shape(geometry, layers, samples, json)
    kept = known(json) if only is not None else {}
    for names in groups():
        if only is None or board_name(only) in names:
            say(f"{', '.join(names)}: {samples} samples")
            board = BOARDS[names[0]]
            measured = measure(board.geometry, board.layers, samples) | {"command": command_of(f"--only {names[0]}", samples)}
            kept |= dict.fromkeys(names, measured)
            # Written after each, so that a later one that fails takes nothing away.
            write_json(json, {name: kept[name] for name in BOARDS if name in kept})
            tell(f"{', '.join(names)}: {measured['cycles_per_sample']:.1f} cycles a training sample")
    return 0


def groups() -> list[list[str]]:
    """Names of boards that share a run, in the order of `BOARDS`."""
    sharing: dict[tuple[Any, ...], list[str]] = {}
    for name, board in BOARDS.items():
        sharing.setdefault((board.geometry, board.layers), []).append(name)
    return list(sharing.values())


def one_shape(geometry: str | None, layers: str | None, samples: int, json: Path) -> int:
    """Measure a network on a shape that is no board's. The file then holds nothing else."""
    if geometry is None or layers is None:
        raise InputError("--geometry and --layers go together: give both or neither")
    try:
        sizes = tuple(int(size) for size in layers.split(","))
    except ValueError as error:
        raise InputError(f"layers is {layers!r}, expected sizes like 784,75,10") from error
    shape = parse_geometry(geometry)
    text = geometry_text(shape)
    measured = measure(shape, sizes, samples)
    command = command_of(f"--geometry {text} --layers {layers}", samples)
    write_json(json, {text: measured | {"command": command}})
    tell(f"{measured['cycles_per_sample']:.1f} cycles a training sample")
    return 0


def measure(geometry: Geometry, layers: tuple[int, ...], samples: int) -> dict[str, Any]:
    """What a pass of `samples` samples costs: cycles a sample, their sum by term, and what was measured."""
    network = Network.of(layers=layers)
    board = known_boards.find("sim", geometry=geometry)
    board.check_fits(network)
    pixels, labels = (part[:samples] for part in load_packed("train"))
    with board.open(say) as device:
        trained = learn_from_memory(device, Checkpoint.initial(network), pixels, labels, "training")
    return {
        "cycles_per_sample": trained.cycles_per_sample,
        "by_term": {name.removeprefix(CYCLES): cycles for name, cycles in trained.cycles().items()},
        "samples": samples,
        "layers": list(layers),
        "geometry": asdict(geometry),
    }


def command_of(options: str, samples: int) -> str:
    """The command that measures this again."""
    fewer = "" if samples == SAMPLES else f" --samples {samples}"
    return f"python -m sw.experiments.cycles {options}{fewer}"


if __name__ == "__main__":
    main(experiment)
