"""The one exception of the contract: a value outside the range that the contract gives it."""


class ContractError(ValueError):
    """A configuration that the contract forbids. The message is one sentence: field, value, limit, what to do."""


def require(condition: bool, message: str) -> None:
    """Raise `ContractError(message)` unless `condition` holds."""
    if not condition:
        raise ContractError(message)


def require_integer(name: str, value: object, low: int, high: int) -> None:
    """Raise `ContractError` unless `value` is an integer with low <= value <= high (a bool is not an integer)."""
    inside = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    require(inside, f"{name} is {value!r}, expected an integer from {low} to {high}")
