"""How the board in Python refuses a request."""

from sw.contract.frames import Reason


class Refusal(Exception):  # noqa: N818 - not an error of the board
    """The request is answered with ERROR."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason


def check(condition: bool, reason: Reason) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise Refusal(reason)
