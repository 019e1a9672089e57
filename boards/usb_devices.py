"""The USB devices of this machine, and the serial ports on each: what Linux tells about them in /sys."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SYSFS = Path("/sys")


@dataclass(frozen=True, kw_only=True)
class UsbDevice:
    """One device. `path` is its bus and its ports, as in 1-1.4; `address` changes whenever it is plugged in."""

    path: str
    bus: int
    address: int
    ids: tuple[int, int]
    name: str = ""
    serial_ports: tuple[str, ...] = ()

    def __str__(self) -> str:
        about = ", ".join([*([self.name] if self.name else []), "{:04x}:{:04x}".format(*self.ids), *self.serial_ports])
        return f"{self.path} ({about})"


def usb_devices(sysfs: Path | None = None) -> list[UsbDevice]:
    """All of them by path; none where the system does not tell."""
    found = []
    for entry in sorted(((sysfs or SYSFS) / "bus/usb/devices").glob("*-*")):
        with suppress(OSError, ValueError):  # an interface, or a device that has just gone
            found.append(_device(entry))
    return found


def device_of(port: str, devices: list[UsbDevice]) -> UsbDevice | None:
    """The device that has a serial port, or that has this path; None where there is none."""
    device_file = str(Path(port).resolve())  # links in /dev/serial/by-id name ports too
    return next((each for each in devices if device_file in each.serial_ports or port == each.path), None)


def _device(entry: Path) -> UsbDevice:
    """Raises OSError for what is no device."""

    def text(name: str) -> str:
        return (entry / name).read_text(encoding="utf-8", errors="replace").strip()

    ports = (port for pattern in ("*:*/tty*", "*:*/tty/tty*") for port in entry.glob(pattern) if port.name != "tty")
    ids = int(text("idVendor"), 16), int(text("idProduct"), 16)
    bus, address = int(text("busnum")), int(text("devnum"))
    try:
        name = "".join(c for c in text("product") if c.isascii() and c.isprintable())[:60]
    except OSError:
        name = ""
    serial_ports = tuple(sorted(f"/dev/{port.name}" for port in ports))
    return UsbDevice(path=entry.name, bus=bus, address=address, ids=ids, name=name, serial_ports=serial_ports)
