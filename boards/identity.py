"""The hash of the sources that a bitstream is made from."""

from sw.tree.sources import ROOT as ROOT
from sw.tree.sources import digest, sources

FILES = ("hw/**/*.py", "sw/contract/**/*.py", "boards/**/*.py")
# They run builds, tell of them or pass them on; a build imports none of them.
AROUND = {f"{name}.py" for name in ("program", "release", "seeds", "sweep", "sweep_table", "table")}


def source_hash() -> str:
    """SHA-256 over every Python file of the gateware, the contract and the boards that a bitstream depends on, in hex."""
    return digest([path for path in sources(*FILES) if path.parent != ROOT / "boards" or path.name not in AROUND]).hex()
