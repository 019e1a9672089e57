"""The hash of the sources that a bitstream is made from."""

from sw.tree.sources import ROOT as ROOT
from sw.tree.sources import digest, sources

FILES = ("hw/**/*.py", "sw/contract/**/*.py", "boards/**/*.py")


def source_hash() -> str:
    """SHA-256 over every Python file of the gateware, the contract and the boards, in hex."""
    return digest(sources(*FILES)).hex()
