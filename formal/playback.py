"""On a board with a sample memory no sample is trained twice or left out, whether it is sent or played, whatever is repeated.

The block is the command processor with session, sample lock, check of the header and the memory's orders: what it hands to the
store is a stretch of a request that is carried out for the first time, once. Of the checks of arguments no more is known than
what is proved of them (`formal.checks`). Everything else is anything (`formal.once`); of a request's arguments any number of
bytes is read, so that those of the one before may stand again. A planted bug is looked for among stretches that nobody lets
wait, with the same arguments each, because requests end sooner.
"""

from typing import Any

from amaranth.asserts import AnyConst
from amaranth.hdl import Assert, Assume, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib.wiring import Component, Flow

from formal.checks import HELD, MEMORY_CHECK, SHORTEST, any_check, of_memory, ports
from formal.claim import Claim
from formal.clocked import clocked_module, earlier, free
from formal.once import (
    ARGUMENT,
    COMMANDS,
    GEOMETRY,
    HEADER,
    HELLO,
    LOCK,
    NUMBERS,
    SESSION,
    any_orders,
    any_reader,
    anything,
    follow_number,
    follow_stream,
)
from formal.source import Bug, Elaborated, copy_of, keep_rooms
from hw.link import arguments
from hw.link.arguments import arguments_of, is_one_of
from sw.contract.commands import Command
from sw.contract.sample_memory import TRAINS

MEMORY_ORDERS = "hw.link.memory_orders"
PLAYBACK = (Command.PLAY, Command.RECITE)


STANDING = Bug(COMMANDS, "arguments.eq(Cat(~earlier, newest))", "arguments.eq(AnyConst(len(arguments)))")


def of_playback(kind: Value) -> Value:
    """Whether a request asks for a stretch of the library."""
    return is_one_of(kind, PLAYBACK)


def any_length(original: type[Component]) -> type[Component]:
    """The check of the header, but for how many bytes of the arguments are read."""

    class AnyLength(original):
        def elaborate(self, platform: object) -> Module:
            m = Module()
            m.submodules.check = check = original(self.commands)
            for (name,), member, value in self.signature.flatten(self):
                of_check = getattr(check, str(name))
                if member.flow == Flow.In:
                    m.d.comb += of_check.eq(value)
                elif name != "arguments":
                    m.d.comb += value.eq(of_check)
            free(m, self.arguments)
            m.d.comb += Assume(self.arguments <= check.arguments)
            return m

    return AnyLength


