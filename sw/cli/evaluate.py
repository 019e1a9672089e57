"""`metaplast evaluate`: the accuracy of a checkpoint on samples that it does not learn from."""

from pathlib import Path
from typing import Annotated

import typer

from sw.data.binarise import DEFAULT_THRESHOLD
from sw.files.output import check_outputs, write_json
from sw.host import checkpoint, streaming
from sw.terminal.data_files import DataFiles, file_of
from sw.terminal.opening import find_board, port_path
from sw.terminal.options import BoardName, GeometryText, Images, Json, Labels, Permutation, Port, Threshold
from sw.terminal.progress import Progress
from sw.terminal.speech import say, tell


def evaluate(
    board: BoardName,
    resume: Annotated[Path, typer.Option("--resume", help="Checkpoint to evaluate.", metavar="F")],
    images: Images,
    labels: Labels,
    port: Port = None,
    geometry: GeometryText = None,
    threshold: Threshold = str(DEFAULT_THRESHOLD),
    permutation: Permutation = None,
    json: Json = None,
) -> None:
    """Predict all samples of two files with the weights of a checkpoint; nothing is learned."""
    given = {"--resume": resume, "--images": file_of(images), "--labels": file_of(labels), "--port": port_path(port)}
    check_outputs({"--json": json}, given)
    state = checkpoint.load(resume)
    chosen = find_board(board, port, geometry, state.network)
    data = DataFiles.load(images, labels, state.network, is_encoded=state.meaning.encoder is not None)
    pixels, classes = data.bits(state.meaning, state.network, threshold, permutation)
    with chosen.open(say) as device:
        state.put_on(device)
        with Progress(f"evaluating on {board}", len(pixels)) as progress:
            for predictions in streaming.infer(device, pixels):
                progress.score(predictions, classes)
    if json is not None:
        write_json(json, {"accuracy": progress.accuracy, "samples": progress.done})
    (typer.echo if json is None else tell)(f"accuracy {progress.accuracy or 0:.2%} of {progress.done} samples")
