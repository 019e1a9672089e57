"""The serial ports of this machine, which board may be on which, and the only one that can be meant."""

from dataclasses import dataclass

from serial.tools import list_ports

from sw.contract.boards import BOARDS
from sw.host.error import BoardError
from sw.host.usb import FAMILIES, SIZES, UsbSerial, usb_serial, usb_serials

LONGEST_NAME = 60  # characters of what a USB device says of itself


@dataclass(frozen=True, kw_only=True)
class SerialPort:
    """One port. `usb` is (vendor, product), `interface` its number within the USB device; None where there is none."""

    device: str
    description: str = ""
    usb: tuple[int, int] | None = None
    interface: int | None = None

    def may_be(self) -> list[str]:
        """The boards that have these ids on this interface; fewer where the product name tells which."""
        found = [name for name in BOARDS if self._has_chip_of(name)]
        named = [name for name in found if self._says(getattr(usb_serial(name), "word", None))]
        if not named and any(self._says(chip.word) for chip in FAMILIES.values() if chip is not None):
            return []  # it names a board that this version has no gateware for
        sized = [name for name in named if name in SIZES and self._says(SIZES[name])]
        return sized or named or found

    def __str__(self) -> str:
        boards = self.may_be()
        about = ", ".join([*([self.description] if self.description else []), *([" or ".join(boards)] if boards else [])])
        return f"{self.device} ({about})" if about else self.device

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
    return sorted((_port(found) for found in list_ports.comports()), key=lambda port: port.device)


def find_port(board: str) -> str:
    """The device name of the only port that `board` can be on.

    Raises `BoardError` where there is none or more than one, with what there is and what to do.
    """
    there = serial_ports()
    matching = [port for port in there if board in port.may_be()]
    if len(matching) == 1:
        return matching[0].device
    if matching:
        raise BoardError(f"the board {board} needs --port: it can be on any of {_listed(matching)}")
    usb = [port for port in there if port.usb is not None]
    chips = usb_serials(board)
    if not chips:
        others = f"the USB serial ports here are {_listed(usb)}" if usb else "no USB serial port is here"
        raise BoardError(f"the board {board} needs --port, the adapter on its UART pins: {others}")
    others = f"the USB serial ports here, {_listed(usb)}, have others" if usb else "no USB serial port is here"
    wanted = " or ".join(f"{chip.chip} ({chip.vendor:04x}:{chip.product:04x})" for chip in chips)
    raise BoardError(f"no port with the {wanted} of the board {board} was found, {others}: plug the board in or give --port")


def _listed(ports: list[SerialPort]) -> str:
    return ", ".join(map(str, ports))


def _port(found: object) -> SerialPort:
    """A port of pyserial's list; on Linux its `location` ends with :1.N, N the interface, where there are several."""
    vendor, product = getattr(found, "vid", None), getattr(found, "pid", None)
    _, colon, number = (getattr(found, "location", None) or "").rpartition(":1.")
    return SerialPort(
        device=str(getattr(found, "device", "")),
        description=_harmless(getattr(found, "product", None) or ""),
        usb=(vendor, product) if vendor is not None and product is not None else None,
        interface=int(number) if colon and number.isdecimal() else None,
    )


def _harmless(text: str) -> str:
    """A USB device may say anything of itself: printable ASCII, on one line, of bounded length."""
    return "".join(c for c in text if c.isascii() and c.isprintable())[:LONGEST_NAME].strip()
