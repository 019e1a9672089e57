"""The sample memory of a board: between the link, which gives and asks for samples, and the engine. It only connects."""

from typing import Any

from amaranth.hdl import Module, Mux
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.engine_ports import PIXELS_LAYOUT, SAMPLE_LAYOUT
from hw.register_slice import FullRateSlice, RegisterSlice
from hw.store.chip import Chip
from hw.store.conductor import PLAY_LAYOUT, Conductor
from hw.store.draws import STATE_LAYOUT, WRITE_LAYOUT, Draws
from hw.store.mixer import NOTE_LAYOUT, Mixer
from hw.store.permuter import Permuter
from hw.store.pins import PinSignals
from hw.store.probe import Probe
from hw.store.record_memory import SLOT_BITS
from hw.store.records import Records
from hw.store.sample_tags import SampleTags
from hw.store.sdram import Sdram
from sw.contract.geometry import Geometry
from sw.contract.sample_memory import ALIGNMENT

BURSTS_BITS = 24
EVENTS_LAYOUT = data.StructLayout({"read": 1, "written": 1, "refresh": 1, "waiting": 1})


class StoreEngine(wiring.Signature):
    """Samples to the engine and predictions back, as in `hw.engine_ports.EnginePorts`; seen from whoever gives the samples."""

    def __init__(self) -> None:
        super().__init__(
            {
                "sample": Out(stream.Signature(SAMPLE_LAYOUT)),
                "pixels": Out(stream.Signature(PIXELS_LAYOUT)),
                "prediction": In(stream.Signature(16)),
            }
        )


