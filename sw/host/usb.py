"""How the boards look on USB: the ids of the serial chip that each one carries, and what its maker wrote into it.

Kept here and not with the boards' shapes: the gateware does not care, and several boards share the ids of a chip.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class UsbSerial:
    """The serial chip of a family of boards.

    `interface` is the one that the FPGA's UART hangs on, where the chip has several (the others are for programming).
    `word` is part of the product name that the maker gives the chip, or None where it keeps the chip's own name.
    """

    chip: str
    vendor: int
    product: int
    interface: int | None = None
    word: str | None = None


FTDI = 0x0403

# By the beginning of a board's name. None: the board has no serial chip, an adapter of any make is put on its pins.
FAMILIES: dict[str, UsbSerial | None] = {
    "ulx3s": UsbSerial(chip="FT231X", vendor=FTDI, product=0x6015, word="ULX3S"),
    "orangecrab": None,
    "icebreaker": UsbSerial(chip="FT2232H", vendor=FTDI, product=0x6010, interface=1, word="iCEBreaker"),
    "ecpix5": UsbSerial(chip="FT2232H", vendor=FTDI, product=0x6010, interface=1, word="ECPIX"),
    # The debuggers of the Tang Nano boards, BL702 and BL616, take on the ids of an FT2232.
    "tangnano9k": UsbSerial(chip="BL702", vendor=FTDI, product=0x6010, interface=1),
    "tangnano20k": UsbSerial(chip="BL616", vendor=FTDI, product=0x6010, interface=1),
    "colorlight": UsbSerial(chip="DAPLink", vendor=0x0D28, product=0x0204),
}

# What a later revision of a board carries instead. The UART of the ECPIX-5 R03 is on the third of four channels.
REVISIONS = {"ecpix5": UsbSerial(chip="FT4232H", vendor=FTDI, product=0x6011, interface=2)}

# What a board without a serial chip is while it waits for a bitstream. The OrangeCrab's bootloader has had two ids.
BOOTLOADERS = {"orangecrab": ((0x1209, 0x5AF0), (0x1209, 0x5BF2))}

# The ULX3S is sold with four sizes of FPGA, and its chip says which: "ULX3S FPGA 85K v3.0.8".
SIZES = {"ulx3s-12f": "12K", "ulx3s-25f": "25K", "ulx3s-45f": "45K", "ulx3s-85f": "85K"}


def family(board: str) -> str | None:
    """The family of a board's name, or None for a board that is not in the table."""
    return next((known for known in FAMILIES if board == known or board.startswith(f"{known}-")), None)


def usb_serial(board: str) -> UsbSerial | None:
    """The serial chip of a board, or None where it has none of its own."""
    known = family(board)
    return FAMILIES[known] if known is not None else None


def usb_serials(board: str) -> list[UsbSerial]:
    """The serial chips that a board may have, by its revision; none where it has none of its own."""
    known = family(board)
    chips = (FAMILIES[known], REVISIONS.get(known)) if known is not None else ()
    return [chip for chip in chips if chip is not None]


def all_serials() -> list[UsbSerial]:
    """Every serial chip of any board, each once."""
    return list(dict.fromkeys(chip for chip in (*FAMILIES.values(), *REVISIONS.values()) if chip is not None))


def usb_ids() -> list[tuple[int, int]]:
    """Vendor and product ids of all the boards, each pair once."""
    return sorted({(chip.vendor, chip.product) for chip in all_serials()}.union(*BOOTLOADERS.values()))
