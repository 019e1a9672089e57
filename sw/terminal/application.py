"""How every command line of this project is made: plain text, so that no name is cut where a terminal is narrow."""

from collections.abc import Callable
from typing import Any

import typer


def application() -> typer.Typer:
    """A command line without commands."""
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def alone(command: Callable[..., Any]) -> typer.Typer:
    """The command line of one command."""
    commands = application()
    commands.command()(command)
    return commands
