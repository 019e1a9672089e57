"""Draws the pictures of results again, beside them, as PNG or as SVG.

python -m sw.experiments.pictures results/switching/result.json --svg
"""

from pathlib import Path
from typing import Annotated

import typer

from sw.experiments.pictures.drawing import save
from sw.experiments.program import main
from sw.files.input import read_object
from sw.host.error import InputError
from sw.terminal.speech import tell


def draw(
    results: Annotated[list[Path], typer.Argument(help="JSON files of experiments.", metavar="F...")],
    svg: Annotated[bool, typer.Option("--svg", help="SVG in the place of PNG.")] = False,
) -> int:
    """Draw the pictures of results from their JSON files."""
    for path in results:
        drawn = save(read_object(path), path, "svg" if svg else "png")
        if not drawn:
            raise InputError(f"{path} has no pictures: it is not the result of an experiment that draws some")
        tell("\n".join(map(str, drawn)))
    return 0


if __name__ == "__main__":
    main(draw)