class PlaybackHarness(Elaboratable):
    """The block beside the number and the sample that have to come next, the fate of one number, and a stretch that is due."""

    def __init__(self, bug: Bug | None) -> None:
        self.bug = bug
        names = (COMMANDS, SESSION, LOCK, MEMORY_ORDERS)
        standing = None if bug is None else STANDING
        self.copy, self.session, self.lock, self.orders = (copy_of(name, bug, standing) for name in names)
        copy = self.copy
        copy.AnyConst = AnyConst
        argument_check, memory_check = copy_of(ARGUMENT).ArgumentCheck, copy_of(MEMORY_CHECK).MemoryCheck
        for name in ("BootNonce", "SampleFeeder", "PredictionReplies", "Answer", "Report", "Traffic"):
            setattr(copy, name, anything(getattr(copy, name)))
        shortest = SHORTEST if bug is None else HELD
        makers = {
            "RequestReader": any_reader(copy.RequestReader),
            "HeaderCheck": any_length(copy_of(HEADER, bug).HeaderCheck),
            "Orders": any_orders(copy.Orders),
            "ArgumentCheck": any_check(argument_check, False, shortest),
            "MemoryCheck": any_check(memory_check, True, shortest),
            "MemoryOrders": self.orders.MemoryOrders,
            "Session": self.session.Session,
            "SampleLock": self.lock.SampleLock,
            "SampleFeeder": copy.SampleFeeder,
            "PredictionReplies": copy.PredictionReplies,
        }
        self.rooms = keep_rooms(copy, makers)

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        block = self.copy.Commands(GEOMETRY, HELLO, (*arguments.COMMANDS, *arguments.MEMORY_COMMANDS))
        m.submodules.block = elaborated = Elaborated(self.copy, block, self.session, self.lock, self.orders)
        in_session, in_lock = elaborated.inside_of[SESSION], elaborated.inside_of[LOCK]
        for port in ports(block, Flow.In):
            free(m, port)
        request, orders, memory = (self.rooms[name] for name in ("RequestReader", "Orders", "MemoryOrders"))
        samples, session, lock = (self.rooms[name] for name in ("SampleFeeder", "Session", "SampleLock"))
        kind, sequence, play = request.kind, request.sequence, memory.store.play
        is_hello, is_playback = kind == Command.HELLO, of_playback(kind)
        begins = memory.start & is_playback
        given = play.valid & play.ready
        fed = samples.feed & is_one_of(kind, (Command.TRAIN, Command.INFER))
        count = Mux(is_playback, play.payload.count, samples.count)
        trains = (fed & (kind == Command.TRAIN)) | (begins & play.payload.train)
        carried = fed | orders.start | begins
        changes = trains | (begins & (kind == Command.PLAY)) | (orders.start & ~orders.repeated & ~is_hello)
        elsewhere = of_memory(kind) & ~is_playback  # requests that this claim is not about
        nothing_to_do = elsewhere | (is_one_of(kind, (Command.TRAIN, Command.INFER, *PLAYBACK)) & (count == 0))

        expected, following, was_carried = follow_stream(m, self.rooms, carried, trains, count)
        number, since, was = follow_number(m, session.advance, is_hello, changes, sequence)
        due = Signal()  # a stretch has not been handed to the store
        with m.If(begins):
            m.d.sync += due.eq(1)
        with m.Elif(given):
            m.d.sync += due.eq(0)
        m.d.comb += [
            Assert(~(changes & (sequence == number)) | ~was | (since == NUMBERS)),
            # the next one and no other, once, and a number that is passed has been carried out
            Assert(~changes | (sequence == expected)),
            Assert(~carried | ~was_carried),
            Assert(~session.advance | is_hello | (sequence == expected)),
            Assert(~session.advance | is_hello | was_carried | nothing_to_do),
            # samples likewise, sent or played
            Assert(~trains | (lock.first == following)),
            Assert((in_session["expected"] == expected) & (in_lock["following"] == following)),
            # the store gets a stretch once, while its request is at work, and it is the one that was asked for
            Assert(~given | (due & is_playback & request.valid)),
            Assert(~begins | ~due),
            Assert(~request.done | ~due),
            Assert(~given | (play.payload.train == (how(kind, block) & TRAINS).any())),
            # no check is begun while one is under way
            *(Assert(~(check.start & check.under_way)) for check in self.checks),
        ]
        if self.bug is not None:
            self._hurry(m, block)
        else:
            ghost = {"expected": expected, "following": following, "was_carried": was_carried, "due": due}
            ghost |= {"number": number, "since": since, "was": was, "nothing_to_do": nothing_to_do, "elsewhere": elsewhere}
            self._add_invariants(m, elaborated, ghost, is_playback & play.payload.train)
            self._know_kinds(m, elaborated, block)
        return m

    def _hurry(self, m: Module, block: Any) -> None:
        """Where a planted bug is looked for: stretches of some arguments and nothing else, and nobody lets them wait."""
        request, replies = self.rooms["RequestReader"], self.rooms["PredictionReplies"]
        m.d.comb += [
            Assume(~request.valid | of_playback(request.kind)),
            Assume(self.rooms["HeaderCheck"].arguments == 0),
            Assume((request.left == 0) | request.payload.valid),
            Assume(replies.jobs.ready & ~replies.busy & ~block.engine.busy),
            Assume(block.store.settled & block.store.done & block.store.at_rest & block.store.play.ready),
            *(Assume(check.done == (check.under_way & (check.age == HELD))) for check in self.checks),
        ]

    @property
    def checks(self) -> list[Any]:
        return [self.rooms[name] for name in ("ArgumentCheck", "MemoryCheck")]

    def _add_invariants(self, m: Module, elaborated: Elaborated, ghost: dict[str, Any], plays_to_train: Value) -> None:
        """What the induction needs to know of the inside. A planted bug has to be found without it."""
        in_session, in_lock = elaborated.inside_of[SESSION], elaborated.inside_of[LOCK]
        request, orders, lock = (self.rooms[name] for name in ("RequestReader", "Orders", "SampleLock"))
        kind, sequence, is_hello = request.kind, request.sequence, request.kind == Command.HELLO
        expected, following, was_carried, due = (ghost[name] for name in ("expected", "following", "was_carried", "due"))
        number, since, was, nothing_to_do = (ghost[name] for name in ("number", "since", "was", "nothing_to_do"))
        fsm, reason = elaborated.fsm("fsm"), elaborated.inside["reason"]
        state = {name: fsm.state == value for name, value in fsm.encoding.items()}
        memory = elaborated.fsm("memory_orders", "fsm")
        order = {name: memory.state == value for name, value in memory.encoding.items()}
        before = state["arguments"] | state["check"] | state["labels"] | state["wait"]
        after = Cat(state[name] for name in ("feed", "order", "play", "memory order", "reply", "end")).any()
        away = (sequence - expected)[:16]
        accepted = (before | after) & (reason == 0)
        is_playback = of_playback(kind)
        m.d.comb += [
            Assert(before | after | state["header"]),
            Assert(in_session["distance"] == earlier(m, away, 1)),
            Assert(in_lock["behind"] == earlier(m, (following - lock.first)[:16], 1)),
            # where a request is, and what is known of it there
            Assert(request.valid | state["header"]),
            Assert(~(state["header"] | before) | ~was_carried),
            Assert(~(state["feed"] | state["order"] | state["play"]) | (was_carried & (reason == 0))),
            Assert(~(state["reply"] | state["end"]) | ~was_carried | (reason == 0)),
            Assert(~(state["arguments"] | state["check"] | state["labels"]) | (reason == 0)),
            Assert(~accepted | is_hello | (away == 0) | away[8:].all()),
            Assert(orders.running == state["order"]),
            Assert(~state["reply"] | (reason != 0) | was_carried | ghost["elsewhere"]),
            Assert(~state["end"] | (reason != 0) | was_carried | nothing_to_do | (away != 0)),
            # checks are at work while they are waited for
            *(Assert(~check.under_way | (state["check"] & check.own(kind))) for check in self.checks),
            *(Assert(~check.done | held_still(m, check)) for check in self.checks),
            # samples that will be trained on have been found to be the next ones
            Assert(
                ~((state["labels"] | state["wait"]) & (reason == 0) & ((kind == Command.TRAIN) | plays_to_train))
                | (away != 0)
                | (lock.first == following)
            ),
            # a stretch is due while the orders ask for it
            Assert(due == order["play"]),
            Assert(~due | state["play"]),
            Assert(~state["play"] | (is_playback & (order["play"] | order["done"]))),
            Assert(state["play"] | state["memory order"] | order["idle"]),
            Assert(~state["memory order"] | (of_memory(kind) & ~is_playback & ~was_carried & (reason == 0))),
            # the fate of the one number
            Assert(~was | (since == NUMBERS) | ((expected - number)[:16] == since)),
            Assert(~was | (since != 0) | (was_carried & ~is_hello & (sequence == number))),
            Assert(since <= NUMBERS),
        ]

    def _know_kinds(self, m: Module, elaborated: Elaborated, block: Any) -> None:
        """What sort of request it is is that of a cycle ago, and that of now when it may be carried out."""
        kind, repeated, count = (
            self.rooms["RequestReader"].kind,
            self.rooms["Session"].repeated,
            self.rooms["SampleFeeder"].count,
        )
        counts = {command: arguments_of(command, block.arguments).count for command in PLAYBACK}
        trains = (how(kind, block) & TRAINS).any()
        plays = (kind == Command.PLAY) & (counts[Command.PLAY] != 0) & ~repeated
        plays |= (kind == Command.RECITE) & (counts[Command.RECITE] != 0) & ~(repeated & trains)
        feeds = is_one_of(kind, (Command.TRAIN, Command.INFER)) & (count != 0) & ~(repeated & (kind == Command.TRAIN))
        now = Cat(feeds, plays, of_playback(kind) & trains, of_memory(kind))
        told = Cat(block.feeds, block.plays, earlier(m, of_playback(kind), 1) & block.trains, block.of_memory)
        fsm = elaborated.fsm("fsm")
        begins = Cat(fsm.state == fsm.encoding[name] for name in ("labels", "wait")).any() & (elaborated.inside["reason"] == 0)
        m.d.comb += [Assert(told == earlier(m, now, 1)), Assert(~begins | (told == now))]


