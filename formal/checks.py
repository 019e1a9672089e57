"""What is let through to be trained on begins with the next sample: the checks of arguments, each by itself.

`lets_through` says what a check that lets a request through knows of it. It is proved of the checks, whatever their inputs are,
and of no more than that the proof of the whole command processor makes use (`formal.playback`).
"""

from typing import Any

from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib.wiring import Component, Flow

from formal.claim import Claim
from formal.clocked import clocked_module, earlier, free
from formal.once import ARGUMENT, GEOMETRY, anything
from formal.source import Bug, copy_of
from hw.link.arguments import MEMORY_COMMANDS, arguments_of, is_one_of
from sw.contract.commands import Command
from sw.contract.sample_memory import TRAINS

MEMORY_CHECK = "hw.link.memory_check"
SHORTEST, LONGEST = 8, 16  # cycles of a check
HELD = 4  # last cycles of a check in which what it looks at has to hold still


def of_memory(kind: Value) -> Value:
    """Whether a request is of a type that only a board with a sample memory knows."""
    return is_one_of(kind, MEMORY_COMMANDS)


def lets_through(check: Any, is_of_memory: bool) -> Value:
    """What a check knows of a request that it does not refuse: what is trained on begins with the next sample.

    Of one that is only answered again, its predictions are still kept.
    """
    fits = Mux(check.repeated, check.kept, check.fits)
    if not is_of_memory:
        return (check.kind != Command.TRAIN) | fits
    play, recite = ((arguments_of(command, check.arguments).how & TRAINS).any() for command in (Command.PLAY, Command.RECITE))
    return Mux(check.kind == Command.PLAY, ~play | check.repeated | check.fits, (check.kind != Command.RECITE) | ~recite | fits)


class CheckHarness(Elaboratable):
    """A check alone, with inputs that are anything; none is begun while one is under way."""

    def __init__(self, name: str, bug: Bug | None) -> None:
        self.copy = copy_of(name, bug)
        self.is_of_memory = name == MEMORY_CHECK

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        m.submodules.check = check = (self.copy.MemoryCheck if self.is_of_memory else self.copy.ArgumentCheck)(GEOMETRY)
        under_way, age, steady = Signal(), Signal(range(LONGEST + 2)), Signal(range(HELD + 1))
        given = [port for port in ports(check, Flow.In) if port is not check.start]
        for port in given:
            free(m, port)
        changes = Cat(given) != earlier(m, Cat(given), 1)
        m.d.comb += check.start.eq(~under_way & AnySeq(1))
        m.d.sync += steady.eq(Mux(steady == HELD, HELD, steady + 1))
        with m.If(changes):
            m.d.sync += steady.eq(0)
        with m.If(check.start):
            m.d.sync += [under_way.eq(1), age.eq(0)]
        with m.Elif(check.done):
            m.d.sync += under_way.eq(0)
        with m.Else():
            m.d.sync += age.eq(Mux(age == LONGEST + 1, age, age + 1))
        held = (steady == HELD) & ~changes
        m.d.comb += [
            Assert(~check.done | (under_way & (age >= SHORTEST))),
            Assert(~under_way | (age <= LONGEST)),
            Assert(~check.done | ~held | (check.reason != 0) | lets_through(check, self.is_of_memory)),
        ]
        return m


def ports(block: Component, flow: Flow) -> list[Value]:
    """The ports of a block in one direction."""
    return [Value.cast(value) for _, member, value in block.signature.flatten(block) if member.flow == flow]


def any_check(original: type[Component], is_of_memory: bool, shortest: int) -> type[Component]:
    """A check of which no more is known than what is proved of it, among it that it takes so long; idle at others' requests."""

    class Check(anything(original)):
        told = (("done",), ("reason",))

        def own(self, kind: Value) -> Value:
            """Whether it is asked about a request of this type."""
            return of_memory(kind) == is_of_memory

        def tell(self, m: Module) -> None:
            self.age = age = Signal(range(shortest + 1))
            self.under_way = under_way = Signal()
            m.d.comb += [
                self.done.eq(under_way & (age == shortest) & AnySeq(1)),
                self.reason.eq(AnySeq(len(self.reason))),
                Assume(~self.done | (self.reason != 0) | lets_through(self, is_of_memory)),
            ]
            with m.If(self.start & self.own(self.kind)):
                m.d.sync += [under_way.eq(1), age.eq(0)]
            with m.Elif(self.done):
                m.d.sync += under_way.eq(0)
            with m.Elif(age != shortest):
                m.d.sync += age.eq(age + 1)

    return Check


CLAIMS = (
    Claim(
        name="check-playback",
        about="a stretch that trains is let through only if it begins with the next sample, or only its answer is repeated",
        harness=lambda bug: CheckHarness(MEMORY_CHECK, bug),
        depth=LONGEST + 2,
        bug_depth=20,
        bugs=(
            Bug(MEMORY_CHECK, "(play.how & TRAINS).any() & ~self.fits", "(play.how & TRAINS).any() & ~self.kept"),
            Bug(MEMORY_CHECK, "(told_again & ~self.kept, Reason.SAMPLE), ", ""),
            Bug(MEMORY_CHECK, "told_again = self.repeated & ", "told_again = "),
        ),
    ),
    Claim(
        name="check-train",
        about="a TRAIN is let through only if it begins with the next sample, or only its answer is repeated",
        harness=lambda bug: CheckHarness(ARGUMENT, bug),
        depth=LONGEST + 2,
        bug_depth=20,
        bugs=(Bug(ARGUMENT, "~Mux(self.repeated, self.kept, self.fits)", "~Mux(self.repeated, self.fits, self.kept)"),),
    ),
)
