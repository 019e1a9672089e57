"""Stretches of playback: short enough for Ctrl-C, long enough for the line, whatever the speed of the board."""

import pytest

from sw.contract.occupancy import Stretch
from sw.host import pace
from sw.host.pace import MOST, SECONDS, Pace


@pytest.mark.parametrize("rate", [3, 200, 112_645, 450_000, 10_000_000])
def test_a_stretch_takes_a_twentieth_of_a_second(rate, monkeypatch):
    now = [5.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    own = Pace()
    for _ in range(20):
        size = own.size()
        now[0] += size / rate
        own.played(Stretch(size, 0))
        assert own.size() <= 2 * size
        own.played(Stretch(0, 0))  # a reply that tells nothing new
    assert own.size() == max(1, min(MOST, round(rate * SECONDS)))
    now[0] += 1000
    own.begin()
    now[0] += own.size() / rate
    own.played(Stretch(own.size(), 0))
    assert own.size() == max(1, min(MOST, round(rate * SECONDS)))
