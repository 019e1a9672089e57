"""The command processor: requests in, engine streams in the middle, replies out, in the order of the requests."""

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from amaranth.utils import exact_log2

from hw.engine_ports import EnginePorts
from hw.link.answer import Answer
from hw.link.argument_check import ArgumentCheck
from hw.link.arguments import COMMANDS, MEMORY_COMMANDS, CommandSet, arguments_of, is_one_of, most_arguments
from hw.link.boot_nonce import BootNonce
from hw.link.frame_layouts import LAST_BYTE, REPLY_HEADER
from hw.link.header_check import REASON_BITS, HeaderCheck
from hw.link.memory_check import MemoryCheck
from hw.link.memory_orders import MemoryOrders
from hw.link.orders import Orders
from hw.link.predictions import PredictionReplies
from hw.link.report import Report
from hw.link.request import RequestReader
from hw.link.sample_lock import SampleLock
from hw.link.samples import SampleFeeder
from hw.link.session import Session
from hw.link.traffic import Traffic
from hw.store.sample_store import StoreControl
from sw.contract.commands import Command
from sw.contract.frames import Hello, Reason
from sw.contract.geometry import Geometry
from sw.contract.sample_memory import ALIGNMENT, LABEL, TRAINS


class Commands(Component):
    """Carries out one request after the other; checks all of it before anything is changed.

    A request is refused with an ERROR reply, its payload thrown away. All but TRAIN and INFER wait until every
    prediction is out and the engine at rest; so does the first of these after another command. From one TRAIN or
    INFER to the next the engine is not waited for: the header is read (10 cycles), checked (13), the labels stored
    (2 · count) while the engine computes the samples that it still has, and samples follow.

    A request is carried out once (`hw.link.session`): one that is repeated is checked and answered like any other, but what
    would change the board is left out. A request that is refused leaves the number that is expected as it is.

    Parameters
    ----------
    geometry : for the ranges of rows and columns
    hello : what HELLO tells, without the nonce
    commands : those that the board knows; with MEMORY it has a sample memory

    Members
    -------
    frames : `LAST_BYTE` of whole requests
    reply, reply_payload : for the transmitter
    engine : `EnginePorts`, but for `bad_frame`
    entropy, nonce : see `BootNonce`
    store : of a board with a sample memory
    """

    def __init__(self, geometry: Geometry, hello: Hello, commands: CommandSet = COMMANDS) -> None:
        self.geometry, self.hello, self.commands = geometry, hello, commands
        self.has_memory = Command.MEMORY in commands
        members = {"store": Out(StoreControl())} if self.has_memory else {}
        super().__init__(
            members
            | {
                "frames": In(stream.Signature(LAST_BYTE)),
                "reply": Out(stream.Signature(REPLY_HEADER)),
                "reply_payload": Out(stream.Signature(8)),
                "engine": Out(EnginePorts(geometry)),
                "entropy": In(32),
                "nonce": Out(32),
            }
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        self._add_rooms(m)
        self.arguments = arguments = Signal(8 * most_arguments(self.commands))
        reason = Signal(REASON_BITS)
        self._connect_checks(m, arguments)
        self._connect_samples(m, arguments)
        self._connect_orders(m, arguments)
        self._connect_replies(m, arguments, reason)
        self._tell_kinds(m, arguments)
        if self.has_memory:
            self._connect_memory(m, arguments)
        with m.FSM():
            self._read_request(m, arguments, reason)
            self._carry_out(m, reason)
        return m

    def _add_rooms(self, m: Module) -> None:
        m.submodules.request_reader = request = RequestReader()
        m.submodules.boot_nonce = BootNonce()
        m.submodules.session = Session()
        m.submodules.sample_lock = SampleLock(16 if self.has_memory else 8)
        m.submodules.header_check = HeaderCheck(self.commands)
        without_memory = [command for command in self.commands if not command.spec.needs_memory]
        m.submodules.argument_check = ArgumentCheck(self.geometry, without_memory)
        m.submodules.samples = SampleFeeder(self.geometry)
        m.submodules.predictions = PredictionReplies(self.geometry)
        m.submodules.orders = Orders(without_memory)
        m.submodules.answer = Answer(self.commands)
        m.submodules.report = Report(self.hello, self.commands)
        if self.has_memory:
            m.submodules.memory_check = MemoryCheck(self.geometry)
            m.submodules.memory_orders = MemoryOrders()
            m.submodules.traffic = Traffic()
        connect(m, flipped(self.frames), request.frames)

    def _connect_checks(self, m: Module, arguments: Value) -> None:
        """What is checked, and against what: the board's nonce, the session, the network, the next sample."""
        request, orders, session, lock = (m.submodules[name] for name in ("request_reader", "orders", "session", "sample_lock"))
        nonce, header, argument = (m.submodules[name] for name in ("boot_nonce", "header_check", "argument_check"))
        m.d.comb += [
            nonce.entropy.eq(self.entropy),
            nonce.capture.eq(orders.hello),
            nonce.forget.eq(orders.reset),
            self.nonce.eq(nonce.nonce),
            request.nonce.eq(nonce.nonce),
            session.sequence.eq(request.sequence),
            header.kind.eq(request.kind),
            header.length.eq(request.left),
            header.other_version.eq(request.other_version),
            header.other_nonce.eq(request.other_nonce),
            header.known.eq(nonce.known),
            header.following.eq(session.following),
            header.repeated.eq(session.repeated),
            header.configured.eq(self.engine.configured),
            argument.kind.eq(request.kind),
            argument.left.eq(request.left),
            argument.arguments.eq(arguments[len(arguments) - len(argument.arguments) :]),
            argument.row.eq(orders.row.payload.row),
            argument.columns.eq(orders.row.payload.count),
            argument.network.eq(self.engine.network),
            argument.repeated.eq(session.repeated),
            argument.fits.eq(lock.fits),
            argument.kept.eq(lock.kept),
        ]

    def _connect_samples(self, m: Module, arguments: Value) -> None:
        """TRAIN and INFER: samples to the engine, and the replies that are due for them."""
        engine, request, session, orders = self.engine, m.submodules.request_reader, m.submodules.session, m.submodules.orders
        samples, predictions, lock = m.submodules.samples, m.submodules.predictions, m.submodules.sample_lock
        connect(m, samples.sample, flipped(engine.sample))
        connect(m, samples.pixels, flipped(engine.pixels))
        connect(m, flipped(engine.prediction), predictions.prediction)
        job, train = predictions.jobs.payload, arguments_of(Command.TRAIN, arguments)
        m.d.comb += [
            lock.first.eq(train.first),
            lock.count.eq(train.count),
            samples.train.eq(request.kind == Command.TRAIN),
            lock.restart.eq(orders.configuration.valid),
            lock.write.valid.eq(orders.state_write.valid),
            lock.write.payload.eq(orders.state_write.payload),
            samples.count.eq(train.count),  # the last argument of INFER too
            samples.last_byte.eq(engine.network.last_pixel >> 3),
            samples.classes.eq(engine.network.classes),
            samples.payload.payload.eq(request.payload.payload),
            job.train.eq(request.kind == Command.TRAIN),
            job.sequence.eq(request.sequence),
            job.count.eq(train.count),
            job.repeated.eq(session.repeated & (request.kind == Command.TRAIN)),
            job.place.eq(train.first),
        ]

    def _connect_memory(self, m: Module, arguments: Value) -> None:
        """What only a board with a sample memory has: checks and orders of its own, and what it tells."""
        engine, store, request, session = self.engine, self.store, m.submodules.request_reader, m.submodules.session
        check, memory, lock, job = (
            m.submodules[name] for name in ("memory_check", "memory_orders", "sample_lock", "predictions")
        )
        report, traffic = m.submodules.report, m.submodules.traffic
        orders, answer, samples = m.submodules.orders, m.submodules.answer, m.submodules.samples
        own = arguments[len(arguments) - len(memory.arguments) :]
        connect(m, memory.store, flipped(store))
        for room in (check, memory):
            m.d.comb += [
                room.kind.eq(request.kind),
                room.left.eq(request.left),
                room.arguments.eq(own),
                room.repeated.eq(session.repeated),
            ]
        for command in (Command.PLAY, Command.RECITE):
            with m.If(request.kind == command):
                m.d.comb += [
                    lock.first.eq(arguments_of(command, arguments).first),
                    lock.count.eq(arguments_of(command, arguments).count),
                    job.jobs.payload.place.eq(lock.first),
                    job.jobs.payload.train.eq(self.trains & (command == Command.RECITE)),
                ]
        is_play = request.kind == Command.PLAY
        with m.If(is_play):
            m.d.comb += job.jobs.payload.count.eq(0)
        with m.If(request.kind == Command.STORE):
            m.d.comb += samples.train.eq(1)  # its samples have labels
        with m.If(is_play | (request.kind == Command.RECITE)):
            m.d.comb += job.jobs.payload.repeated.eq(~self.plays)
        m.d.sync += m.submodules.header_check.absent.eq(store.done & (store.bursts == 0))
        m.d.comb += [
            job.jobs.payload.plays.eq(is_play),
            job.jobs.payload.recites.eq(request.kind == Command.RECITE),
            job.over.eq(store.over),
            memory.store.release.eq(job.release),
            m.submodules.argument_check.damaged.eq(store.broken),
            check.last_pixel.eq(engine.network.last_pixel),
            check.fits.eq(lock.fits),
            check.kept.eq(lock.kept),
            check.records.eq(memory.records),
            check.size.eq(store.rehearsal.size),
            check.bursts.eq(store.bursts),
            check.permutation.eq(memory.permutation),
            check.damaged.eq(store.broken),
            memory.payload.payload.eq(request.payload.payload),
            memory.clear.eq(orders.configuration.valid | orders.reset),
            memory.mend.eq(orders.state_write.valid),
            traffic.events.eq(store.events),
            traffic.word_bytes.eq(store.word_bytes),
            traffic.clear.eq(memory.clear),
            report.sample_memory.eq(store.bursts << exact_log2(ALIGNMENT)),
            report.played.eq(Cat(store.played, store.correct)),
            report.rehearsal.eq(store.rehearsal),
            report.memory.eq(
                Cat(memory.records, store.failures, store.failed_slot, store.played, store.correct, traffic.counts)
            ),
            answer.record_bytes.eq((engine.network.last_pixel >> 3) + 1 + LABEL.size),
        ]
        connect(m, memory.recalled, answer.record)

    def _connect_orders(self, m: Module, arguments: Value) -> None:
        """Everything else, to an engine at rest."""
        engine, request, session, orders = self.engine, m.submodules.request_reader, m.submodules.session, m.submodules.orders
        for name in ("configuration", "table", "row", "row_write", "prng_write", "state_write"):
            connect(m, getattr(orders, name), flipped(getattr(engine, name)))
        m.d.comb += [
            orders.kind.eq(request.kind),
            orders.left.eq(request.left),
            orders.repeated.eq(session.repeated),
            orders.arguments.eq(arguments[len(arguments) - len(orders.arguments) :]),
            orders.payload.payload.eq(request.payload.payload),
            engine.reset.eq(orders.reset),
        ]

    def _connect_replies(self, m: Module, arguments: Value, reason: Signal) -> None:
        """One reply after the other: those to samples, whose end is a report, or the answer to something else."""
        engine, request = self.engine, m.submodules.request_reader
        predictions, answer, report = m.submodules.predictions, m.submodules.answer, m.submodules.report
        connect(m, flipped(engine.row_read), answer.row)
        m.d.comb += [
            answer.kind.eq(request.kind),
            answer.sequence.eq(request.sequence),
            answer.reason.eq(reason),
            answer.count.eq(arguments_of(Command.READ, arguments).count),
            report.kind.eq(request.kind),
            report.nonce.eq(self.nonce),
            report.progress.eq(predictions.tells),
            report.start.eq(~predictions.tells & (~answer.send | (reason != 0))),
            engine.report_read.eq(report.read),
            engine.report_address.eq(report.address),
            report.word.eq(engine.report_word),
        ]
        with m.If(predictions.busy):
            connect(m, predictions.header, flipped(self.reply))
            connect(m, predictions.payload, flipped(self.reply_payload))
            connect(m, report.bytes, predictions.progress)
        with m.Else():
            connect(m, answer.header, flipped(self.reply))
            connect(m, answer.payload, flipped(self.reply_payload))
            connect(m, report.bytes, answer.report)

    def _read_request(self, m: Module, arguments: Value, reason: Signal) -> None:
        """States up to the one in which it is known whether the request is refused."""
        request, nonce, samples = m.submodules.request_reader, m.submodules.boot_nonce, m.submodules.samples
        header_check, argument_check = m.submodules.header_check, m.submodules.argument_check
        payload = request.payload
        gotten = Signal.like(header_check.arguments)  # bytes of the arguments
        wanted = Signal.like(header_check.arguments)
        # what of the arguments is kept: of all but the newest byte the complement, which is subtracted (`hw.complement`)
        earlier = Signal(len(arguments) - 8, reset_less=True)
        newest = Signal(8, reset_less=True)
        m.d.comb += arguments.eq(Cat(~earlier, newest))
        with m.State("header"):
            m.d.comb += nonce.rest.eq(~request.valid)
            m.d.sync += [reason.eq(header_check.reason), gotten.eq(0), wanted.eq(header_check.arguments)]
            with m.If(request.valid):
                m.next = "arguments"
                with m.If(header_check.reason != 0):
                    m.next = "wait"
        with m.State("arguments"):
            settled = self.store.settled if self.has_memory else C(1)  # it is known whether a record was damaged
            with m.If(gotten == wanted):
                with m.If(settled):
                    m.d.comb += argument_check.start.eq(1)
                    if self.has_memory:
                        m.d.comb += m.submodules.memory_check.start.eq(1)
                    m.next = "check"
            with m.Else():
                m.d.comb += payload.ready.eq(1)
                with m.If(payload.valid):
                    m.d.sync += [earlier.eq(Cat(earlier[8:], ~newest)), newest.eq(payload.payload), gotten.eq(gotten + 1)]
        with m.State("check"):
            checked, found = argument_check.done, argument_check.reason
            has_labels = (request.kind == Command.TRAIN) & self.feeds
            if self.has_memory:
                check = m.submodules.memory_check
                checked = Mux(self.of_memory, check.done, checked)
                found = Mux(self.of_memory, check.reason, found)
                has_labels |= (request.kind == Command.STORE) & ~m.submodules.session.repeated & (samples.count != 0)
            with m.If(checked):
                m.d.sync += reason.eq(found)
                m.next = "wait"
                with m.If((found == 0) & has_labels):
                    m.d.comb += samples.read_labels.eq(1)
                    m.next = "labels"
        with m.State("labels"):
            m.d.comb += [samples.payload.valid.eq(payload.valid), payload.ready.eq(samples.payload.ready)]
            with m.If(samples.labels_done):
                m.d.sync += reason.eq(Mux(samples.label_wrong, Reason.RANGE, 0))
                m.next = "wait"

    def _carry_out(self, m: Module, reason: Signal) -> None:
        """States from then on; all of them lead to "end", in which the request is done."""
        lock = m.submodules.sample_lock
        samples, predictions, orders = m.submodules.samples, m.submodules.predictions, m.submodules.orders
        feeds, is_stream = self.feeds, self.is_stream
        streaming = Signal()  # the last request carried out was a stream
        at_rest = Signal()  # a cycle ago: what the last request began is under way long before the next one's header is read
        m.d.sync += at_rest.eq(~predictions.busy & ~self.engine.busy & self._memory_rests())
        with m.State("wait"):
            with m.If(reason != 0):
                with m.If(~predictions.busy):
                    m.next = "reply"
            with m.Elif(feeds & (streaming | at_rest)):
                m.d.comb += predictions.jobs.valid.eq(1)
                with m.If(predictions.jobs.ready):
                    m.d.sync += streaming.eq(1)
                    m.d.comb += [samples.feed.eq(1), lock.taken.eq(samples.train)]
                    m.next = "feed"
            if self.has_memory:
                with m.Elif(self.plays & (streaming | at_rest)):
                    m.d.comb += predictions.jobs.valid.eq(1)
                    with m.If(predictions.jobs.ready):
                        m.d.sync += streaming.eq(1)
                        m.d.comb += [m.submodules.memory_orders.start.eq(1), lock.taken.eq(self.trains)]
                        m.next = "play"
                feeds |= self.plays
            with m.Elif(~feeds & at_rest):
                m.d.sync += streaming.eq(0)
                m.d.comb += [predictions.jobs.valid.eq(is_stream), orders.start.eq(~is_stream & ~self.of_memory)]
                m.next = "order"
                if self.has_memory:
                    with m.If(self.of_memory):
                        m.d.comb += m.submodules.memory_orders.start.eq(~is_stream)
                        m.next = "memory order"
                with m.If(is_stream):
                    m.next = "end"
        if self.has_memory:
            self._carry_out_memory(m, reason)
        self._follow(m, reason)

    def _follow(self, m: Module, reason: Signal) -> None:
        """States in which a request is under way."""
        request, session = m.submodules.request_reader, m.submodules.session
        samples, orders, answer, payload = m.submodules.samples, m.submodules.orders, m.submodules.answer, request.payload
        begins_session = is_one_of(request.kind, (command for command in self.commands if not command.spec.in_session))
        with m.State("feed"):
            m.d.comb += [samples.payload.valid.eq(payload.valid), payload.ready.eq(samples.payload.ready)]
            with m.If(samples.fed):
                m.next = "end"
        with m.State("order"):
            m.d.comb += [orders.payload.valid.eq(payload.valid), payload.ready.eq(orders.payload.ready)]
            with m.If(orders.done):
                m.next = "reply"
        with m.State("reply"):
            m.d.comb += answer.send.eq(1)
            with m.If(answer.header.ready):
                m.next = "end"
        with m.State("end"):
            m.d.comb += request.done.eq(1)
            m.d.comb += session.advance.eq((reason == 0) & (session.following | begins_session))
            m.next = "header"

    def _carry_out_memory(self, m: Module, reason: Signal) -> None:
        """States of requests that concern the sample memory."""
        samples, memory, payload = m.submodules.samples, m.submodules.memory_orders, m.submodules.request_reader.payload
        with m.State("play"):
            with m.If(memory.done):
                m.next = "end"
        with m.State("memory order"):
            m.d.comb += samples.feed.eq(memory.feed)
            with m.If(memory.stores):
                m.d.comb += [samples.payload.valid.eq(payload.valid), payload.ready.eq(samples.payload.ready)]
            with m.Else():
                m.d.comb += [memory.payload.valid.eq(payload.valid), payload.ready.eq(memory.payload.ready)]
            with m.If(memory.done):
                m.d.sync += reason.eq(memory.refusal)
                m.next = "reply"

    def _memory_rests(self) -> Value:
        """Nothing is under way in the sample memory, and it is known how large it is."""
        return self.store.at_rest & self.store.done if self.has_memory else C(1)

    def _tell_kinds(self, m: Module, arguments: Value) -> None:
        """What sort of request it is, registered: a cycle after its arguments, long before they are checked.

        feeds : it gives the engine samples of the wire: not without any, and not those of a TRAIN that is repeated
        plays : it gives the engine records, likewise
        trains : a stretch of records is to be trained on
        """
        kind, repeated = m.submodules.request_reader.kind, m.submodules.session.repeated
        self.is_stream, self.of_memory, self.feeds, self.plays, self.trains = (Signal() for _ in range(5))
        of_wire = is_one_of(kind, (command for command in COMMANDS if command.spec.streams))
        repeated_train = repeated & (kind == Command.TRAIN)
        m.d.sync += [
            self.is_stream.eq(is_one_of(kind, (command for command in self.commands if command.spec.streams))),
            self.feeds.eq(of_wire & ~repeated_train & (m.submodules.samples.count != 0)),
        ]
        if self.has_memory:
            play, recite = (arguments_of(command, arguments) for command in (Command.PLAY, Command.RECITE))
            is_play, is_recital = kind == Command.PLAY, kind == Command.RECITE
            trains = (Mux(is_recital, recite.how, play.how) & TRAINS).any()
            m.d.sync += [
                self.of_memory.eq(is_one_of(kind, MEMORY_COMMANDS)),
                self.trains.eq(trains),
                self.plays.eq(
                    (is_play & (play.count != 0) & ~repeated) | (is_recital & (recite.count != 0) & ~(repeated & trains))
                ),
            ]
