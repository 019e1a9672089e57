"""A bench on a room in which a fault has been planted: it has to find it."""

from collections.abc import Callable
from typing import Any

import pytest

from formal.source import Bug, copy_of
from sim.drivers.bench import run_bench


def assert_found(fault: Bug, make: Callable[[Any], Any], *, module: str, coroutine: str, parameters: dict[str, Any]) -> None:
    """Raise an exception unless the coroutine, whose name begins so, fails on a room with the fault.

    `make` : the component, out of a copy of the room's module (`formal.source.copy_of`); the others are those of `run_bench`
    """
    with pytest.raises(AssertionError, match=f"failed: {coroutine}"):
        run_bench(make(copy_of(fault.module, fault)), module=module, parameters=parameters, coroutines=coroutine)
