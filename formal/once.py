"""Every request is carried out exactly once and in order, and every training sample too, whatever requests come.

The block is the command processor with what locks it: session, sample lock and the checks of header and arguments. Around
it everything is anything: the reader gives any requests, the engine, the replies and the orders take any time. A planted bug
is looked for with a check of the arguments that multiplies by one bit only, because requests end sooner.
"""

from typing import Any

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib.wiring import Component, Flow

from formal.claim import Claim
from formal.clocked import clocked_module, earlier, free
from formal.source import Bug, Elaborated, copy_of, keep_rooms
from hw.engine_ports import SAMPLES_PLACE
from hw.link.arguments import is_one_of
from sw.contract.commands import Command
from sw.contract.frames import FIRST, Hello, told_shape
from sw.contract.geometry import Geometry

COMMANDS, SESSION, LOCK = "hw.link.commands", "hw.link.session", "hw.link.sample_lock"
HEADER, ARGUMENT, ORDERS = "hw.link.header_check", "hw.link.argument_check", "hw.link.orders"
GEOMETRY = Geometry(columns=8, rows=4, grid_height=1, grid_width=1, synapses_per_cell=4, folds=2, slices=2)
HELLO = Hello(**(told_shape(GEOMETRY) | {"build": 1, "clock_hz": 1, "buffer_bytes": 99, "nonce": 0}))
NUMBERS = 1 << 16
SHORTER = Bug(ARGUMENT, "step.eq(7)", "step.eq(0)")
HEADER_CYCLES = 3  # cycles from the header's sequence number to its end, at least, and more than the session takes


def anything(original: type[Component]) -> type[Component]:
    """The ports of a component, whose outputs are anything in every cycle."""

    class Anything(original):
        def elaborate(self, platform: object) -> Module:
            m = Module()
            for path, member, value in self.signature.flatten(self):
                if member.flow == Flow.Out and path not in self.told:
                    free(m, Value.cast(value))
            self.tell(m)
            return m

        told: tuple[tuple[str, ...], ...] = ()

        def tell(self, m: Module) -> None:
            """What is not anything: the outputs of `told`."""

    return Anything


def any_reader(original: type[Component]) -> type[Component]:
    """Any requests: type and number stand a few cycles before the header is through, and hold until the request is done."""

    class Reader(anything(original)):
        told = (("valid",), ("kind",), ("sequence",), ("left",), ("payload", "valid"))

        def tell(self, m: Module) -> None:
            age = Signal(range(HEADER_CYCLES + 1))
            m.d.comb += [self.valid.eq(age == HEADER_CYCLES), self.payload.valid.eq((self.left != 0) & AnySeq(1))]
            with m.If(age == 0):
                m.d.sync += [self.kind.eq(AnySeq(8)), self.sequence.eq(AnySeq(16)), self.left.eq(AnySeq(16)), age.eq(AnySeq(1))]
            with m.Elif(~self.valid):
                m.d.sync += age.eq(age + 1)
            with m.If(self.payload.valid & self.payload.ready & self.valid):
                m.d.sync += self.left.eq(self.left - 1)
            with m.If(self.done):
                m.d.sync += age.eq(0)

    return Reader


def any_orders(original: type[Component]) -> type[Component]:
    """Orders that take any time, and set up the engine only while one runs that is not a repetition."""

    class AnyOrders(anything(original)):
        told = (("done",), ("configuration", "valid"), ("state_write", "valid"))

        def tell(self, m: Module) -> None:
            self.running = running = Signal()
            m.d.sync += running.eq(self.start | (running & ~self.done))
            m.d.comb += [
                self.done.eq(running & AnySeq(1)),
                self.configuration.valid.eq(running & ~self.repeated & (self.kind == Command.CONFIGURE) & AnySeq(1)),
                self.state_write.valid.eq(running & ~self.repeated & (self.kind == Command.STATE) & AnySeq(1)),
            ]

    return AnyOrders


