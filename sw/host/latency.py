"""How long an adapter keeps short replies back: the latency timer of FTDI's driver."""

from pathlib import Path

SYSFS = Path("/sys/bus/usb-serial/devices")
SHORTEST = 1  # milliseconds


def timer(device: str) -> Path:
    """The file of a port's timer, which only FTDI's driver has."""
    return SYSFS / Path(device).resolve().name / "latency_timer"


def latency(device: str) -> int | None:
    """Milliseconds, or None where the port has no such timer."""
    try:
        return int(timer(device).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def shorten(device: str) -> str:
    """The command that sets the shortest until the board is unplugged."""
    return f"echo {SHORTEST} | sudo tee {timer(device)}"
