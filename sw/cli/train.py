"""`metaplast train`: one pass over samples, each predicted, then learned; leaves a checkpoint."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from sw.cli.recovery import Recovery
from sw.data.binarise import DEFAULT_THRESHOLD
from sw.data.stream import sample_order
from sw.files.output import check_outputs, write_json
from sw.files.place import place_of
from sw.host import checkpoint
from sw.host.checkpoint import Checkpoint
from sw.host.error import InputError
from sw.host.interruption import Interrupted, Interruption
from sw.host.training import Often, Training
from sw.terminal.data_files import DataFiles, file_of
from sw.terminal.opening import find_board, port_path, read_configuration, rehearsal_asked
from sw.terminal.options import (
    BoardName,
    Config,
    EncoderText,
    GeometryText,
    Images,
    Json,
    Labels,
    Permutation,
    Port,
    RehearsalEvery,
    RehearsalHorizon,
    RehearsalPer,
    RehearsalPrng,
    RehearsalSize,
    Resume,
    Save,
    Threshold,
)
from sw.terminal.progress import Progress
from sw.terminal.speech import say, tell


def train(
    board: BoardName,
    images: Images,
    labels: Labels,
    save: Save,
    config: Config = None,
    resume: Resume = None,
    port: Port = None,
    geometry: GeometryText = None,
    threshold: Threshold = str(DEFAULT_THRESHOLD),
    encoder: EncoderText = None,
    samples: Annotated[int | None, typer.Option(help="How many; all that are left by default.", metavar="N")] = None,
    skip: Annotated[int, typer.Option(help="Leave out the first K of the stream.", metavar="K")] = 0,
    epochs: Annotated[int, typer.Option(help="So often through all samples; a board with a memory is sent them once.")] = 1,
    shuffle: Annotated[int | None, typer.Option(help="Seed of the order; file order by default.", metavar="S")] = None,
    permutation: Permutation = None,
    rehearsal: RehearsalSize = None,
    rehearsal_every: RehearsalEvery = None,
    rehearsal_per: RehearsalPer = None,
    rehearsal_horizon: RehearsalHorizon = None,
    rehearsal_prng: RehearsalPrng = None,
    json: Json = None,
    checkpoint_every: Annotated[
        int | None, typer.Option(help="Write the checkpoint after every N samples too.", metavar="N")
    ] = None,
    checkpoint_minutes: Annotated[
        float | None, typer.Option(help="Write the checkpoint after every M minutes too.", metavar="M")
    ] = None,
) -> None:
    """Predict, then learn, sample by sample, in one pass; write a checkpoint.

    Ctrl-C, SIGTERM and a terminal that closes finish the batch in flight, save, and print the command that goes on; exit
    status 130, 143 and 129.
    """
    often = Often(samples=checkpoint_every, minutes=checkpoint_minutes)
    if (config is None) == (resume is None):
        raise InputError("give either --config, to begin with a new network, or --resume, to go on from a checkpoint")
    given = {"--config": config, "--images": file_of(images), "--labels": file_of(labels), "--port": port_path(port)}
    check_outputs({"--save": save, "--json": json}, given)
    check_outputs({"--json": json}, {"--resume": resume})  # --save may be the checkpoint that one goes on from
    if often != Often() and place_of(save).takes_bytes:
        raise InputError(f"{save} is a device or a pipe, where no checkpoint takes the place of the one before: give a file")
    asked = rehearsal, rehearsal_every, rehearsal_per, rehearsal_horizon, rehearsal_prng
    start = _start(config, resume, asked)
    chosen = find_board(board, port, geometry, start.network)
    is_encoded = encoder is not None or start.meaning.encoder is not None
    data = DataFiles.load(images, labels, start.network, is_encoded=is_encoded)
    there = len(data.targets)
    order = sample_order(there, samples=samples, skip=skip, shuffle=shuffle, epochs=epochs)
    stream = sample_order(there, skip=skip, shuffle=shuffle, epochs=epochs)[:there]  # also what is left for another time
    start = replace(start, meaning=data.meaning(start, encoder, stream))
    pixels, classes = data.bits(start.meaning, start.network, threshold, permutation, order[:there])
    options = {"--board": board, "--port": port, "--geometry": geometry, "--images": images, "--labels": labels}
    options |= {"--threshold": threshold, "--shuffle": shuffle, "--permutation": permutation, "--json": json}
    options |= {"--rehearsal": rehearsal, "--rehearsal-every": rehearsal_every, "--rehearsal-per": rehearsal_per}
    options |= {"--rehearsal-horizon": rehearsal_horizon, "--rehearsal-prng": rehearsal_prng}
    options |= {"--epochs": None if epochs == 1 else epochs}
    options |= {"--checkpoint-every": checkpoint_every, "--checkpoint-minutes": checkpoint_minutes}
    recovery = Recovery(save=save, samples=len(order), skip=skip, options=options)
    with chosen.open(say) as device:
        start.put_on(device)
        training = Training(device, start, save, often)
        with Interruption() as interruption:
            with recovery.told_with(training), Progress(f"training on {board}", len(order)) as progress:
                training.run(pixels, classes, progress, interruption.asked, len(order))
            if interruption.number is not None and progress.done < len(order):
                told = f"interrupted after {progress.done} of {len(order)} samples, saved {save}; go on with"
                raise Interrupted(f"{told}\n  {recovery.command(progress.done)}", interruption.number)
            if json is not None:
                write_json(json, _result(training, progress))
    accuracy = "-" if progress.accuracy is None else f"{progress.accuracy:.2%}"
    rehearsed = f" and {training.rehearsed} rehearsed" if training.rehearsed else ""
    told = f"{progress.done} samples{rehearsed}, prequential accuracy {accuracy}, {training.end.samples} samples since init"
    tell(f"{save}: {told}")


def _start(config: Path | None, resume: Path | None, asked: tuple[int | None, ...]) -> Checkpoint:
    """The state to begin with: of a checkpoint, which goes on as it was, or of a configuration; with the rehearsal asked for.

    Raises `InputError` for a rehearsal other than the one that a checkpoint is in the middle of.
    """
    if resume is None:
        assert config is not None
        network, rehearsal = read_configuration(config)
        return Checkpoint.initial(network).rehearsing(rehearsal_asked(rehearsal, *asked))
    start = checkpoint.load(resume)
    rehearsal = rehearsal_asked(start.rehearsal, *asked)
    if start.reservoir is None:
        return start.rehearsing(rehearsal)
    if rehearsal != start.rehearsal:
        told = ", ".join(f"{name} {value}" for name, value in start.rehearsal.fields.items())
        raise InputError(f"{resume} is in the middle of a rehearsal with {told}: leave the options of the rehearsal away")
    return start


def _result(training: Training, progress: Progress) -> dict[str, Any]:
    """What --json is given."""
    return {
        "samples": progress.done,
        "rehearsed": training.rehearsed,
        "rehearsed_by": training.rehearsed_by,
        "played": training.played,
        "learned": training.counted["learned"],
        "draws": training.counted["draws"],
        "prequential_accuracy": progress.accuracy,
        "weights_crc32": training.end.weights_crc32,
        "seconds": round(training.seconds, 3),
    }
