"""The hash of the sources that a bitstream is made from."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("hw", "sw/contract", "boards")


def source_hash() -> str:
    """SHA-256 over every Python file of the gateware, the contract and the boards, in hex."""
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
