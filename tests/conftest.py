"""What all tests start from."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def signals_of_a_terminal() -> Iterator[None]:
    """Ctrl-C and a terminal that closes do what they do there, also where nohup or a shell's background has them ignored."""
    of_a_terminal = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}  # Windows has no SIGHUP
    signals = {getattr(signal, name): handler for name, handler in of_a_terminal.items() if hasattr(signal, name)}
    before = [(which, signal.signal(which, handler)) for which, handler in signals.items()]
    yield
    for which, handler in before:
        signal.signal(which, handler)
