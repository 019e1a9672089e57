"""TOML and JSON that anybody may have written: a text is parsed or refused with one sentence, whatever it holds."""

import json
import sys
import tomllib
from collections.abc import Callable
from typing import Any

from sw.contract.error import ContractError

MARK = "\ufeff"  # that some editors put before a text in UTF-8


def parse_toml(text: str, what: str) -> dict[str, Any]:
    """The tables of `text`. Raises `ContractError` that begins with `what`."""
    return _parsed(tomllib.loads, text, f"{what} is not TOML")


def parse_json(text: str, what: str) -> Any:
    """What `text` holds. Raises `ContractError` that begins with `what`."""
    return _parsed(json.loads, text, f"{what} is not JSON")


def _parsed(parser: Callable[[str], Any], text: str, wrong: str) -> Any:
    try:
        return parser(text.removeprefix(MARK))
    except RecursionError as error:
        raise ContractError(f"{wrong}: it is nested too deeply") from error
    except ValueError as error:
        words = " ".join(str(error).split())
        if "integer string conversion" in words:  # Python reads no longer ones, for that would take too long
            words = f"a number has more than {sys.get_int_max_str_digits()} digits"
        raise ContractError(f"{wrong}: {words}") from error
