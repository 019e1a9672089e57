"""The engine: the array and everything around it that computes and learns. It only connects."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, connect, flipped

from hw.array.array import SynapseArray
from hw.configuration import Configuration
from hw.engine_ports import EnginePorts
from hw.engine_report import EngineReport
from hw.forward.classify import Classify
from hw.forward.fold_sum import FoldSum
from hw.forward.normalise import Normalise
from hw.group_buffer import GroupBuffer
from hw.input_buffer import InputBuffer
from hw.issue import Issue
from hw.learning.draw import Draw
from hw.learning.errors import Errors
from hw.learning.learner import Learner
from hw.learning.reread import Reread
from hw.row_access import RowAccess
from hw.sequencer import Sequencer
from sw.contract.geometry import Geometry


class Engine(wiring.Component):
    """The learning machine behind the link (`hw.engine_ports.EnginePorts`, flipped)."""

    def __init__(self, geometry: Geometry, *, cell_instances: bool = False) -> None:
        super().__init__({"link": In(EnginePorts(geometry))})
        self.configuration = Configuration(geometry)
        self.report = EngineReport()
        self.input_buffer = InputBuffer(geometry) if geometry.group == 1 else GroupBuffer(geometry)
        self.rows = RowAccess(geometry)
        self.sequencer = Sequencer(geometry)
        self.learner = Learner(geometry)
        self.reread = None if geometry.group == 1 else Reread(geometry)
        self.token_rooms = [self.learner, self.sequencer, self.input_buffer, self.rows]
        if self.reread is not None:
            self.token_rooms.insert(0, self.reread)
        self.issue = Issue(geometry, sources=len(self.token_rooms))
        self.array = SynapseArray(geometry, instances=cell_instances)
        self.fold_sum = FoldSum(geometry)
        self.normalise = Normalise(geometry)
        self.classify = Classify(geometry)
        self.errors = Errors(geometry)
        self.draw = Draw(geometry)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self._add_rooms(m)
        self._configure(m)
        self._carry_samples(m)
        self._carry_rows(m)
        self._carry_tokens(m)
        self._compute(m)
        self._learn(m)
        if self.reread is not None:
            self._serve_groups(m, self.reread)
        self._report(m)
        return m

    def _add_rooms(self, m: Module) -> None:
        m.submodules.configuration = self.configuration
        m.submodules.report = self.report
        m.submodules.input_buffer = self.input_buffer
        m.submodules.rows = self.rows
        m.submodules.sequencer = self.sequencer
        m.submodules.learner = self.learner
        m.submodules.issue = self.issue
        m.submodules.array = self.array
        m.submodules.fold_sum = self.fold_sum
        m.submodules.normalise = self.normalise
        m.submodules.classify = self.classify
        m.submodules.errors = self.errors
        m.submodules.draw = self.draw

    def _configure(self, m: Module) -> None:
        """The link's bytes become registers and tables; the sequencer asks for those of one layer at a time."""
        link, configuration, sequencer = flipped(self.link), self.configuration, self.sequencer
        connect(m, link.configuration, configuration.source)
        for taken in (self.draw.table, self.normalise.table):  # both always take what comes
            m.d.comb += [taken.valid.eq(link.table.valid), taken.payload.eq(link.table.payload)]
        m.d.comb += link.table.ready.eq(1)
        m.d.comb += [
            configuration.reset.eq(link.reset),
            configuration.select.eq(sequencer.select),
            configuration.index.eq(sequencer.next_index),
            sequencer.network.eq(configuration.network),
            sequencer.layer.eq(configuration.layer),
            sequencer.settled.eq(configuration.settled),
            link.configured.eq(configuration.configured),
            link.network.eq(configuration.network),
        ]

    def _carry_samples(self, m: Module) -> None:
        """Pixels and labels in, predictions out."""
        link, input_buffer, sequencer = flipped(self.link), self.input_buffer, self.sequencer
        connect(m, link.sample, input_buffer.samples)
        connect(m, link.pixels, input_buffer.pixels)
        connect(m, input_buffer.staged, sequencer.staged)
        connect(m, sequencer.predictions, link.prediction)
        m.d.comb += [
            input_buffer.last_pixel.eq(self.configuration.network.last_pixel),
            input_buffer.clear.eq(self.configuration.loaded),
            input_buffer.learning.eq(self.learner.reads_pixels),
            input_buffer.learning_set.eq(self.learner.pixel_set),
            sequencer.starving.eq(input_buffer.receiving),
        ]

    def _carry_rows(self, m: Module) -> None:
        """Hidden weights in and out."""
        link, rows = flipped(self.link), self.rows
        connect(m, link.row, rows.request)
        connect(m, link.row_write, rows.written)
        connect(m, rows.values, link.row_read)

    def _carry_tokens(self, m: Module) -> None:
        """The learner's first, then those of the sample at work, of the next one, of rows; and what comes out of the array."""
        for room, taken in zip(self.token_rooms, self.issue.source, strict=True):
            connect(m, room.tokens, taken)
        m.d.comb += self.array.token.eq(self.issue.token)
        for room in (self.fold_sum, self.errors, self.rows):
            m.d.comb += room.result.eq(self.array.result)

    def _compute(self, m: Module) -> None:
        """Sums of rows become activations, or the prediction."""
        connect(m, self.fold_sum.row, self.normalise.row, self.classify.row)
        connect(m, self.sequencer.normalise, self.normalise.control)
        connect(m, self.sequencer.classify, self.classify.control)

    def _learn(self, m: Module) -> None:
        """Errors become draws, and draws the tokens of the learner."""
        connect(m, self.sequencer.errors, self.errors.control)
        connect(m, self.normalise.near, self.errors.near)
        m.d.comb += self.errors.rival.eq(self.classify.rival)
        connect(m, self.errors.items, self.draw.items)
        connect(m, self.draw.draws, self.learner.draws)
        connect(m, self.learner.settings, self.draw.settings)
        connect(m, self.sequencer.learner, self.learner.control)

    def _serve_groups(self, m: Module, reread: Reread) -> None:
        """Several samples at a time: which they are, and the rows that one of them changes for those after it."""
        m.submodules.reread = reread
        sequencer, learner, input_buffer = self.sequencer, self.learner, self.input_buffer
        m.d.comb += [
            input_buffer.single.eq(self.configuration.network.layers == 1),
            input_buffer.asked.eq(sequencer.asked),
            sequencer.known.eq(input_buffer.known),
            reread.wanted.eq(sequencer.left & learner.reads_pixels),
            reread.learned.eq(learner.touched),
            reread.row.eq(learner.row),
            reread.half.eq(learner.pixel_set),
            reread.folds.eq(self.configuration.layer.folds),
            reread.mended.eq(self.normalise.control.mended),
            sequencer.owed.eq(reread.owed),
        ]

    def _report(self, m: Module) -> None:
        """What happened, and the state beside the weights."""
        link, report, draw = flipped(self.link), self.report, self.draw
        connect(m, link.state_write, report.state_write)
        m.d.comb += [
            link.prng_write.ready.eq(1),
            draw.prng_write.eq(link.prng_write.valid),
            draw.prng_value.eq(link.prng_write.payload),
            report.read.eq(link.report_read),
            report.address.eq(link.report_address),
            link.report_word.eq(report.word),
            report.clear.eq(self.configuration.loaded),
            report.reset.eq(link.reset),
            report.prng.eq(draw.prng),
            report.prediction.eq(self.classify.control.prediction),
            report.events.eq(self.sequencer.events),
            report.events.bad_frames.eq(link.bad_frame),
            report.events.draws.eq(draw.drawn),
            report.events.rows_learned.eq(self.learner.touched),
        ]
        busy = self.sequencer.busy | self.input_buffer.busy | self.rows.busy | report.busy
        m.d.comb += link.busy.eq(busy | self.configuration.loaded)
