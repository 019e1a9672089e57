"""`metaplast --version`: what this program is, and what it agrees on with boards and checkpoints."""

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from sw.contract import CONTRACT_VERSION
from sw.contract.frames import VERSION


def program() -> str:
    """The version of this program; of one that runs from its sources without being installed, that."""
    try:
        return version("metaplast")
    except PackageNotFoundError:
        return "(not installed)"


def told(asked: bool) -> None:
    """One line for people and programs."""
    if asked:
        typer.echo(f"metaplast {program()}, contract {CONTRACT_VERSION}, protocol {VERSION}")
        raise typer.Exit


def versions(
    version: Annotated[
        bool, typer.Option("--version", callback=told, is_eager=True, help="Tell the versions of program, contract, protocol.")
    ] = False,
) -> None:
    """A binarised neural network that learns on the chip, one sample at a time."""
