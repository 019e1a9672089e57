"""The programs that put bitstreams into boards, and how to get them."""

import struct
import zlib
from pathlib import Path

from boards.target import Loader
from sw.files.output import write_bytes


def open_fpga_loader(board: str) -> Loader:
    """openFPGALoader, which knows most boards by name; it writes the FPGA's own memory, gone at power-off."""
    how = "Debian, Ubuntu: sudo apt-get install openfpgaloader; or https://trabucayre.github.io/openFPGALoader"
    return Loader(tool="openFPGALoader", arguments=("--board", board), port="--device", how_to_get=how)


ICEPROG = Loader(
    tool="iceprog",
    arguments=(),
    port="-d",
    how_to_get="Debian, Ubuntu: sudo apt-get install fpga-icestorm",
)


def with_dfu_suffix(bitstream: Path, vendor: int, product: int) -> Path:
    """A copy named `.dfu` that ends with the suffix of the USB device firmware upgrade class 1.1, appendix B."""
    body = bitstream.read_bytes() + struct.pack("<HHHH3sB", 0xFFFF, product, vendor, 0x0100, b"UFD", 16)
    file = bitstream.with_suffix(".dfu")
    write_bytes(file, body + struct.pack("<I", zlib.crc32(body) ^ 0xFFFFFFFF))
    return file


DFU_UTIL = Loader(
    tool="dfu-util",
    arguments=("--alt", "0", "--download"),
    port="--path",
    how_to_get="Debian, Ubuntu: sudo apt-get install dfu-util",
    prepare=lambda bitstream: with_dfu_suffix(bitstream, 0x1209, 0x5AF0),
)
