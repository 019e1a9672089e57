"""Which sample the engine gets next: one from the wire, or a record."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.engine_ports import PIXELS_LAYOUT, SAMPLE_LAYOUT
from hw.store.record_reader import fetched_layout
from hw.store.sample_tags import TAG_LAYOUT, Kind

NOTE_LAYOUT = data.StructLayout({"kind": 2, "train": 1, "permute": 1, "last": 1})
"""What goes with a record: what becomes of it, whether it is learned, permuted, the last one of a stretch."""


class Mixer(wiring.Component):
    """Joins two sources of samples, a whole sample at a time; records go first, the wire's when it is let.

    Members
    -------
    wire_sample, wire_pixels : from the link
    open : a sample of the wire may begin
    keeps : it goes to `kept` alone, and not to the engine
    record, record_pixels : read and permuted; a recalled one goes to `recalled` and not to the engine
    sample, pixels : to the engine
    given : its tag, for each sample that the engine takes (`hw.store.sample_tags.SampleTags`)
    recalled, recalled_pixels : to the link
    begun : one cycle: a sample that is no rehearsed record begins, with `label` and `train`; its bytes pass at `kept`, from the
        next cycle on
    kept : bytes of every sample but those of rehearsed and recalled records; always taken
    idle : no sample is half way through
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "wire_sample": In(stream.Signature(SAMPLE_LAYOUT)),
                "wire_pixels": In(stream.Signature(PIXELS_LAYOUT)),
                "open": In(1),
                "keeps": In(1),
                "record": In(stream.Signature(fetched_layout(NOTE_LAYOUT))),
                "record_pixels": In(stream.Signature(PIXELS_LAYOUT)),
                "sample": Out(stream.Signature(SAMPLE_LAYOUT)),
                "pixels": Out(stream.Signature(PIXELS_LAYOUT)),
                "given": Out(stream.Signature(TAG_LAYOUT)),
                "recalled": Out(stream.Signature(16)),
                "recalled_pixels": Out(stream.Signature(PIXELS_LAYOUT)),
                "begun": Out(1),
                "label": Out(16),
                "train": Out(1),
                "kept": Out(stream.Signature(PIXELS_LAYOUT)),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        record, wire, sample = self.record, self.wire_sample, self.sample
        recalls = Signal()
        from_record = Signal()
        hidden = Signal()  # the sample that passes is a rehearsed one
        offered = Signal()
        m.d.comb += [
            recalls.eq(record.valid & (record.payload.note.kind == Kind.RECALLED)),
            from_record.eq(record.valid & ~recalls),
            self.recalled.valid.eq(0),
            self.recalled.payload.eq(record.payload.label),
            sample.payload.train.eq(Mux(from_record, record.payload.note.train, wire.payload.train)),
            sample.payload.label.eq(Mux(from_record, record.payload.label, wire.payload.label)),
            self.label.eq(sample.payload.label),
            self.train.eq(sample.payload.train),
            self.given.payload.kind.eq(Mux(from_record, record.payload.note.kind, Kind.TOLD)),
            self.given.payload.label.eq(sample.payload.label),
            self.given.payload.last.eq(from_record & record.payload.note.last),
            offered.eq(from_record | (wire.valid & self.open & ~self.keeps & ~recalls)),
        ]
        with m.FSM():
            with m.State("label"):
                m.d.comb += [
                    self.idle.eq(1),
                    sample.valid.eq(offered & self.given.ready),
                    self.given.valid.eq(offered & sample.ready),
                ]
                m.d.sync += hidden.eq(from_record & (record.payload.note.kind == Kind.HIDDEN))
                with m.If(recalls):
                    m.d.comb += [self.recalled.valid.eq(1), record.ready.eq(self.recalled.ready)]
                    with m.If(self.recalled.ready):
                        m.next = "recalled"
                with m.Elif(from_record):
                    m.d.comb += record.ready.eq(sample.ready & self.given.ready)
                    with m.If(record.ready):
                        m.d.comb += self.begun.eq(record.payload.note.kind != Kind.HIDDEN)
                        m.next = "record"
                with m.Elif(wire.valid & self.open):
                    m.d.comb += wire.ready.eq(self.keeps | (sample.ready & self.given.ready))
                    with m.If(wire.ready):
                        m.d.comb += self.begun.eq(1)
                        m.next = "wire"
                        with m.If(self.keeps):
                            m.next = "kept"
            with m.State("recalled"):
                self._pass(m, self.record_pixels, self.recalled_pixels)
            with m.State("record"):
                self._pass(m, self.record_pixels, self.pixels)
                self._keep(m, self.pixels, ~hidden)
            with m.State("wire"):
                self._pass(m, self.wire_pixels, self.pixels)
                self._keep(m, self.pixels, 1)
            with m.State("kept"):
                self._pass(m, self.wire_pixels, self.kept)
        return m

    def _pass(self, m: Module, source: wiring.PureInterface, to: wiring.PureInterface) -> None:
        """The bytes of the sample at hand, to its last one."""
        connect(m, flipped(source), flipped(to))
        with m.If(source.valid & source.ready & source.payload.last):
            m.next = "label"

    def _keep(self, m: Module, passing: wiring.PureInterface, wanted: object) -> None:
        m.d.comb += [self.kept.payload.eq(passing.payload), self.kept.valid.eq(passing.valid & passing.ready & wanted)]