def follow_stream(m: Module, rooms: dict[str, Any], carried: Value, trains: Value, count: Value) -> tuple[Signal, ...]:
    """What comes next, told by what was carried out alone: the number, the sample; and whether the request was carried out."""
    request, session, orders = (rooms[name] for name in ("RequestReader", "Session", "Orders"))
    expected, following, was_carried = Signal(16, init=0xFFFF), Signal(range(FIRST)), Signal()
    with m.If(request.done):
        m.d.sync += was_carried.eq(0)
    with m.Elif(carried):
        m.d.sync += was_carried.eq(1)
    with m.If(session.advance):
        m.d.sync += expected.eq(request.sequence + 1)
    with m.If(orders.configuration.valid):
        m.d.sync += following.eq(0)
    with m.Elif(trains):
        m.d.sync += following.eq(following + count)
    with m.If(orders.state_write.valid):
        place = orders.state_write.payload.place - SAMPLES_PLACE
        for byte in range(2):
            with m.If(place == byte):
                m.d.sync += following.word_select(byte, 8).eq(orders.state_write.payload.value)
    return expected, following, was_carried


def follow_number(m: Module, passes: Value, is_hello: Value, changes: Value, sequence: Value) -> tuple[Value, ...]:
    """One number, how many have been carried out since it was, and whether; a session that begins anew forgets it."""
    number, since, was = AnyConst(16), Signal(17), Signal()
    with m.If(passes & is_hello):
        m.d.sync += was.eq(0)
    with m.Elif(changes & (sequence == number)):
        m.d.sync += [was.eq(1), since.eq(0)]
    with m.Elif(passes & was):
        m.d.sync += since.eq(Mux(since == NUMBERS, since, since + 1))
    return number, since, was


