"""The forward passes of a group of samples: the first layer's rows once for all of them, the rest for one after the other."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from hw.forward.sequence import ForwardSequence
from hw.group_buffer import group_layout, known_layout
from sw.contract.geometry import Geometry


class GroupSequence(ForwardSequence):
    """A forward sequence that takes a group of samples at once (`Geometry.group` above 1).

        layer 1 for all │ sample 0: mean, activations, later layers, prediction │ its learning │ sample 1: mean, …

    Sample i + 1 waits for what sample i learns: rows of the first layer that change are read again meanwhile, for all samples
    that are left (`hw.learning.reread`). Then it is as if the layer had been computed for it alone.
    The next group's rows follow the learner of the last sample, as every sample's do without groups.

    Members, beside those of `ForwardSequence`
    -------
    staged : the next group, its pixels in the array
    asked, known : number of a sample in the group, and at once what is known of it
    changing : rows of the first layer are being learned, or have been changed and are not in the sums yet
    left : a sample of the group waits for the one before it
    pixel_set : the half, and above it the number of the sample at work
    """

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(geometry)
        self.half = Signal()
        self.number = Signal(range(geometry.group))
        self.count = Signal(range(geometry.group + 1))

    def members(self, geometry: Geometry) -> dict[str, Any]:
        """The ports."""
        return super().members(geometry) | {
            "staged": In(stream.Signature(group_layout(geometry))),
            "asked": Out(range(geometry.group)),
            "known": In(known_layout(geometry)),
            "changing": In(1),
            "left": Out(1),
        }

    def _control_partners(self, m: Module) -> None:
        super()._control_partners(m)
        m.d.comb += [
            self.normalise.sample.eq(self.number),
            self.pixel_set.eq(Cat(self.half, self.number)),
            self.asked.eq(self.number),
        ]
        m.d.sync += self.normalise.kept.eq(0)

    def _add_states(self, m: Module) -> None:
        super()._add_states(m)
        with m.State("next"):
            self._take_next(m)
        with m.State("divide"):
            self._divide(m)

    def _take_sample(self, m: Module) -> None:
        """A group, and of it sample 0."""
        group = self.staged.payload
        m.d.comb += self.staged.ready.eq(~self.hold)
        with m.If(self.staged.valid & self.staged.ready):
            m.d.comb += self.events.cycles_forward.eq(1)
            m.d.sync += [self.half.eq(group.half), self.count.eq(group.count), self.number.eq(0)]
            m.next = "layer"
        with m.Else():
            m.d.comb += self.events.cycles_starved.eq(self.starving & ~self.hold)

    def _begin_layer(self, m: Module) -> None:
        super()._begin_layer(m)
        with m.If(self.index == 0):
            self._know_sample(m)

    def _know_sample(self, m: Module) -> None:
        """What is known of the sample that `asked` says, when the first layer is at work."""
        self._choose_entry(m, self.known.lit)
        m.d.sync += [self.normalise.train.eq(self.known.train), self.classify.label.eq(self.known.label)]

    def _send_rows(self, m: Module) -> None:
        super()._send_rows(m)
        m.d.comb += self.tokens.payload.operand.eq(0)

    def _predict(self, m: Module) -> None:
        super()._predict(m)
        with m.If(self.classify.done & ~self.predictions.valid):
            m.d.comb += self.normalise.stop.eq(~self.learn)
            with m.If(self.number + 1 != self.count):
                m.next = "next"

    def _take_next(self, m: Module) -> None:
        """The next sample of the group, when all that the one before changes is in the sums."""
        ready = ~self.hold & ~self.changing & self.settled
        m.d.comb += [
            self.left.eq(1),
            self.asked.eq(self.number + 1),
            self.events.cycles_learn.eq(~self.hold & self.changing),
            self.events.cycles_normalise.eq(~self.hold & ~self.changing),
        ]
        with m.If(ready):
            m.d.sync += [
                self.number.eq(self.number + 1),
                self.normalise.start.eq(1),
                self.normalise.kept.eq(1),
                self.cell.eq(0),
                self.inputs.eq(self._first_input(self.index + 2 * self.geometry.group)),
            ]
            self._know_sample(m)
            m.next = "divide"

    def _divide(self, m: Module) -> None:
        """The first layer is still at work in the cycle in which it is told to; its sums are there."""
        m.d.comb += [self.select.eq(1), self.next_index.eq(1), self.events.cycles_normalise.eq(1)]
        m.next = "activate"