class StoreControl(wiring.Signature):
    """What is asked of the store; seen from the one that asks.

    Members
    -------
    play : a stretch of the library; taken when all of it has been given to the engine, or it has ended before a damaged record
    stores, slot_valid, slot : while `stores`, samples of the wire are written to the memory, from `slot` on, and nowhere else;
        `stored` : one cycle: one of them is there
    recall : a slot, whose record comes at `recalled` (its label) and `recalled_pixels`; taken when it has, or is damaged: then
        `recall_failed` has come, one cycle
    over, release : the last record of a stretch that is not told is done (`hw.store.sample_tags.SampleTags`)
    told, restart, take, wrong : the permutation (`hw.store.permuter.Permuter`)
    write, rehearsal : the state of rehearsal, written byte by byte, while at rest, and told; a size above 0 switches it on
    clear : one cycle: rehearsal is off, counts begin anew; like `mend` in force after two cycles
    mend, broken, failures, failed_slot : damage (`hw.store.conductor.Conductor`)
    played, correct : see `hw.store.sample_tags.SampleTags`
    at_rest : nothing is under way, and every prediction has come
    settled : no record is asked for, and none on its way to the engine: what can be damaged of what was asked for is known
    done, bursts : it has been found out how much there is; in bursts of `ALIGNMENT` bytes, 0 for none
    events : for counters, a cycle each: a word is read, is written, a refresh begins, the engine waits for a record
    word_bytes : of a word of the memory
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "play": Out(stream.Signature(PLAY_LAYOUT)),
                "stores": Out(1),
                "slot_valid": Out(1),
                "slot": Out(SLOT_BITS),
                "stored": In(1),
                "recall": Out(stream.Signature(SLOT_BITS)),
                "recalled": In(stream.Signature(16)),
                "recalled_pixels": In(stream.Signature(PIXELS_LAYOUT)),
                "recall_failed": In(1),
                "over": In(1),
                "release": Out(1),
                "told": Out(stream.Signature(16)),
                "restart": Out(1),
                "take": Out(1),
                "wrong": In(1),
                "write": Out(stream.Signature(WRITE_LAYOUT)),
                "rehearsal": In(STATE_LAYOUT),
                "clear": Out(1),
                "mend": Out(1),
                "broken": In(1),
                "failures": In(32),
                "failed_slot": In(SLOT_BITS),
                "played": In(32),
                "correct": In(32),
                "at_rest": In(1),
                "settled": In(1),
                "bursts": In(BURSTS_BITS),
                "done": In(1),
                "events": In(EVENTS_LAYOUT),
                "word_bytes": In(3),
            }
        )


class SampleStore(wiring.Component):
    """Records, playback and rehearsal on an SDRAM.

    Parameters
    ----------
    geometry, chip, clock_hz : for sizes and times
    ports : the pins of a platform (`hw.store.pins.SdramPins`); without any, they are the signals `pins`

    Members
    -------
    last_pixel : n_0 - 1 of the network
    link, engine : samples of the wire, with the predictions that are told, and of what is recited; samples to the engine
    control, pins : see the signatures
    """

    def __init__(self, geometry: Geometry, chip: Chip, clock_hz: int, ports: Any = None) -> None:
        self.chip, self.ports = chip, ports
        self.sdram = Sdram(chip, clock_hz, ports)
        self.probe = Probe(chip)
        self.records = Records(geometry, chip, NOTE_LAYOUT)
        self.permuter = Permuter(geometry, NOTE_LAYOUT)
        self.mixer = Mixer()
        self.conductor = Conductor()
        self.draws = Draws()
        self.tags = SampleTags()
        self.wire_pixels = FullRateSlice(shape=PIXELS_LAYOUT)  # between the link's paths and those of the store
        self.out_sample = RegisterSlice(shape=SAMPLE_LAYOUT)  # from their way to the engine's
        members = {
            "last_pixel": In(16),
            "control": In(StoreControl()),
            "link": In(StoreEngine()),
            "engine": Out(StoreEngine()),
        }
        super().__init__(members if ports else members | {"pins": Out(PinSignals(chip))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.sdram = self.sdram
        m.submodules.probe = self.probe
        m.submodules.records = self.records
        m.submodules.permuter = self.permuter
        m.submodules.mixer = self.mixer
        m.submodules.conductor = self.conductor
        m.submodules.draws = self.draws
        m.submodules.tags = self.tags
        m.submodules.wire_pixels = self.wire_pixels
        m.submodules.out_sample = self.out_sample
        self._reach_memory(m)
        self._carry_samples(m)
        self._conduct(m)
        self._carry_control(m)
        return m

    def _reach_memory(self, m: Module) -> None:
        sdram, probe, records, control = self.sdram, self.probe, self.records, self.control
        bursts = self.chip.bytes // ALIGNMENT
        connect(m, records.transfers, probe.above)
        connect(m, probe.below, sdram.transfers)
        if not self.ports:
            connect(m, sdram.pins, flipped(self.pins))
        m.d.comb += [
            sdram.late.eq(probe.late),
            probe.ready.eq(sdram.ready),
            control.done.eq(probe.done),
            control.bursts.eq(Mux(probe.present, Mux(probe.wide, 2 * bursts, bursts), 0)),
            records.wide.eq(probe.wide),
            records.last_pixel.eq(self.last_pixel),
            self.permuter.last_pixel.eq(self.last_pixel),
            control.word_bytes.eq(self.chip.width // 8),
            control.events.read.eq(sdram.transfers.read.valid),
            control.events.written.eq(sdram.transfers.written.valid & sdram.transfers.written.ready),
            control.events.refresh.eq(sdram.refreshed),
            # An engine that computes a group asks for the next one early: it waits when it has nothing to do.
            control.events.waiting.eq(self.conductor.waiting & self.engine.sample.ready & self.tags.empty),
        ]

    def _carry_samples(self, m: Module) -> None:
        """From records and the wire to the engine, and predictions back."""
        control, link, engine = flipped(self.control), flipped(self.link), flipped(self.engine)
        mixer, permuter, tags = self.mixer, self.permuter, self.tags
        connect(m, self.records.sample, permuter.sample)
        connect(m, self.records.pixels, permuter.pixels)
        connect(m, permuter.permuted, mixer.record)
        connect(m, permuter.permuted_pixels, mixer.record_pixels)
        connect(m, link.sample, mixer.wire_sample)
        connect(m, link.pixels, self.wire_pixels.pushed)
        connect(m, self.wire_pixels.popped, mixer.wire_pixels)
        self._give_samples(m)
        connect(m, engine.prediction, tags.prediction)
        extra, given = self.conductor.extra, mixer.given  # never both: `extra` waits until nothing is on its way to the mixer
        m.d.comb += [
            tags.given.valid.eq(extra.valid | given.valid),
            tags.given.payload.eq(Mux(extra.valid, extra.payload, given.payload)),
            extra.ready.eq(tags.given.ready),
            given.ready.eq(tags.given.ready),
        ]
        connect(m, tags.told, link.prediction)
        connect(m, mixer.recalled, control.recalled)
        connect(m, mixer.recalled_pixels, control.recalled_pixels)
        kept = self.records.kept
        m.d.comb += mixer.kept.ready.eq(1)  # as `kept.ready` is
        m.d.sync += [self.records.begin.eq(mixer.begun), self.records.label.eq(mixer.label)]
        m.d.sync += [kept.valid.eq(mixer.kept.valid), kept.payload.eq(mixer.kept.payload)]

    def _give_samples(self, m: Module) -> None:
        """Their pixels follow when they have left the register."""
        engine, sample, pixels = flipped(self.engine), self.out_sample, self.mixer.pixels
        connect(m, self.mixer.sample, sample.pushed)
        connect(m, sample.popped, engine.sample)
        m.d.comb += [
            engine.pixels.valid.eq(pixels.valid & ~sample.popped.valid),
            engine.pixels.payload.eq(pixels.payload),
            pixels.ready.eq(engine.pixels.ready & ~sample.popped.valid),
        ]

    def _conduct(self, m: Module) -> None:
        conductor, records, mixer = self.conductor, self.records, self.mixer
        connect(m, conductor.fetch, records.fetch)
        connect(m, conductor.store, records.store)
        connect(m, self.draws.draws, conductor.draws)
        kept = mixer.kept
        m.d.sync += [  # what begins or ends with a sample is known a cycle later: its path goes through all of the rooms
            self.draws.next.eq(conductor.next),
            conductor.empty.eq(records.empty & self.permuter.idle & ~(records.fetch.valid & records.fetch.ready)),
        ]
        m.d.comb += [
            conductor.rehearses.eq(self.draws.state.size != 0),
            conductor.failed.eq(records.failed),
            conductor.fetched.eq(records.fetched),
            conductor.begun.eq(mixer.begun),
            conductor.train.eq(mixer.train),
            conductor.passed.eq(kept.valid & kept.ready & kept.payload.last),
            conductor.idle.eq(mixer.idle),
            mixer.open.eq(conductor.open),
            mixer.keeps.eq(conductor.stores),
        ]

    def _carry_control(self, m: Module) -> None:
        control, conductor, permuter = flipped(self.control), self.conductor, self.permuter
        connect(m, control.play, conductor.play)
        connect(m, control.recall, conductor.recall)
        m.d.comb += control.told.ready.eq(1)  # as `told.ready` is
        m.d.sync += [permuter.told.valid.eq(control.told.valid), permuter.told.payload.eq(control.told.payload)]
        connect(m, control.write, self.draws.write)
        m.d.sync += [  # which the next request does not overtake
            self.draws.clear.eq(control.clear),
            self.tags.clear.eq(control.clear),
            conductor.mend.eq(control.mend),
            conductor.clear.eq(control.clear),
        ]
        m.d.comb += [
            conductor.stores.eq(control.stores),
            conductor.slot_valid.eq(control.slot_valid),
            conductor.slot.eq(control.slot),
            control.stored.eq(conductor.stored),
            permuter.restart.eq(control.restart),
            permuter.take.eq(control.take),
            control.wrong.eq(permuter.wrong),
            control.rehearsal.eq(self.draws.state),
            control.broken.eq(conductor.broken),
            control.failures.eq(conductor.failures),
            control.failed_slot.eq(conductor.failed_slot),
            control.recall_failed.eq(conductor.recall_failed),
            control.over.eq(self.tags.over),
            self.tags.release.eq(control.release),
            control.played.eq(self.tags.played),
            control.correct.eq(self.tags.correct),
            control.settled.eq(conductor.at_rest),
            control.at_rest.eq(conductor.at_rest & self.tags.empty),
        ]