class OnceHarness(Elaboratable):
    """The block beside the number and the sample that have to come next, and the fate of one number in particular."""

    def __init__(self, bug: Bug | None) -> None:
        self.bug = bug
        self.copy, self.session, self.lock = (copy_of(name, bug) for name in (COMMANDS, SESSION, LOCK))
        self.check = copy_of(ARGUMENT, SHORTER if bug is not None and bug.module != ARGUMENT else bug)
        self.copy.HeaderCheck = copy_of(HEADER, bug).HeaderCheck
        self.copy.ArgumentCheck = self.check.ArgumentCheck
        for name in ("BootNonce", "SampleFeeder", "PredictionReplies", "Answer", "Report"):
            setattr(self.copy, name, anything(getattr(self.copy, name)))
        self.copy.RequestReader = any_reader(self.copy.RequestReader)
        self.copy.Orders = any_orders(self.copy.Orders)
        seen = ("RequestReader", "Orders", "SampleFeeder", "ArgumentCheck")
        makers = {"Session": self.session.Session, "SampleLock": self.lock.SampleLock}
        self.rooms = keep_rooms(self.copy, makers | {name: getattr(self.copy, name) for name in seen})

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        block = self.copy.Commands(GEOMETRY, HELLO)
        m.submodules.block = elaborated = Elaborated(self.copy, block, self.session, self.lock, self.check)
        in_session, in_lock = elaborated.inside_of[SESSION], elaborated.inside_of[LOCK]
        for _, member, value in block.signature.flatten(block):
            if member.flow == Flow.In:
                free(m, Value.cast(value))
        request, orders, samples = (self.rooms[name] for name in ("RequestReader", "Orders", "SampleFeeder"))
        session, lock = self.rooms["Session"], self.rooms["SampleLock"]
        kind, sequence = request.kind, request.sequence
        trains, is_hello = samples.feed & (kind == Command.TRAIN), kind == Command.HELLO
        nothing_to_do = is_one_of(kind, (Command.TRAIN, Command.INFER)) & (samples.count == 0)
        carried = samples.feed | orders.start
        changes = trains | (orders.start & ~orders.repeated & ~is_hello)

        expected, following, was_carried = follow_stream(m, self.rooms, carried, trains, samples.count)
        number, since, was = follow_number(m, session.advance, is_hello, changes, sequence)
        m.d.comb += [
            Assert(~(changes & (sequence == number)) | ~was | (since == NUMBERS)),
            # the next one and no other, once, and a number that is passed has been carried out
            Assert(~changes | (sequence == expected)),
            Assert(~carried | ~was_carried),
            Assert(~session.advance | is_hello | (sequence == expected)),
            Assert(~request.done | ~was_carried | (sequence != expected) | is_hello | session.advance),
            Assert(~session.advance | is_hello | was_carried | nothing_to_do),
            # samples likewise
            Assert(~trains | (lock.first == following)),
            # and so the locks have it
            Assert((in_session["expected"] == expected) & (in_lock["following"] == following)),
        ]
        if self.bug is None:
            ghost = {"expected": expected, "following": following, "was_carried": was_carried, "nothing_to_do": nothing_to_do}
            self._add_invariants(m, elaborated, block.feeds, ghost | {"number": number, "since": since, "was": was})
        return m

    def _add_invariants(self, m: Module, elaborated: Elaborated, feeds: Signal, ghost: dict[str, Any]) -> None:
        """What the induction needs to know of the inside. A planted bug has to be found without it."""
        in_session, in_lock, in_check = (elaborated.inside_of[name] for name in (SESSION, LOCK, ARGUMENT))
        request, orders, lock, check = (self.rooms[name] for name in ("RequestReader", "Orders", "SampleLock", "ArgumentCheck"))
        kind, sequence, is_hello = request.kind, request.sequence, request.kind == Command.HELLO
        expected, following, was_carried = ghost["expected"], ghost["following"], ghost["was_carried"]
        number, since, was, nothing_to_do = ghost["number"], ghost["since"], ghost["was"], ghost["nothing_to_do"]
        step, running, finished, decides = (in_check[name] for name in ("step", "running", "finished", "decides"))
        refused = in_check["conditions"][Command.TRAIN]
        session, samples = self.rooms["Session"], self.rooms["SampleFeeder"]
        gives = is_one_of(kind, (Command.TRAIN, Command.INFER)) & (samples.count != 0)
        gives &= ~(session.repeated & (kind == Command.TRAIN))
        fits = Mux(session.repeated, lock.kept, lock.fits)
        fsm, reason = elaborated.fsm("fsm"), elaborated.inside["reason"]
        state = {name: fsm.state == value for name, value in fsm.encoding.items()}
        before = state["arguments"] | state["check"] | state["labels"] | state["wait"]
        after = state["feed"] | state["order"] | state["reply"] | state["end"]
        away = (sequence - expected)[:16]
        accepted = (before | after) & (reason == 0)
        steady = Signal(range(9))
        with m.If(state["header"] | state["arguments"]):
            m.d.sync += steady.eq(0)
        with m.Elif(steady != 8):
            m.d.sync += steady.eq(steady + 1)
        checking = Cat(running, finished, decides, check.done)
        m.d.comb += [
            Assert(before | after | state["header"]),
            # what the locks tell is that of a cycle ago
            Assert(in_session["distance"] == earlier(m, away, 1)),
            Assert(in_lock["behind"] == earlier(m, (following - lock.first)[:16], 1)),
            # where a request is, and what is known of it there
            Assert(request.valid | state["header"]),
            Assert(~(state["header"] | before) | ~was_carried),
            Assert(~(state["feed"] | state["order"]) | (was_carried & (reason == 0))),
            Assert(~(state["reply"] | state["end"]) | ~was_carried | (reason == 0)),
            Assert(~(state["arguments"] | state["check"] | state["labels"]) | (reason == 0)),
            Assert(~accepted | is_hello | (away == 0) | away[8:].all()),
            Assert(orders.running == state["order"]),
            Assert(~state["reply"] | (reason != 0) | was_carried),
            Assert(~state["end"] | (reason != 0) | was_carried | nothing_to_do | (away != 0)),
            # a TRAIN that will be done has been found to fit
            Assert(~checking.any() | state["check"]),
            Assert(~running | (steady == 7 - step)),
            Assert(~(finished | decides | check.done) | (steady == 8)),
            Assert(~((state["labels"] | state["wait"]) & (reason == 0)) | (steady == 8)),
            Assert(~decides | (refused[-1] == ~fits)),
            Assert(~check.done | (kind != Command.TRAIN) | (check.reason != 0) | fits),
            # what sort of request it is is that of a cycle ago, and known
            Assert(feeds == earlier(m, gives, 1)),
            Assert((steady < 4) | (feeds == gives)),
            Assert(
                ~((state["labels"] | state["wait"]) & (reason == 0) & (kind == Command.TRAIN))
                | (away != 0)
                | (lock.first == following)
            ),
            # the fate of the one number
            Assert(~was | (since == NUMBERS) | ((expected - number)[:16] == since)),
            Assert(~was | (since != 0) | (was_carried & ~is_hello & (sequence == number))),
            Assert(since <= NUMBERS),
        ]


