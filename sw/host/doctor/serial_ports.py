"""The serial ports: what may be on each, whether it may be opened, how long its driver keeps replies back."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from sw.host.doctor.finding import Finding
from sw.host.ports import SerialPort, serial_ports

RULE = Path(__file__).parent.parent / "udev" / "70-metaplast.rules"
SYSFS = Path("/sys/bus/usb-serial/devices")
SHORTEST_LATENCY = 1  # milliseconds, of FTDI's driver


def install_rule() -> str:
    """The command that lets whoever sits at this machine use the boards, with the shortest latency."""
    rule = shlex.quote(str(RULE))
    return f"sudo cp {rule} /etc/udev/rules.d/ && sudo udevadm control --reload && sudo udevadm trigger"


def ports(asked: str | None) -> Iterator[Finding]:
    """Every USB serial port, or only `asked`. Permission is needed where it was asked for.

    `asked` may be a URL of pyserial, which has no file to look at: nothing is found out about it here.
    """
    if asked is None:
        there = [port for port in serial_ports() if port.usb is not None]
    else:
        known = [port for port in serial_ports() if port.device == asked]
        there = known or ([SerialPort(device=asked)] if "://" not in asked else [])
    for port in there:
        yield from _permission(port, needed=asked is not None)
        yield from _latency(port)
    if asked is None and not there:
        yield Finding("USB serial ports", "none, only needed for a board")


def _permission(port: SerialPort, needed: bool) -> Iterator[Finding]:
    what = f"port {port}"
    path = Path(port.device)
    if not path.exists():
        yield Finding(what, "there is no such port", "plug the board in, or give another --port", needed)
    elif os.access(path, os.R_OK | os.W_OK):
        yield Finding(what, "may be used")
    else:
        remedy = f"{install_rule()}, then plug the board in again; or sudo usermod -aG dialout $USER, then log in again"
        yield Finding(what, "permission denied", remedy, needed)


def _latency(port: SerialPort) -> Iterator[Finding]:
    """FTDI's latency timer, where the port has one. The host asks for the shortest itself where it may."""
    timer = SYSFS / Path(port.device).resolve().name / "latency_timer"
    try:
        milliseconds = int(timer.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    slow = milliseconds > SHORTEST_LATENCY
    remedy = f"echo {SHORTEST_LATENCY} | sudo tee {timer}, or for good: {install_rule()}"
    yield Finding(f"latency timer of {port.device}", f"{milliseconds} ms", remedy if slow else "", needed=False)
