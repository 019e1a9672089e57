"""What readers of archives and arrays raise for bytes that are not theirs."""

import struct
import zlib
from lzma import LZMAError
from tokenize import TokenError
from zipfile import BadZipFile, LargeZipFile

# What zipfile, its decompressors and NumPy's reader of headers, a parser of Python, raise for bytes that are not theirs.
DAMAGED = (
    *(BadZipFile, LargeZipFile, zlib.error, LZMAError, struct.error, EOFError, NotImplementedError),
    *(ValueError, TypeError, LookupError, ArithmeticError, SyntaxError, TokenError, RuntimeError, MemoryError),
)
