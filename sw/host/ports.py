"""The serial ports of this machine, which board may be on which, and the only one that can be meant."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

from sw.contract.board_table import BOARDS
from sw.host.detached import detached, remedy
from sw.host.error import BoardError, TransportError
from sw.host.usb import FAMILIES, SIZES, UsbSerial, usb_serial, usb_serials

INTERFACE = re.compile(r":[1x]\.([0-9]+)$")
LONGEST_NAME = 60  # characters of what a USB device says of itself
BY_ID = Path("/dev/serial/by-id")  # links that udev makes, with maker, product and serial number in their names


@dataclass(frozen=True, kw_only=True)
class SerialPort:
    """One port. `usb` is (vendor, product), `interface` its number within the USB device; None where there is none.

    `serial` is the serial number of the USB device, which tells boards apart that are alike; empty where it has none.
    """

    device: str
    description: str = ""
    serial: str = ""
    usb: tuple[int, int] | None = None
    interface: int | None = None

    def may_be(self) -> list[str]:
        """The boards that have these ids on this interface; fewer where the product name tells which."""
        likely = [name for name in BOARDS if self._has_chip_of(name)]
        named = [name for name in likely if self._says(getattr(usb_serial(name), "word", None))]
        if not named and any(self._says(chip.word) for chip in FAMILIES.values() if chip is not None):
            return []  # it names a board that this version has no gateware for
        sized = [name for name in named if name in SIZES and self._says(SIZES[name])]
        return sized or named or likely

    def __str__(self) -> str:
        number = f"serial number {self.serial}" if self.serial else ""
        about = ", ".join(filter(None, [self.description, number, " or ".join(self.may_be())]))
        return f"{self.device} ({about})" if about else self.device

    @property
    def links(self) -> list[str]:
        """Other names of it that stay the same when it is plugged in again."""
        there = sorted(BY_ID.iterdir()) if BY_ID.is_dir() else []
        return [str(link) for link in there if os.path.realpath(link) == os.path.realpath(self.device)]

    @property
    def is_told_apart(self) -> bool:
        """Whether its chip can be told from every other one."""
        return self.usb is not None and self.serial != ""

    def is_same_chip(self, other: "SerialPort") -> bool:
        """Whether both are the same interface of the same USB device."""
        return (self.usb, self.serial, self.interface) == (other.usb, other.serial, other.interface)

    def _has_chip_of(self, board: str) -> bool:
        return any(map(self._is, usb_serials(board)))

    def _is(self, chip: UsbSerial) -> bool:
        if self.usb != (chip.vendor, chip.product):
            return False
        return chip.interface is None or self.interface in (None, chip.interface)

    def _says(self, word: str | None) -> bool:
        return word is not None and word.lower() in self.description.lower()


def serial_ports() -> list[SerialPort]:
    """The ports of this machine, USB ones and others, by name. What a USB device says of itself is made harmless."""
    return sorted((_port(listed) for listed in list_ports.comports()), key=lambda port: port.device)


def named(port: str, board: str | None = None) -> str:
    """The device of a port that is given as a device, as a URL of pyserial or as the serial number of its USB chip.

    Of a chip with several interfaces, the one that `board` can be on. Raises `BoardError` for a serial number that several
    have, and for a name that no port has.
    """
    if "://" in port or os.sep in port:
        return port
    there = serial_ports()
    same = [one for one in there if one.serial == port]
    chosen = [one for one in same if board in one.may_be()] or same
    if len(chosen) == 1:
        return chosen[0].device
    if chosen:
        raise BoardError(f"the serial number {port} is that of {_listed(chosen)}: give --port the device")
    if Path(port).exists() or any(one.device == port for one in there):
        return port
    usb = [one for one in there if one.usb is not None]
    others = f"the USB serial ports here are {_listed(usb)}" if usb else "no USB serial port is here"
    raise BoardError(f"there is no port {port} and none with that serial number: {others}")


def identity(device: str) -> SerialPort | None:
    """The port of a device, where its USB chip has a serial number."""
    there = [port for port in serial_ports() if os.path.realpath(port.device) == os.path.realpath(device)]
    return next((port for port in there if port.is_told_apart), None)


def found_again(before: SerialPort, device: str) -> str:
    """The device that a chip has now, by its serial number. Raises `TransportError` where it is not there."""
    now = [port.device for port in serial_ports() if port.is_same_chip(before)]
    if os.path.realpath(device) in map(os.path.realpath, now):
        return device
    if len(now) != 1:
        raise TransportError(f"the chip with the serial number {before.serial} is gone from {device}")
    return now[0]


def find_port(board: str) -> str:
    """The device name of the only port that `board` can be on.

    Raises `BoardError` where there is none or more than one, with what there is and what to do.
    """
    there = serial_ports()
    matching = [port for port in there if board in port.may_be()]
    if len(matching) == 1:
        return matching[0].device
    if matching:
        raise BoardError(
            f"the board {board} needs --port with a device or a serial number: it can be on any of {_listed(matching)}"
        )
    usb = [port for port in there if port.usb is not None]
    chips = usb_serials(board)
    if not chips:
        others = f"the USB serial ports here are {_listed(usb)}" if usb else "no USB serial port is here"
        raise BoardError(f"the board {board} needs --port, the adapter on its UART pins: {others}")
    for chip in chips:
        interface = detached(chip)
        if interface is not None:
            raise BoardError(f"the {chip.chip} of a board {board} is plugged in, without a serial port: {remedy(interface)}")
    others = f"the USB serial ports here, {_listed(usb)}, have others" if usb else "no USB serial port is here"
    wanted = " or ".join(f"{chip.chip} ({chip.vendor:04x}:{chip.product:04x})" for chip in chips)
    raise BoardError(f"no port with the {wanted} of the board {board} was found, {others}: plug the board in or give --port")


def _listed(ports: list[SerialPort]) -> str:
    return ", ".join(map(str, ports))


def _port(listed: object) -> SerialPort:
    """A port of pyserial's list. Where there are several its `location` ends, on Linux with :1.N, on Windows with :x.N, N the
    interface; macOS does not tell it."""
    vendor, product = getattr(listed, "vid", None), getattr(listed, "pid", None)
    interface = INTERFACE.search(getattr(listed, "location", None) or "")
    return SerialPort(
        device=str(getattr(listed, "device", "")),
        description=_harmless(getattr(listed, "product", None) or ""),
        serial=_harmless(getattr(listed, "serial_number", None) or ""),
        usb=(vendor, product) if vendor is not None and product is not None else None,
        interface=int(interface[1]) if interface else None,
    )


def _harmless(text: str) -> str:
    """A USB device may say anything of itself: printable ASCII, on one line, of bounded length."""
    return "".join(c for c in text if c.isascii() and c.isprintable())[:LONGEST_NAME].strip()
