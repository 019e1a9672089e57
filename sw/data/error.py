"""The one exception of the data sets."""

from sw.contract.error import MetaplastError


class DataError(MetaplastError, ValueError):
    """Data that cannot be used. The message is one sentence: the file, what it holds, what was expected, what to do."""
