"""The registers that can be read back: the state that STATE sets and tells."""

from collections.abc import Iterator

from sw.contract.state import State
from sw.host.device import Device

WIDTHS = {"prng": 32, "samples": 64, "signature": 32}
NAMES = {"prng": "the random word", "samples": "the count of samples", "signature": "the signature"}


def patterns() -> Iterator[State]:
    """One bit set in all three, then all but one: each bit is 0 and 1 while its neighbours are the other."""
    for bit in range(max(WIDTHS.values())):
        one = {name: 1 << bit % width for name, width in WIDTHS.items()}
        yield State(**one)
        yield State(**{name: value ^ (1 << WIDTHS[name]) - 1 for name, value in one.items()})


def fault(device: Device) -> str | None:
    """Set every pattern and read it back; the first register that reads otherwise, in words, or None."""
    for written in patterns():
        device.write_state(*written)
        state = device.read_state()
        for name, width in WIDTHS.items():
            read, right = getattr(state, name), getattr(written, name)
            if read != right:
                digits = width // 4
                return f"{NAMES[name]} reads {read:0{digits}x}, written {right:0{digits}x}"
    return None
