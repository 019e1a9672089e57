"""Boards that are plugged in but have no serial port: a program that loads bitstreams takes the kernel's driver away."""

from collections.abc import Iterator
from pathlib import Path

from sw.host.usb import UsbSerial

DEVICES = Path("/sys/bus/usb/devices")  # 1-2 is a device, 1-2:1.0 its first interface
PROBE = Path("/sys/bus/usb/drivers_probe")


def detached(chip: UsbSerial) -> str | None:
    """The interface, by the kernel's name, of a chip of this kind whose serial port is missing; None where none is."""
    for device in _devices(chip):
        interfaces = sorted(DEVICES.glob(f"{device}:*"))
        if chip.interface is not None:
            interfaces = [interface for interface in interfaces if interface.name.endswith(f".{chip.interface}")]
        if interfaces and not any(_has_port(interface) for interface in interfaces):
            without = [interface for interface in interfaces if not (interface / "driver").exists()]
            return (without or interfaces)[0].name
    return None


def remedy(interface: str) -> str:
    """What to do about it: a command, or a hand on the cable."""
    return (
        f"give it its driver back (echo {interface} | sudo tee {PROBE}), or unplug it and plug it in again after programming; "
        "a bitstream in the FPGA's own memory is gone without power"
    )


def _devices(chip: UsbSerial) -> Iterator[str]:
    for device in sorted(DEVICES.glob("*")):
        try:
            ids = tuple(int((device / name).read_text(encoding="utf-8"), 16) for name in ("idVendor", "idProduct"))
        except (OSError, ValueError):
            continue  # an interface, or one that has just gone
        if ids == (chip.vendor, chip.product):
            yield device.name


def _has_port(interface: Path) -> bool:
    """A chip with a driver of its own has ttyUSB0 in its interface, a CDC one tty/ttyACM0."""
    return any([*interface.glob("ttyUSB*"), *interface.glob("tty/*")])
