"""The programs that put bitstreams into boards: what each is told for which board, and how to get it."""

import struct
import zlib
from pathlib import Path

from boards.target import Loader
from boards.usb_devices import UsbDevice
from sw.files.output import write_bytes

FT2232H, FT4232H, FT231X = (0x0403, 0x6010), (0x0403, 0x6011), (0x0403, 0x6015)
# The bootloader of the OrangeCrab has had two ids.
ORANGECRAB = ((0x1209, 0x5AF0), (0x1209, 0x5BF2))


def open_fpga_loader(probes: dict[tuple[int, int], tuple[str, ...]]) -> Loader:
    """openFPGALoader, which writes the FPGA's own memory, gone at power-off; `probes` as `Loader` has them.

    It knows most boards by name. Where a name is younger than version 0.10, the one of Debian 12, the cable is named instead,
    which is all that the name stands for.
    """
    return Loader(
        tool="openFPGALoader",
        probes=probes,
        at=lambda device: ("--busdev-num", f"{device.bus}:{device.address}"),
        port="--device",
        takes_serial_ports=True,
        takes="a serial port of the board",
        how_to_get="Debian, Ubuntu: sudo apt-get install openfpgaloader; or https://trabucayre.github.io/openFPGALoader",
    )


ICEPROG = Loader(
    tool="iceprog",
    probes={FT2232H: ()},
    at=lambda device: ("-d", f"d:{device.bus:03}/{device.address:03}"),
    port="-d",
    takes="d:BUS/DEVICE as lsusb tells them, as in d:001/005",
    how_to_get="Debian, Ubuntu: sudo apt-get install fpga-icestorm",
)


def with_dfu_suffix(bitstream: Path, vendor: int, product: int = 0xFFFF) -> Path:
    """A copy named `.dfu` that ends with the suffix of the USB device firmware upgrade class 1.1, appendix B.

    0xFFFF stands for any product.
    """
    body = bitstream.read_bytes() + struct.pack("<HHHH3sB", 0xFFFF, product, vendor, 0x0100, b"UFD", 16)
    file = bitstream.with_suffix(".dfu")
    write_bytes(file, body + struct.pack("<I", zlib.crc32(body) ^ 0xFFFFFFFF))
    return file


def has_gone_after_loading(status: int, output: str) -> bool:
    """Whether dfu-util has only failed to ask how it went.

    The OrangeCrab's bootloader starts the new design before it answers the last question (orangecrab-hardware, issues 37
    and 54): 74, an error of input or output, after everything has been taken.
    """
    _, done, after = output.partition("Download done.")
    return status == 74 and bool(done) and "dfuERROR" not in after


def _dfu_device(device: UsbDevice) -> tuple[str, ...]:
    return ("--device", "{:04x}:{:04x}".format(*device.ids), "--path", device.path)


DFU_UTIL = Loader(
    tool="dfu-util",
    probes=dict.fromkeys(ORANGECRAB, ("--alt", "0", "--download")),
    at=_dfu_device,
    port="--path",
    takes="the path of the board on USB as dfu-util --list tells it, as in 1-1.4",
    how_to_get="Debian, Ubuntu: sudo apt-get install dfu-util",
    hint="hold the board's button while you plug it in: its bootloader waits then",
    prepare=lambda bitstream: with_dfu_suffix(bitstream, ORANGECRAB[0][0]),
    forgives=has_gone_after_loading,
)
