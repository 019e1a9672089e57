"""The one exception of files."""

from sw.contract.error import MetaplastError


class FileError(MetaplastError):
    """A file that cannot be read or written as it was asked for. The message is one sentence that names the file."""


def cannot(path: object, verb: str, error: OSError) -> FileError:
    """The sentence about a refusal of the system: `verb` is what could not be done with `path`, "read" or "written"."""
    return FileError(f"{path} cannot be {verb}: {error.strerror or error}")
