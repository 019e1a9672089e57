"""What all tests start from."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def signals_of_a_terminal() -> Iterator[None]:
    """Ctrl-C and a terminal that closes do what they do there, also where nohup or a shell's background has them ignored."""
    of_a_terminal = {signal.SIGINT: signal.default_int_handler}
    if hasattr(signal, "SIGHUP"):  # Windows has none
        of_a_terminal[signal.SIGHUP] = signal.SIG_DFL
    before = {which: signal.signal(which, handler) for which, handler in of_a_terminal.items()}
    yield
    for which, handler in before.items():
        signal.signal(which, handler)
