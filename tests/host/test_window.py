"""What may be in flight: of playback no more than a board can tell again, and no more than it should still do after Ctrl-C."""

import pytest

from sw.contract.commands import Command
from sw.contract.frames import Frame
from sw.host.window import Window


@pytest.mark.parametrize(
    ("command", "count", "most"),
    [
        (Command.RECITE, 128, 2),
        (Command.RECITE, 100, 2),
        (Command.RECITE, 64, 4),
        (Command.PLAY, 1, 2),
        (Command.PLAY, 60_000, 2),
    ],
)
def test_playback_in_flight_is_bounded(command, count, most):
    payload = command.payload(first=0, record=0, how=1, count=count)
    window = Window(buffer_bytes=4096)
    sent = 0
    while window.has_room(command, payload):
        window.add(Frame(type=command, sequence=sent, nonce=1, payload=payload), now=0.0)
        sent += 1
    assert sent == most
    window.take()
    assert window.has_room(command, payload)
