"""What can go wrong between the sources and a bitstream. Each message is one sentence for the person who called."""

from sw.contract.error import MetaplastError


class BuildError(MetaplastError):
    """The build cannot be done or did not succeed. `status` is the exit status of the command."""

    status = 1


class RequestError(BuildError):
    """What was asked for cannot be: an unknown board, a network or a shape that doesn't fit, a missing tool."""

    status = 2