def held_still(m: Module, check: Any) -> Value:
    """What a check looks at has been the same for as long as it has to be."""
    seen = Cat(check.kind, check.arguments, check.repeated, check.fits, check.kept)
    return Cat(seen == earlier(m, seen, cycles + 1) for cycles in range(HELD)).all()


def how(kind: Value, block: Any) -> Value:
    """Of a stretch, as its request tells it."""
    play, recite = (arguments_of(command, block.arguments).how for command in PLAYBACK)
    return Mux(kind == Command.PLAY, play, recite)


CLAIMS = (
    Claim(
        name="once-played",
        about="with a sample memory: no sample is trained twice or left out, sent or played; a stretch is handed over once",
        harness=PlaybackHarness,
        depth=6,
        bug_depth=34,
        bugs=(
            Bug(COMMANDS, "(play.count != 0) & ~repeated", "(play.count != 0)"),
            Bug(COMMANDS, "(recite.count != 0) & ~(repeated &", "(recite.count != 0) & ~(0 &"),
            Bug(COMMANDS, "lock.taken.eq(self.", "lock.taken.eq(0 & self."),
            Bug(COMMANDS, "lock.count.eq(arguments_of(command, arguments).count)", "lock.count.eq(1)"),
            Bug(COMMANDS, "m.d.sync += reason.eq(found)", "pass"),
            Bug(MEMORY_ORDERS, "with m.If(self.store.play.ready):", "with m.If(self.store.play.ready & self.kind[0]):"),
            Bug(SESSION, "self.following.eq(distance == 0)", "self.following.eq(distance[1:] == 0)"),
            Bug(LOCK, "following.eq(following + self.count)", "following.eq(following + 1)"),
        ),
    ),
)
