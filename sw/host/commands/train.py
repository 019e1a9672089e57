"""`metaplast train`: one pass over samples, each predicted, then learned; leaves a checkpoint."""

import shlex
from typing import Annotated, Any

import typer

from sw.data.binarise import DEFAULT_THRESHOLD
from sw.data.stream import sample_order
from sw.host import checkpoint, streaming
from sw.host.checkpoint import Checkpoint
from sw.host.commands.opening import find_board, read_network, read_samples
from sw.host.commands.options import (
    BoardName,
    Config,
    GeometryText,
    Images,
    Json,
    Labels,
    Permutation,
    Port,
    Resume,
    Save,
    Threshold,
)
from sw.host.commands.speech import say
from sw.host.error import InputError
from sw.host.interruption import Interrupted, Interruption
from sw.host.output import check_writable, write_json
from sw.host.progress import Progress


def train(
    board: BoardName,
    images: Images,
    labels: Labels,
    save: Save,
    config: Config = None,
    resume: Resume = None,
    port: Port = None,
    geometry: GeometryText = None,
    threshold: Threshold = DEFAULT_THRESHOLD,
    samples: Annotated[int | None, typer.Option(help="How many; all that are left by default.", metavar="N")] = None,
    skip: Annotated[int, typer.Option(help="Leave out the first K of the stream.", metavar="K")] = 0,
    shuffle: Annotated[int | None, typer.Option(help="Seed of the order; file order by default.", metavar="S")] = None,
    permutation: Permutation = None,
    json: Json = None,
) -> None:
    """Predict, then learn, sample by sample, in one pass; write a checkpoint."""
    if (config is None) == (resume is None):
        raise InputError("give either --config, to begin with a new network, or --resume, to go on from a checkpoint")
    start = checkpoint.load(resume) if resume else Checkpoint.initial(read_network(config)) if config else None
    assert start is not None
    chosen = find_board(board, port, geometry, start.network)
    pixels, classes = read_samples(images, labels, start.network, threshold, permutation)
    order = sample_order(len(pixels), samples=samples, skip=skip, shuffle=shuffle)
    for path in (save, json):
        if path is not None:
            check_writable(path)
    with chosen.open(say) as device:
        start.put_on(device)
        before = device.counters()
        with Interruption() as interruption, Progress(f"training on {board}", len(order)) as progress:
            for predictions in streaming.train(device, pixels[order], classes[order], interruption.asked):
                truth = classes[order[progress.done : progress.done + len(predictions)]]
                progress.advance(len(predictions), int((predictions == truth).sum()))
            seconds = progress.seconds
            end = Checkpoint.of(device, start.network)
            end.save(save)
        after = device.counters()
    if progress.done < len(order):
        again = {"--board": board, "--port": port, "--geometry": geometry, "--resume": save, "--images": images}
        again |= {"--labels": labels, "--threshold": threshold, "--samples": len(order) - progress.done}
        again |= {"--skip": skip + progress.done, "--shuffle": shuffle, "--permutation": permutation}
        again |= {"--save": save, "--json": json}
        told = f"interrupted after {progress.done} of {len(order)} samples, saved {save}; go on with"
        raise Interrupted(f"{told}\n  {command_line(again)}")
    result = {
        "samples": progress.done,
        "learned": after["learned"] - before["learned"],
        "draws": after["draws"] - before["draws"],
        "prequential_accuracy": progress.accuracy,
        "weights_crc32": end.weights_crc32,
        "seconds": round(seconds, 3),
    }
    if json is not None:
        write_json(json, result)
    accuracy = "-" if progress.accuracy is None else f"{progress.accuracy:.2%}"
    typer.echo(f"{save}: {progress.done} samples, prequential accuracy {accuracy}, {end.samples} samples since init")


def command_line(options: dict[str, Any]) -> str:
    """The command with the options that have a value, quoted for a shell."""
    words = ["metaplast", "train"]
    for name, value in options.items():
        if value is not None:
            words += [name, str(value)]
    return shlex.join(words)
