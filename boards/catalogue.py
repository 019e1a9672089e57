"""All targets by name."""

from boards import ecpix5, icebreaker, orangecrab, tang_nano_9k, tang_nano_20k, ulx3s
from boards.error import RequestError
from boards.target import Target
from sw.contract.board_table import ALIASES, BOARDS, board_name

MODULES = (ulx3s, orangecrab, icebreaker, ecpix5, tang_nano_20k, tang_nano_9k)
TARGETS = {target.name: target for module in MODULES for target in module.TARGETS if target.name in BOARDS}


def find(name: str) -> Target:
    """The target of a board's name or alias. Raises `RequestError`, which lists them."""
    known = board_name(name)
    if known not in TARGETS:
        raise RequestError(f"there is no board {name!r}: choose one of {', '.join([*TARGETS, *ALIASES])}")
    return TARGETS[known]
