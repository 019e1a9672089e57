"""The engine: the array and everything around it that computes and learns. It only connects."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, connect, flipped

from hw.array.array import SynapseArray
from hw.configuration import Configuration
from hw.counters import Counters
from hw.engine_ports import PRNG_ADDRESS, EnginePorts
from hw.forward.classify import Classify
from hw.forward.fold_sum import FoldSum
from hw.forward.normalise import Normalise
from hw.input_buffer import InputBuffer
from hw.issue import Issue
from hw.learning.draw import Draw
from hw.learning.error_scan import ErrorScan
from hw.learning.error_store import ErrorStore
from hw.learning.learner import Learner
from hw.misr import Misr
from hw.row_access import RowAccess
from hw.sequencer import Sequencer
from sw.contract.geometry import Geometry

SOURCES = 4  # of tokens: learner, sequencer, input buffer, row access


class Engine(wiring.Component):
    """The learning machine behind the link (`hw.engine_ports.EnginePorts`, flipped)."""

    def __init__(self, geometry: Geometry, *, cell_instances: bool = False) -> None:
        self.geometry = geometry
        self.cell_instances = cell_instances
        super().__init__({"link": In(EnginePorts(geometry))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g, link = self.geometry, self.link
        m.submodules.configuration = configuration = Configuration(g)
        m.submodules.counters = counters = Counters()
        m.submodules.misr = misr = Misr()
        m.submodules.input_buffer = input_buffer = InputBuffer(g)
        m.submodules.rows = rows = RowAccess(g)
        m.submodules.sequencer = sequencer = Sequencer(g)
        m.submodules.learner = learner = Learner(g)
        m.submodules.issue = issue = Issue(g, sources=SOURCES)
        m.submodules.array = array = SynapseArray(g, instances=self.cell_instances)
        m.submodules.fold_sum = fold_sum = FoldSum(g)
        m.submodules.normalise = normalise = Normalise(g)
        m.submodules.classify = classify = Classify(g)
        m.submodules.errors = errors = ErrorStore(g)
        m.submodules.scan = scan = ErrorScan(g)
        m.submodules.draw = draw = Draw(g)
        network, layer = configuration.network, configuration.layer

        # the link's streams
        link_ = flipped(link)
        connect(m, link_.configuration, configuration.source)
        connect(m, link_.table, draw.table)
        connect(m, link_.row, rows.request)
        connect(m, link_.row_write, rows.written)
        connect(m, rows.values, link_.row_read)
        connect(m, link_.sample, input_buffer.samples)
        connect(m, link_.pixels, input_buffer.pixels)
        connect(m, sequencer.predictions, link_.prediction)
        m.d.comb += [
            link.configured.eq(configuration.configured),
            link.network.eq(network),
            configuration.reset.eq(link.reset),
            input_buffer.clear.eq(configuration.loaded),
        ]

        # the random word, the signature, counters of samples and events; a reset comes straight out of the link's decisions,
        # and reaches the counters a cycle later
        reset = Signal()
        m.d.sync += reset.eq(link.reset)
        own_words = Signal(data.ArrayLayout(16, 4))
        tells_own, own_word = Signal(), Signal(2)
        m.d.sync += [
            tells_own.eq(link.report_address >= PRNG_ADDRESS),
            own_word.eq(link.report_address),
        ]
        of_samples = link.state_write.payload.place[3]
        m.d.comb += [
            own_words.eq(Cat(draw.prng, misr.value)),
            counters.write.payload.eq(link.state_write.payload),
            counters.write.valid.eq(link.state_write.valid & of_samples),
            link.state_write.ready.eq(counters.write.ready | ~of_samples),
            misr.write.payload.eq(link.state_write.payload),
            misr.write.valid.eq(link.state_write.valid),
            misr.clear.eq(configuration.loaded),
            misr.trained.eq(sequencer.trained),
            misr.prediction.eq(classify.prediction),
            misr.prng.eq(draw.prng),
            link.prng_write.ready.eq(1),
            draw.prng_write.eq(link.prng_write.valid),
            draw.prng_value.eq(link.prng_write.payload),
            counters.read.eq(link.report_read),
            counters.address.eq(link.report_address),
            link.report_word.eq(Mux(tells_own, own_words[own_word], counters.word)),
            link.busy.eq(sequencer.busy | input_buffer.busy | rows.busy | configuration.loaded | reset | counters.busy),
            counters.clear.eq(configuration.loaded),
            counters.reset.eq(reset),
            counters.events.eq(sequencer.phase),
            counters.events.samples.eq(sequencer.trained),
            counters.events.bad_frames.eq(link.bad_frame),
            counters.events.learned.eq(sequencer.learned),
            counters.events.draws.eq(draw.drawn),
            counters.events.rows_learned.eq(learner.touched),
        ]

        # tokens into the array; the learner first, then the sample at work, then the next one, then rows
        sources = (learner.tokens, sequencer.tokens, input_buffer.tokens, rows.tokens)
        for tokens, source in zip(sources, issue.source, strict=True):
            connect(m, tokens, source)
        m.d.comb += [
            array.token.eq(issue.token),
            fold_sum.result.eq(array.result),
            rows.result.eq(array.result),
            errors.result.eq(array.result),
        ]

        # forward
        connect(m, input_buffer.staged, sequencer.staged)
        connect(m, normalise.activations, sequencer.activations)
        m.d.comb += [
            input_buffer.last_pixel.eq(network.last_pixel),
            sequencer.network.eq(network),
            sequencer.layer.eq(layer),
            sequencer.settled.eq(configuration.settled),
            configuration.select.eq(sequencer.select),
            configuration.index.eq(sequencer.next_index),
            sequencer.starving.eq(input_buffer.receiving),
            normalise.start.eq(sequencer.normalise_start),
            normalise.layer.eq(layer),
            normalise.index.eq(sequencer.index),
            normalise.train.eq(sequencer.train),
            sequencer.near_busy.eq(normalise.near_busy),
            normalise.valid.eq(fold_sum.valid),
            normalise.matches.eq(fold_sum.matches),
            classify.start.eq(sequencer.classify_start),
            classify.neurons.eq(network.classes),
            classify.margin.eq(network.margin),
            classify.label.eq(sequencer.label),
            classify.valid.eq(fold_sum.valid),
            classify.matches.eq(fold_sum.matches),
            sequencer.classified.eq(classify.done),
            sequencer.prediction.eq(classify.prediction),
            sequencer.wrong.eq(classify.wrong),
        ]

        # errors
        m.d.comb += [
            errors.near_valid.eq(normalise.near_valid),
            errors.near_layer.eq(normalise.near_layer),
            errors.near_word.eq(normalise.near_word),
            errors.near.eq(normalise.near),
            errors.output_start.eq(sequencer.output_start),
            errors.output_layer.eq(sequencer.index),
            errors.output_neurons.eq(network.classes),
            errors.label.eq(sequencer.label),
            errors.rival.eq(classify.rival),
            sequencer.output_busy.eq(errors.output_busy),
            errors.unload_start.eq(sequencer.unload_start),
            errors.unload_layer.eq(sequencer.index - 1),
            errors.unload_columns.eq(layer.inputs),
            sequencer.unload_busy.eq(errors.unload_busy),
            scan.start.eq(sequencer.scan_start),
            scan.half.eq(sequencer.index[0]),
            scan.neurons.eq(layer.neurons),
            errors.scan_half.eq(scan.scan_half),
            errors.scan_word.eq(scan.scan_word),
            errors.scan_enable.eq(scan.scan_enable),
            scan.scan_active.eq(errors.scan_active),
            scan.scan_negative.eq(errors.scan_negative),
        ]

        # learning
        not_relax_rate = Signal(17)  # the complement (`hw.complement`)
        learn_index = Signal.like(sequencer.index)
        learn_set = Signal.like(sequencer.learn_set)
        with m.If(sequencer.learn_start):
            m.d.sync += [
                not_relax_rate.eq(~layer.relax_rate),
                learn_index.eq(sequencer.index),
                learn_set.eq(sequencer.learn_set),
            ]
        m.d.comb += [
            draw.enable.eq(learner.drawing),
            draw.layer.eq(learn_index),
            draw.relax_rate.eq(~not_relax_rate),
            learner.start.eq(sequencer.learn_start),
            learner.base.eq(layer.base),
            learner.folds.eq(layer.folds),
            learner.input_set.eq(sequencer.learn_set),
            learner.backward.eq(sequencer.backward),
            learner.fold.eq(sequencer.fold),
            learner.slice.eq(sequencer.slice),
            learner.relax_floor.eq(network.relax_floor),
            sequencer.learning.eq(learner.active),
            sequencer.frontier.eq(learner.frontier),
            input_buffer.learning.eq(learner.active & (learn_index == 0)),
            input_buffer.learning_set.eq(learn_set),
        ]
        connect(m, scan.items, draw.items)
        connect(m, draw.draws, learner.draws)
        return m