class RepetitionHarness(Elaboratable):
    """The orders alone, with any request, whose bytes come at any pace and are taken at any pace."""

    def __init__(self, bug: Bug | None) -> None:
        self.copy = copy_of(ORDERS, bug)
        self.copy.SETTLING = 2  # the wait for the counters cut short

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        block = self.copy.Orders()
        m.submodules.block = inside = Elaborated(self.copy, block)
        left, running = Signal(16), Signal()
        targets = (block.configuration, block.table, block.row, block.row_write, block.prng_write, block.state_write)
        for target in targets:
            free(m, target.ready)
        for held in (block.kind, block.arguments, block.repeated):
            value = Signal.like(held)
            m.d.comb += held.eq(value)
            with m.If(~running & ~block.start):
                m.d.sync += value.eq(AnySeq(len(held)))
        m.d.comb += [
            block.start.eq(~running & AnySeq(1)),
            block.left.eq(left),
            block.payload.valid.eq((left != 0) & AnySeq(1)),
            block.payload.payload.eq(AnySeq(8)),
        ]
        m.d.sync += running.eq(block.start | (running & ~block.done))
        with m.If(~running & ~block.start):
            m.d.sync += left.eq(AnySeq(16))
        with m.Elif(block.payload.valid & block.payload.ready):
            m.d.sync += left.eq(left - 1)
        changing = Cat(target.valid for target in targets if target is not block.row)
        fsm = inside.fsm("fsm")
        m.d.comb += [
            Assert(~block.repeated | ~(changing.any() | block.reset | (block.row.valid & block.row.payload.write))),
            Assert(running == (fsm.state != fsm.encoding["idle"])),
            Assert(~block.repeated | ~changes_board(block.kind, left) | (fsm.state != fsm.encoding["bytes"])),
        ]
        return m


def changes_board(kind: Value, left: Value) -> Value:
    """Whether an order of this type, with bytes left or none, changes the board."""
    known = (command for command in Command if not command.spec.needs_memory)
    changing = (command for command in known if command.spec.changes and not command.spec.optional)
    return is_one_of(kind, changing) | ((kind == Command.STATE) & (left != 0))


CLAIMS = (
    Claim(
        name="once",
        about="every request is carried out once, in the order of the numbers; no sample is trained twice or left out",
        harness=OnceHarness,
        depth=4,
        bug_depth=40,
        bugs=(
            Bug(SESSION, "self.following.eq(distance == 0)", "self.following.eq(distance[1:] == 0)"),
            Bug(SESSION, "~(self.sequence + 1)", "~(expected + 1)"),
            Bug(COMMANDS, "(reason == 0) & (session.following", "(session.following"),
            Bug(COMMANDS, "of_wire & ~repeated_train & ", "of_wire & "),
            Bug(COMMANDS, "orders.repeated.eq(session.repeated)", "orders.repeated.eq(0)"),
            Bug(COMMANDS, "lock.taken.eq(samples.train)", "lock.taken.eq(1)"),
            Bug(COMMANDS, "m.d.sync += reason.eq(found)", "pass"),
            Bug(LOCK, "following.eq(following + self.count)", "following.eq(following + 1)"),
            Bug(LOCK, "self.fits.eq(behind == 0)", "self.fits.eq(behind[1:] == 0)"),
            Bug(HEADER, "& ~self.following & ~self.repeated)", "& 0)"),
            Bug(ARGUMENT, "~Mux(self.repeated, self.kept, self.fits)", "~Mux(self.repeated, self.fits, self.kept)"),
        ),
    ),
    Claim(
        name="orders-repeated",
        about="an order that is repeated gives the engine nothing that changes it, and ends as one that is not",
        harness=RepetitionHarness,
        depth=4,
        bug_depth=12,
        bugs=(
            Bug(ORDERS, "with m.If(self.repeated & ", "with m.If(0 & "),
            Bug(ORDERS, "(is_one_of(kind, if_given) & (left != 0))", "0"),
            Bug(ORDERS, "is_one_of(kind, always) | ", ""),
        ),
    ),
)
