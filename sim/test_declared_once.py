"""A command or a register that is added to its table is there everywhere: in the gateware, at the host, in the documents.

What is added here is made up. Of what the board does, its action, a command needs here no more than where its bytes go.
"""

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

import pytest
from amaranth.hdl import Fragment
from amaranth.sim import Simulator
from cobs import cobs

import hw.link.commands
from hw.configuration import Configuration
from hw.link.arguments import COMMANDS
from hw.link.link import Link
from hw.link.orders import Orders
from sim.drivers.link_scene import GEOMETRY, NETWORKS
from sw.contract import protocol
from sw.contract.commands import IMAGES, LABELS, Command
from sw.contract.error import ContractError
from sw.contract.frames import ERROR, REPLY, Frame, Hello, Reason, pack_state
from sw.contract.network import MAX_LAYERS
from sw.contract.payload import Bytes
from sw.contract.registers import REGISTERS, Register, Registers, register_values
from sw.contract.specification import CommandTable, Specification
from sw.contract.state import State
from sw.contract.structure import Field, Limit, Structure

MOST_STEPS = 100_000
ROWS, IMAGE_BYTES = 11, 5  # of the network
TOLD = 0xBEEF  # 16 bits of the engine's report
Driver = Callable[[Any], Coroutine[Any, Any, None]]


ROW, COLUMNS = Field("row", 16, limit=Limit.ROW), Field("count", 16, limit=Limit.COLUMNS)


class MadeUp(CommandTable):
    """Commands that there are not, with more arguments than any that there is, and of other lengths."""

    PLAY = (
        40,
        Specification(
            front=Structure("", ROW, Field("layer", 8, limit=Limit.TABLE), Field("place", 32), COLUMNS),
            rest=(Bytes("a mask", 5),),
            reply=(Structure("Played", Field("samples", 32), Field("left", 16)),),
            needs_network=True,
            changes=True,
        ),
    )
    STORE = (
        41,
        Specification(front=Structure("", Field("place", 32), Field("count", 8)), rest=(LABELS, IMAGES), needs_network=True),
    )
    SETTINGS = (
        49,
        Specification(
            front=Structure("Settings", Field("seed", 16, limit=Limit.NOT_ZERO), Field("size", 32)),
            arguments=1,
            optional=True,
            changes=True,
        ),
    )


class MoreOrders(Orders):
    """What the board does at the commands that are made up: their bytes go where those of a row would."""

    def targets(self) -> dict[CommandTable, Any]:
        return super().targets() | dict.fromkeys(MadeUp, self.row_write)


def run(dut: Any, driver: Driver) -> None:
    """Run `driver` on `dut` on Amaranth's own simulator until it ends; AssertionError after `MOST_STEPS`."""
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(driver)
    assert any(not simulator.advance() for _ in range(MOST_STEPS)), "it has not come to its end"


class Board:
    """A link before an engine at rest, which takes all that it is given; it has been asked for its nonce."""

    def __init__(self, ctx: Any, dut: Link) -> None:
        self.ctx, self.dut = ctx, dut
        self.nonce, self.sequence = 0, 0
        self.written: list[int] = []  # what has come where the bytes of a row go

    async def began(self, *, configured: bool) -> None:
        engine = self.dut.engine
        for given in (engine.prng_write.ready, engine.state_write.ready, engine.row_write.ready):
            self.ctx.set(given, 1)
        self.ctx.set(engine.network.layers, 2)
        self.ctx.set(engine.network.rows, ROWS)
        self.ctx.set(engine.network.last_pixel, 8 * IMAGE_BYTES - 1)
        self.ctx.set(engine.configured, configured)
        self.ctx.set(engine.report_word, TOLD)
        self.nonce = Hello.unpack((await self.asked(Command.HELLO)).payload).nonce

    async def asked(self, command: CommandTable, payload: bytes = b"", *, again: bool = False) -> Frame:
        """The reply to a request, which has the next number unless it is the last one `again`."""
        sequence = self.sequence if again else self.sequence + 1
        frame = Frame(type=command, sequence=sequence, nonce=self.nonce, payload=payload)
        for byte in cobs.encode(frame.pack()) + b"\0":
            self.ctx.set(self.dut.rx.payload, byte)
            self.ctx.set(self.dut.rx.valid, 1)
            while not await self._cycle(self.dut.rx.ready):
                pass
        self.ctx.set(self.dut.rx.valid, 0)
        self.ctx.set(self.dut.tx.ready, 1)
        received = bytearray()
        while not received or received[-1]:
            byte = self.ctx.get(self.dut.tx.payload)
            if await self._cycle(self.dut.tx.valid):
                received.append(byte)
        self.ctx.set(self.dut.tx.ready, 0)
        reply = Frame.unpack(cobs.decode(bytes(received[:-1])))
        self.sequence = sequence if reply.type != ERROR else self.sequence
        return reply

    async def _cycle(self, looked_at: Any) -> bool:
        """One cycle; whether `looked_at` was high in it."""
        written = self.dut.engine.row_write
        _, _, valid, byte, was_high = await self.ctx.tick().sample(written.valid, written.payload, looked_at)
        self.written += [byte] * valid
        return bool(was_high)


