"""`python -m sw.experiments.NAME`: what `make` and people start as a program of its own."""

import sys
from collections.abc import Callable
from typing import NoReturn

from sw.terminal.application import alone
from sw.terminal.run import run


def main(command: Callable[..., int]) -> NoReturn:
    """Run `command`, a function with typer's annotations, and end with the exit status that it returns."""
    sys.exit(run(alone(command)))
