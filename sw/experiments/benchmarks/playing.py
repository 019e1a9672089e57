"""What a board counts while it plays: cycles in which the array works, cycles in which it waits, traffic of the memory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sw.contract.occupancy import Stretch
from sw.experiments.learning import IDLE, since, working
from sw.host.device import Device
from sw.host.pace import SteadyPace

WAITS = "cycles_waiting"
RECORDS = 250  # of a stretch: the board goes from one to the next without a wait, and a slow simulation answers in time


@dataclass(frozen=True, kw_only=True)
class Played:
    """Some records, one PLAY or several.

    Members: `samples` that were new, not rehearsed; `working`, `waiting`, cycles of the array; bytes `read` and `written`,
    and `refreshes`, of the memory meanwhile. The time in which the board waits for its host is in none of them.
    """

    samples: int
    working: int
    waiting: int
    read: int
    written: int
    refreshes: int

    def __add__(self, other: "Played") -> "Played":
        return Played(**{name: value + getattr(other, name) for name, value in vars(self).items()})

    @property
    def cycles(self) -> int:
        """From the first record's being asked for to the last one's end."""
        return self.working + self.waiting

    @property
    def share(self) -> float:
        """Of the array's speed, which it has where it never waits for a record."""
        return self.working / self.cycles


NOTHING = Played(samples=0, working=0, waiting=0, read=0, written=0, refreshes=0)


def played(device: Device, play: Callable[[], Iterable[Stretch]]) -> Played:
    """What a device with a memory for samples counts while it plays."""
    memory = device.memory
    assert memory is not None
    memory.pace = SteadyPace(RECORDS)
    engine, store = device.counters(), memory.counters()
    samples = sum(stretch.samples for stretch in play())
    engine, store = since(engine, device.counters()), since(store, memory.counters())
    return Played(
        samples=samples,
        working=sum(working(engine).values()),
        waiting=engine[IDLE] + store[WAITS],
        read=store["bytes_read"],
        written=store["bytes_written"],
        refreshes=store["refreshes"],
    )