def link(*made_up: MadeUp) -> Link:
    return Link(GEOMETRY, clock_hz=1_000_000, build=1, buffer_bytes=1024, commands=(*COMMANDS, *made_up))


def refused(command: CommandTable, reason: Reason) -> tuple[int, bytes]:
    return ERROR, bytes([reason, command])


def test_the_gateware_takes_a_command_in(monkeypatch):
    """Its length, its limits, whether it needs a network, how long its reply is; a repetition does nothing; the others stay."""
    monkeypatch.setattr(hw.link.commands, "Orders", MoreOrders)
    dut = link(*MadeUp)
    right = {"place": 0x01020304, "row": ROWS - 1, "layer": 1, "count": GEOMETRY.columns}
    payload = MadeUp.PLAY.payload(b"-mask", **right)

    async def driver(ctx: Any) -> None:
        board = Board(ctx, dut)
        await board.began(configured=False)
        reply = await board.asked(MadeUp.PLAY, payload)
        assert (reply.type, reply.payload) == refused(MadeUp.PLAY, Reason.UNCONFIGURED)
        ctx.set(dut.engine.configured, 1)
        for length in (0, len(payload) - 1, len(payload) + 1):
            reply = await board.asked(MadeUp.PLAY, (payload + b"-")[:length])
            assert (reply.type, reply.payload) == refused(MadeUp.PLAY, Reason.LENGTH), length
        for wrong in ({"row": ROWS}, {"layer": 2}, {"count": GEOMETRY.columns + 1}):
            reply = await board.asked(MadeUp.PLAY, MadeUp.PLAY.payload(b"-mask", **right | wrong))
            assert (reply.type, reply.payload) == refused(MadeUp.PLAY, Reason.RANGE), wrong
        for again in (False, True):
            reply = await board.asked(MadeUp.PLAY, payload, again=again)
            assert (reply.type, len(reply.payload)) == (MadeUp.PLAY | REPLY, 6)
            assert bytes(board.written) == b"-mask", "a repetition is answered and not done"
        samples = b"l1l2" + b"image" + b"other"
        for count, fits in ((2, True), (3, False), (1, False)):
            reply = await board.asked(MadeUp.STORE, MadeUp.STORE.payload(samples, place=1, count=count))
            assert ((reply.type, reply.payload) == refused(MadeUp.STORE, Reason.LENGTH)) != fits, count
        for settings in (b"", MadeUp.SETTINGS.payload(seed=1, size=2)):
            reply = await board.asked(MadeUp.SETTINGS, settings)
            assert (reply.type, reply.payload) == (MadeUp.SETTINGS | REPLY, b"")
        for settings, reason in ((MadeUp.SETTINGS.payload(seed=0, size=2), Reason.RANGE), (b"1", Reason.LENGTH)):
            reply = await board.asked(MadeUp.SETTINGS, settings)
            assert (reply.type, reply.payload) == refused(MadeUp.SETTINGS, reason)
        reply = await board.asked(MadeUp.SETTINGS)
        assert (reply.type, reply.payload) == (MadeUp.SETTINGS | REPLY, b""), "the arguments of before are not its own"
        reply = await board.asked(Command.STATE, pack_state(State(0, 1, 2)))
        assert (reply.type, reply.payload) == refused(Command.STATE, Reason.RANGE)
        reply = await board.asked(Command.STATE, pack_state(State(0x12345678, 1, 2)))
        assert (reply.type, reply.payload) == (Command.STATE | REPLY, TOLD.to_bytes(2, "little") * 8)
        assert ctx.get(dut.engine.prng_write.payload) == 0x12345678
        assert bytes(board.written) == b"-mask" + samples + (2).to_bytes(4, "little")

    run(dut, driver)


