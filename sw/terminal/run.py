"""One place where errors become one line and an exit status, for every command line of this project.

Exit statuses are those of the table in docs/host.md.
"""

import signal
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from typer.exceptions import TyperException

from sw.contract.error import ContractError
from sw.data.error import DataError
from sw.files.error import FileError
from sw.files.streams import take_every_word
from sw.host.error import HostError
from sw.host.interruption import EXIT_STATUS, Interrupted
from sw.terminal.speech import say, undelivered
from sw.tree.extras import extra_of, lacking

WRONG = 2
FAULT = 70  # of this program: EX_SOFTWARE of sysexits.h, for Python's own status is the one of a difference
CTRL_C = EXIT_STATUS + signal.SIGINT
UNREAD = EXIT_STATUS + getattr(signal, "SIGPIPE", 13)  # on Windows too, which has no such signal


def run(commands: Callable[..., Any], arguments: Sequence[str] | None = None) -> int:
    """Run a typer application; the exit status. An error that a person can mend is one line on standard error."""
    take_every_word()
    try:
        status = _status_of(commands, arguments)
    except (HostError, ContractError, DataError, FileError) as error:
        return wrong(str(error))
    except TyperException as error:
        return wrong(error.format_message())
    except Interrupted as interrupted:
        say(str(interrupted))
        return interrupted.status
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and extra_of(error.name or "") is not None:
            return wrong(lacking("this command", error.name or ""))
        if isinstance(error, OSError) and _is_of_output(error):
            undelivered()
            return _unread(error)
        say(f"{traceback.format_exc()}error: this is a fault of metaplast itself: please report the lines above")
        return FAULT
    if status == CTRL_C:  # typer's answer to it, outside a pass
        say("interrupted, nothing was written")
    lost = undelivered()
    return _unread(lost) if lost is not None and status == 0 else status


def _status_of(application: Callable[..., Any], arguments: Sequence[str] | None) -> int:
    """What a command returns, as a status."""
    try:
        status = application(arguments, standalone_mode=False)
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        undelivered()
        return UNREAD  # typer and rich end the program with status 1
    return status if isinstance(status, int) else 0


def _is_of_output(error: OSError) -> bool:
    """Whether it was met while something was shown: typer and rich do nothing else with files."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals["__name__"].partition(".")[0] in ("typer", "rich")


def _unread(lost: OSError) -> int:
    """The status where standard output does not take what was found out."""
    if isinstance(lost, BrokenPipeError):
        return UNREAD
    return wrong(f"standard output cannot be written: {lost.strerror or lost}")


def wrong(message: str) -> int:
    """On one line; blanks within a line stay, for they may be part of a command to copy."""
    say(f"error: {' '.join(line.strip() for line in message.splitlines() if line.strip())}")
    return WRONG
