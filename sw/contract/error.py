"""The root of all errors, the one of the contract, a value outside the range that it gives, and the checks that raise it.

A number of any type is taken, as NumPy and what is built on it give them, and kept as Python's own.
"""

import operator
import sys
from numbers import Real
from typing import Any

LONGEST = 120  # characters of a value in a message


class MetaplastError(Exception):
    """Whatever this project refuses: the root of all its errors. The message is one sentence that says what to do."""


class ContractError(MetaplastError, ValueError):
    """A configuration that the contract forbids. The message is one sentence: field, value, limit, what to do."""


def require(condition: bool, message: str) -> None:
    """Raise `ContractError(message)` unless `condition` holds."""
    if not condition:
        raise ContractError(message)


def require_integer(name: str, value: object, low: int, high: int) -> int:
    """`value` as a Python integer. Raises `ContractError` unless it is an integer of any type (NumPy's and PyTorch's too, and
    arrays of one integer) with low <= value <= high; a bool is not an integer."""
    whole = _integer(value)
    if whole is None or not low <= whole <= high:
        raise ContractError(f"{name} is {shown(_plain(value))}, expected an integer from {low} to {high}")
    return whole


def require_choice(name: str, value: object, choice: tuple[int, ...]) -> int:
    """`value` as a Python integer. Raises `ContractError` unless it is one of `choice`, of any type of integer."""
    whole = _integer(value)
    if whole is None or whole not in choice:
        *others, last = map(str, choice)
        raise ContractError(f"{name} is {shown(_plain(value))}, expected {', '.join(others)} or {last}")
    return whole


def require_rate(name: str, value: object) -> float:
    """`value` as a Python number. Raises `ContractError` unless it is a finite number >= 0 of any type; a bool is not one."""
    given = _plain(value)
    real = isinstance(given, Real) and not isinstance(given, bool)
    if not real or not 0 <= given <= sys.float_info.max:  # type: ignore[operator]
        raise ContractError(f"{name} has {shown(given)}, expected a finite number >= 0")
    return given if isinstance(given, int | float) else float(given)  # type: ignore[arg-type]


def tuple_of(value: object) -> tuple[Any, ...] | None:
    """The entries of a list, a tuple, a range or an array of one dimension; None for what is none of them."""
    if isinstance(value, str | bytes | dict | set | frozenset) or not hasattr(type(value), "__len__"):
        return None
    try:
        return tuple(value)  # type: ignore[arg-type]
    except TypeError:  # an array without dimensions
        return None


def shown(value: object) -> str:
    """A value as a message tells it: as Python writes it, but never longer than a line."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a table in tables
        return f"too long to be shown ({type(value).__name__})"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _integer(value: object) -> int | None:
    """`value` as a Python integer, None if it is no integer."""
    given = _plain(value)
    try:
        return None if isinstance(given, bool) else operator.index(given)  # type: ignore[arg-type]
    except TypeError:
        return None


def _plain(value: object) -> object:
    """The Python number in a scalar of NumPy or PyTorch, or in an array without dimensions."""
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value  # type: ignore[attr-defined]