def test_a_board_that_does_not_know_it_refuses_it(monkeypatch):
    monkeypatch.setattr(hw.link.commands, "Orders", MoreOrders)
    dut = link(MadeUp.PLAY)

    async def driver(ctx: Any) -> None:
        board = Board(ctx, dut)
        await board.began(configured=True)
        reply = await board.asked(MadeUp.SETTINGS)
        assert (reply.type, reply.payload) == refused(MadeUp.SETTINGS, Reason.TYPE)

    run(dut, driver)


@pytest.mark.parametrize("made_up", list(MadeUp), ids=lambda command: command.name)
def test_a_command_whose_bytes_nobody_takes_is_not_elaborated(made_up: MadeUp):
    """Its request would wait for ever."""
    with pytest.raises(TypeError, match=f"{made_up.name} has bytes behind its arguments"):
        Fragment.get(Orders((*COMMANDS, made_up)), None)


def test_the_host_packs_and_reads_it_by_name():
    payload = MadeUp.PLAY.payload(b"-mask", place=7, layer=1, count=300, row=9)
    assert payload == bytes([9, 0, 1, 7, 0, 0, 0, 44, 1]) + b"-mask"
    front, rest = MadeUp.PLAY.read(payload)
    assert (front.row, front.layer, front.place, front.count, rest) == (9, 1, 7, 300, b"-mask")
    assert MadeUp.PLAY.spec.fits(payload) and not MadeUp.PLAY.spec.fits(payload[:-1])
    with pytest.raises(ContractError, match="made of row, layer, place, count"):
        MadeUp.PLAY.payload(b"-mask", place=7, count=300, row=9)


def test_the_documents_tell_it():
    told = protocol.command_table(MadeUp)
    play = (
        "row u16 (a row of the network), layer u8 (0…L−1, or 4 + a table of gates and windows), place u32, "
        "count u16 (at most the array's columns), a mask, 5 bytes"
    )
    assert f"| 40 | `PLAY` | {play} | Played | network | answered, not done |" in told
    assert "| 49 | `SETTINGS` | –, or a Settings to set | – | – | told again, not set again |" in told


MORE_REGISTERS = Registers(
    network=Structure("network", *REGISTERS.network, Register("band", 16, signed=True, about="made up", most=lambda _: 99)),
    layer=Structure(
        "layer",
        *REGISTERS.layer.fields[:-1],
        Register("share", 16, about="made up", most=lambda g: g.columns),
        REGISTERS.layer.fields[-1],
    ),
)


@pytest.mark.parametrize("registers", [REGISTERS, MORE_REGISTERS], ids=["as they are", "more"])
def test_registers_of_any_layout_hold_what_was_sent(registers: Registers):
    """All registers that CONFIGURE sends, by name, and those of each layer when it has been selected."""
    dut, random = Configuration(GEOMETRY, registers), Random(1)
    network = NETWORKS[3]
    own, layers = register_values(network, GEOMETRY)
    if registers is MORE_REGISTERS:
        own |= {"band": -77}
        layers = [layer | {"share": random.randrange(GEOMETRY.columns)} for layer in layers]
    sent = registers.pack(own, layers)
    assert len(sent) == registers.size
    assert registers.unpack(sent)[1][: network.depth] == layers
    derived = {"last_pixel": own["inputs"] - 1, "rows": network.row_count, "classes": network.layers[-1]}

    async def driver(ctx: Any) -> None:
        for byte in sent:
            ctx.set(dut.source.payload, byte)
            ctx.set(dut.source.valid, 1)
            await ctx.tick()
        ctx.set(dut.source.valid, 0)
        await ctx.tick().repeat(2)
        assert ctx.get(dut.configured)
        held = ctx.get(dut.network)
        assert {name: held[name] for name in own | derived if name != "inputs"} == {
            name: value for name, value in (own | derived).items() if name != "inputs"
        }
        await ctx.tick().until(dut.settled)
        for index in random.sample(range(network.depth), network.depth):
            ctx.set(dut.index, index)
            ctx.set(dut.select, 1)
            await ctx.tick()
            ctx.set(dut.select, 0)
            await ctx.tick().until(dut.settled)
            held = ctx.get(dut.layer)
            assert {name: held[name] for name in layers[index]} == layers[index], f"layer {index + 1}"

    run(dut, driver)


def test_the_documents_tell_a_register():
    told = protocol.register_table(MORE_REGISTERS)
    assert "| 6 | `band` | i16 | made up |" in told
    assert f"| {8 + 8} + 14·(l−1) | `share` | u16 | made up |" in told
    assert MORE_REGISTERS.size == 8 + MAX_LAYERS * 14
