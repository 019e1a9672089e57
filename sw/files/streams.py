"""Standard output and standard error take every word, whatever their encoding."""

import codecs
import io
import sys

ERRORS = "metaplast.words"
IN_ASCII = {"…": "...", "–": "-", "·": "*", "×": "x", "±": "+-", "→": "->", "é": "e"}


def take_every_word() -> None:
    """From now on what an encoding lacks is written in its ASCII form, `...` for `…`, else as an escape.

    Bytes of a path that are no text in UTF-8 are such: `caf\\xe9.npz`. Streams for which the caller has chosen how to do
    without (PYTHONIOENCODING=ascii:replace) stay as they are, and so does whatever is no text stream of Python.
    """
    codecs.register_error(ERRORS, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape", "backslashreplace"):
            stream.reconfigure(errors=ERRORS)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """An error handler of Python's codecs."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_escape, error.object[error.start : error.end])), error.end


def _escape(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte of a name that is no text
        return f"\\x{ord(character) - 0xDC00:02x}"
    return IN_ASCII.get(character) or character.encode("ascii", "backslashreplace").decode()
