"""Nothing depends on what nobody wrote: memories that begin with anything, and registers that no reset reaches, change no bit.

A board that is reset by its button or by its PLL keeps the contents of its memories, and a chip need not clear them.
"""

import os
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from amaranth.hdl import ClockDomain, Fragment, Module, ResetSignal, Shape, Signal
from amaranth.lib.memory import Memory

from hw.accelerator import Accelerator
from sim.drivers.byte_host import PERIOD, advance
from sim.drivers.learning_host import GEOMETRY, MOST_CYCLES, learning_host

SEED = int(os.environ.get("SEED", "1"))
IN_RESET = 64  # cycles, of the hundreds that `boards.clocks` keeps a board in reset
ONE_PORT = replace(GEOMETRY, memory_ports=1)


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> list[Memory]:
    """The memories that were made, each with random contents."""
    random, made = Random(SEED), []

    def memory(*, shape: Any, depth: int, init: list[Any], attrs: dict[str, Any]) -> Memory:
        assert not init
        width = Shape.cast(shape).width
        words = [random.getrandbits(width) for _ in range(depth)]
        made.append(Memory(shape=shape, depth=depth, init=[_word(shape, word) for word in words], attrs=attrs))
        return made[-1]

    monkeypatch.setattr("hw.memory.Memory", memory)
    return made


def _word(shape: Any, bits: int) -> Any:
    return bits if isinstance(shape, int) else shape.from_bits(bits)


def unreset(fragment: Fragment) -> list[Signal]:
    """The registers without a reset."""
    driven = [signal for block in fragment.statements.values() for signal in block._lhs_signals()]
    found = [signal for signal in driven if isinstance(signal, Signal) and signal.reset_less]
    for part, _, _ in fragment.subfragments:
        found += unreset(part)
    return found


@pytest.mark.parametrize("geometry", [GEOMETRY, ONE_PORT], ids=["two ports", "one port"])
def test_the_accelerator_learns_like_the_twin_whatever_its_memories_hold(geometry, filled) -> None:
    random = Random(SEED)
    m = Module()
    m.domains += ClockDomain("sync")
    m.submodules.dut = dut = Accelerator(geometry, buffer_bytes=1024)
    reset = Signal(init=1)
    m.d.comb += ResetSignal().eq(reset)
    whole = Fragment.get(m, None)
    registers = unreset(whole)
    for register in registers:
        register._init = random.getrandbits(len(register))
    assert len(filled) > 12 and len(registers) > 60
    host = learning_host(dut, geometry, SEED)

    async def after_reset(ctx: Any) -> None:
        await ctx.delay(IN_RESET * PERIOD)
        ctx.set(reset, 0)
        await host(ctx)

    assert advance(whole, after_reset, 8 * MOST_CYCLES)
