"""The serial ports: what may be on each, whether it may be opened, how long its driver keeps replies back."""

import os
from collections.abc import Iterator
from pathlib import Path

from sw.host.detached import detached, remedy
from sw.host.doctor.finding import Finding
from sw.host.invocation import shell_word
from sw.host.latency import SHORTEST, latency, shorten
from sw.host.ports import SerialPort, serial_ports
from sw.host.usb import all_serials

RULE = Path(__file__).parent.parent / "udev" / "70-metaplast.rules"


def install_rule() -> str:
    """The command that lets whoever sits at this machine use the boards, with the shortest latency."""
    rule = shell_word(str(RULE))
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
    if asked is None:
        yield from _detached()
    if asked is None and not there:
        yield Finding("USB serial ports", "none, only needed for a board")


def _permission(port: SerialPort, needed: bool) -> Iterator[Finding]:
    what = f"port {port}"
    path = Path(port.device)
    if not path.exists() and port not in serial_ports():
        again = "plug the board in, after programming unplug it and plug it in again, or give another --port"
        yield Finding(what, "there is no such port", again, needed)
    elif not path.exists() or os.access(path, os.R_OK | os.W_OK):  # COM3 is no file
        yield Finding(what, "may be used")
    else:
        what_to_do = f"{install_rule()}, then plug the board in again; or sudo usermod -aG dialout $USER, then log in again"
        yield Finding(what, "permission denied", what_to_do, needed)


def _detached() -> Iterator[Finding]:
    """Boards, by the ids of their chips, whose serial port a loader has taken away."""
    for chip in all_serials():
        interface = detached(chip)
        if interface is not None:
            yield Finding(f"USB interface {interface}, {chip.chip}", "no serial port", remedy(interface), needed=False)


def _latency(port: SerialPort) -> Iterator[Finding]:
    """FTDI's latency timer, where the port has one. The host asks for the shortest itself where it may."""
    milliseconds = latency(port.device)
    if milliseconds is None:
        return
    slow = milliseconds > SHORTEST
    what_to_do = f"{shorten(port.device)}, or for good: {install_rule()}"
    yield Finding(f"latency timer of {port.device}", f"{milliseconds} ms", what_to_do if slow else "", needed=False)
