"""What a command says: to the person who waits, on standard error; its result, on standard output.

Neither may end work that is done: a terminal may close and a reader may go away while it goes on.
"""

import contextlib
import os
import sys
from typing import TextIO

from rich.console import Console
from rich.table import Table

from sw.figures.table import show


def say(line: str) -> None:
    """One line for the person who waits, if there still is one."""
    _write(sys.stderr, line)


def tell(line: str) -> None:
    """The result of work that is in a file, or in the exit status, by now: nothing is lost where nobody reads it."""
    _write(sys.stdout, line)


def tell_table(table: Table) -> None:
    """The same, of a table."""
    console = Console()
    with console.capture() as shown:
        show(table, console)
    tell(shown.get().rstrip("\n"))


def undelivered() -> OSError | None:
    """Why something on standard output has not been taken, or None. Python then gives it up, without a word at its end."""
    stream = sys.stdout
    if stream is None:
        return None
    try:
        stream.flush()
    except OSError as error:
        _give_up(stream)
        return error
    return None


def _write(stream: TextIO | None, line: str) -> None:
    if stream is None:  # closed by whoever started this program
        return
    try:
        print(line, file=stream, flush=True)
    except OSError:
        _give_up(stream)


def _give_up(stream: TextIO) -> None:
    """Let everything that goes to a stream vanish, what it still holds too."""
    with contextlib.suppress(OSError, ValueError):  # a stream that a test catches has no number
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
