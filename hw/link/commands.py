"""The command processor: requests in, engine streams in the middle, replies out, in the order of the requests."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.engine_ports import EnginePorts
from hw.link.answer import Answer
from hw.link.argument_check import ArgumentCheck
from hw.link.arguments import COMMANDS, CommandSet, arguments_of, is_one_of, most_arguments
from hw.link.boot_nonce import BootNonce
from hw.link.frame_layouts import LAST_BYTE, REPLY_HEADER
from hw.link.header_check import REASON_BITS, HeaderCheck
from hw.link.orders import Orders
from hw.link.predictions import PredictionReplies
from hw.link.report import Report
from hw.link.request import RequestReader
from hw.link.sample_lock import SampleLock
from hw.link.samples import SampleFeeder
from hw.link.session import Session
from sw.contract.commands import Command
from sw.contract.frames import Hello, Reason
from sw.contract.geometry import Geometry


class Commands(Component):
    """Carries out one request after the other; checks all of it before anything is changed.

    A request is refused with an ERROR reply, its payload thrown away. All but TRAIN and INFER wait until every
    prediction is out and the engine at rest; so does the first of these after another command. From one TRAIN or
    INFER to the next the engine is not waited for: the header is read (10 cycles), checked (12), the labels stored
    (2 · count) while the engine computes the samples that it still has, and samples follow.

    A request is carried out once (`hw.link.session`): one that is repeated is checked and answered like any other, but what
    would change the board is left out. A request that is refused leaves the number that is expected as it is.

    Parameters
    ----------
    geometry : for the ranges of rows and columns
    hello : what HELLO tells, without the nonce
    commands : those that the board knows

    Members
    -------
    frames : `LAST_BYTE` of whole requests
    reply, reply_payload : for the transmitter
    engine : `EnginePorts`, but for `bad_frame`
    entropy, nonce : see `BootNonce`
    """

    def __init__(self, geometry: Geometry, hello: Hello, commands: CommandSet = COMMANDS) -> None:
        self.geometry, self.hello, self.commands = geometry, hello, commands
        super().__init__(
            {
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
        engine = self.engine
        m.submodules.request_reader = request = RequestReader()
        m.submodules.boot_nonce = nonce = BootNonce()
        m.submodules.session = session = Session()
        m.submodules.sample_lock = lock = SampleLock()
        m.submodules.header_check = header_check = HeaderCheck(self.commands)
        m.submodules.argument_check = argument_check = ArgumentCheck(self.geometry, self.commands)
        m.submodules.samples = samples = SampleFeeder(self.geometry)
        m.submodules.predictions = predictions = PredictionReplies()
        m.submodules.orders = orders = Orders(self.commands)
        m.submodules.answer = answer = Answer(self.commands)
        m.submodules.report = report = Report(self.hello, self.commands)
        connect(m, flipped(self.frames), request.frames)
        for source, names in (
            (samples, ("sample", "pixels")),
            (orders, ("configuration", "table", "row", "row_write", "prng_write", "state_write")),
        ):
            for name in names:
                connect(m, getattr(source, name), flipped(getattr(engine, name)))
        connect(m, flipped(engine.prediction), predictions.prediction)
        connect(m, flipped(engine.row_read), answer.row)

        kind, left, payload = request.kind, request.left, request.payload
        most = most_arguments(self.commands)
        arguments = Signal(8 * most)
        taken, wanted = Signal(range(most + 1)), Signal(range(most + 1))  # bytes of them
        reason = Signal(REASON_BITS)
        streaming = Signal()  # the last request carried out was TRAIN or INFER
        # what of the arguments is kept: of all but the newest byte the complement, which is subtracted (`hw.complement`)
        earlier, newest = Signal(8 * most - 8, reset_less=True), Signal(8, reset_less=True)
        m.d.comb += arguments.eq(Cat(~earlier, newest))
        is_stream = is_one_of(kind, (command for command in self.commands if command.spec.is_stream))
        begins_session = is_one_of(kind, (command for command in self.commands if not command.spec.in_session))
        train = arguments_of(Command.TRAIN, arguments)
        count = train.count  # the last argument of INFER too
        repeated_train = session.repeated & (kind == Command.TRAIN)
        m.d.comb += [
            nonce.entropy.eq(self.entropy),
            self.nonce.eq(nonce.nonce),
            request.nonce.eq(nonce.nonce),
            header_check.kind.eq(kind),
            header_check.length.eq(left),
            header_check.other_version.eq(request.other_version),
            header_check.other_nonce.eq(request.other_nonce),
            header_check.known.eq(nonce.known),
            session.sequence.eq(request.sequence),
            header_check.following.eq(session.following),
            header_check.repeated.eq(session.repeated),
            header_check.configured.eq(engine.configured),
            argument_check.kind.eq(kind),
            argument_check.left.eq(left),
            argument_check.arguments.eq(arguments),
            argument_check.row.eq(orders.row.payload.row),
            argument_check.columns.eq(orders.row.payload.count),
            argument_check.network.eq(engine.network),
            argument_check.repeated.eq(session.repeated),
            argument_check.fits.eq(lock.fits),
            argument_check.kept.eq(lock.kept),
            lock.first.eq(train.first),
            lock.count.eq(count),
            lock.restart.eq(orders.configuration.valid),
            lock.write.valid.eq(orders.state_write.valid),
            lock.write.payload.eq(orders.state_write.payload),
            samples.count.eq(count),
            samples.train.eq(kind == Command.TRAIN),
            samples.last_byte.eq(engine.network.last_pixel >> 3),
            samples.classes.eq(engine.network.classes),
            samples.payload.payload.eq(payload.payload),
            predictions.jobs.payload.train.eq(kind == Command.TRAIN),
            predictions.jobs.payload.sequence.eq(request.sequence),
            predictions.jobs.payload.count.eq(count),
            predictions.jobs.payload.repeated.eq(repeated_train),
            predictions.jobs.payload.place.eq(train.first),
            answer.kind.eq(kind),
            answer.sequence.eq(request.sequence),
            answer.reason.eq(reason),
            report.kind.eq(kind),
            report.nonce.eq(nonce.nonce),
            report.progress.eq(predictions.tells),
            report.start.eq(~predictions.tells & (~answer.send | (reason != 0))),
            engine.report_read.eq(report.read),
            engine.report_address.eq(report.address),
            report.word.eq(engine.report_word),
            answer.count.eq(arguments_of(Command.READ, arguments).count),
            orders.kind.eq(kind),
            orders.left.eq(left),
            orders.repeated.eq(session.repeated),
            orders.arguments.eq(arguments),
            orders.payload.payload.eq(payload.payload),
            engine.reset.eq(orders.reset),
            nonce.capture.eq(orders.hello),
            nonce.forget.eq(orders.reset),
        ]
        with m.If(predictions.busy):
            connect(m, predictions.header, flipped(self.reply))
            connect(m, predictions.payload, flipped(self.reply_payload))
            connect(m, report.bytes, predictions.progress)
        with m.Else():
            connect(m, answer.header, flipped(self.reply))
            connect(m, answer.payload, flipped(self.reply_payload))
            connect(m, report.bytes, answer.report)

        feeds = is_stream & ~repeated_train & (samples.count != 0)
        at_rest = Signal()  # a cycle ago: what the last request began is under way long before the next one's header is read
        m.d.sync += at_rest.eq(~predictions.busy & ~engine.busy)
        with m.FSM():
            with m.State("header"):
                m.d.comb += nonce.rest.eq(~request.valid)
                m.d.sync += [reason.eq(header_check.reason), taken.eq(0), wanted.eq(header_check.arguments)]
                with m.If(request.valid):
                    m.next = "arguments"
                    with m.If(header_check.reason != 0):
                        m.next = "wait"
            with m.State("arguments"):
                with m.If(taken == wanted):
                    m.d.comb += argument_check.start.eq(1)
                    m.next = "check"
                with m.Else():
                    m.d.comb += payload.ready.eq(1)
                    with m.If(payload.valid):
                        m.d.sync += [earlier.eq(Cat(earlier[8:], ~newest)), newest.eq(payload.payload), taken.eq(taken + 1)]
            with m.State("check"):
                with m.If(argument_check.done):
                    m.d.sync += reason.eq(argument_check.reason)
                    m.next = "wait"
                    with m.If((argument_check.reason == 0) & (kind == Command.TRAIN) & feeds):
                        m.d.comb += samples.read_labels.eq(1)
                        m.next = "labels"
            with m.State("labels"):
                m.d.comb += [samples.payload.valid.eq(payload.valid), payload.ready.eq(samples.payload.ready)]
                with m.If(samples.labels_done):
                    m.d.sync += reason.eq(Mux(samples.label_wrong, Reason.RANGE, 0))
                    m.next = "wait"

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
                with m.Elif(~feeds & at_rest):
                    m.d.sync += streaming.eq(0)
                    m.d.comb += [predictions.jobs.valid.eq(is_stream), orders.start.eq(~is_stream)]
                    m.next = "order"
                    with m.If(is_stream):
                        m.next = "end"
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
        return m
