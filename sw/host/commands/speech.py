"""What a command says besides its result: on standard error, so that the result can be read by a program."""

import sys


def say(line: str) -> None:
    """One line for the person who waits."""
    print(line, file=sys.stderr, flush=True)
