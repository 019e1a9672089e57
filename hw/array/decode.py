"""What a token asks of a cell, told from its opcode and from the cell that it addresses."""

from amaranth.hdl import Cat, Value

from hw.array.pipeline import Pipeline, Staged
from sw.contract import tokens
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode


class Decoded:
    """Bits for each stage of the token that is there; `token` : `hw.layouts.token_layout`, from stage 0 on.

    Members
    -------
    forward, load : its opcode, and that it is this cell that loads its inputs; from stage 0 on
    not_forward, unsliced : in stage 1, that nobody must see matches, or the weights of a slice
    clear, backward, learn, relax, unload : its opcode, and that it is this cell that unloads; for stage 2
    counts : BACKWARD or UNLOAD, for which the lanes' adders take the counters
    down : the adders count down for a match, or a weight above zero
    keeps, no_write : not LEARN or RELAX, not a WRITE for this cell
    changes : one of these; lanes have a new weight
    written : the byte of that WRITE, zero of other tokens
    reads : for each lane, that the token is a READ of it in this cell
    """

    def __init__(self, pipeline: Pipeline, geometry: Geometry, token: Staged, index: Value) -> None:
        self._token, self._lane_bits = token, (geometry.lanes - 1).bit_length()
        value, opcode = pipeline.value, token[0].opcode
        hit = value("hit", token[0].cell == index)
        self.forward = value("forward", opcode == Opcode.FORWARD)
        self.load = value("load", (opcode == Opcode.LOAD) & hit[0])
        self.not_forward = value("not_forward", ~self.forward[0], init=1)
        self.unsliced = value("unsliced", ~_is_one_of(opcode, Opcode.LEARN, Opcode.RELAX, Opcode.BACKWARD, Opcode.READ))

        opcode, operand = token[1].opcode, token[1].operand
        self.clear = value("clear", opcode == Opcode.CLEAR)
        self.backward = value("backward", opcode == Opcode.BACKWARD)
        self.learn = value("learn", opcode == Opcode.LEARN)
        self.relax = value("relax", opcode == Opcode.RELAX)
        self.unload = value("unload", (opcode == Opcode.UNLOAD) & hit[1])
        self.counts = value("counts", _is_one_of(opcode, Opcode.BACKWARD, Opcode.UNLOAD))
        # UNLOAD counts down without keeping it: a counter is above zero if it is not below zero then.
        always_down = _is_one_of(opcode, Opcode.UNLOAD, Opcode.RELAX)
        self.down = value("down", operand[tokens.NEGATIVE_OFFSET] | always_down)
        self.keeps = value("keeps", ~_is_one_of(opcode, Opcode.LEARN, Opcode.RELAX), init=1)
        self.no_write = value("no_write", ~((opcode == Opcode.WRITE) & hit[1]), init=1)
        self.written = value("written", operand[:8], zero=self.no_write[1])
        read = (opcode == Opcode.READ) & hit[1]
        self.reads = [value(f"read_{i}", read & (self.lane(1) == i)) for i in range(geometry.lanes)]

        self.changes = value("changes", ~self.keeps[2] | ~self.no_write[2])

    def lane(self, stage: int) -> Value:
        """Number of the lane that the token addresses."""
        return self._token[stage].synapse[: self._lane_bits]

    def slice(self, stage: int) -> Value:
        """Number of the slice that the token serves."""
        return self._token[stage].synapse[self._lane_bits :]


def _is_one_of(opcode: Value, *opcodes: Opcode) -> Value:
    return Cat(opcode == each.value for each in opcodes).any()
