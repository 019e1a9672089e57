"""The array as a machine that executes one token at a time: what the pipelined gateware is held against.

Written from the contract (`sw.contract.tokens`, `sw.contract.hidden_weight`), with random programs of tokens for it.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from sw.contract import tokens
from sw.contract.geometry import Geometry
from sw.contract.hidden_weight import binary_weight, learn, level, relax
from sw.contract.tokens import Opcode

RAILS = (-128, -127, -2, -1, 0, 1, 126, 127)
THRESHOLDS = (0, 1, 2, 126, 127, 128)
FLOORS = (1, 2, 126, 127)


def geometry_of(shape: Sequence[int]) -> Geometry:
    """The geometry of (grid height, grid width, K, folds, slices, rows); then memory ports, else two, and a group, else one."""
    height, width, k, folds, slices, rows, *more = shape
    ports, group = (*more, *(2, 1)[len(more) :])
    return Geometry(
        columns=height * width * k * folds,
        rows=rows,
        grid_height=height,
        grid_width=width,
        synapses_per_cell=k,
        folds=folds,
        slices=slices,
        memory_ports=ports,
        group=group,
    )


@dataclass(frozen=True, kw_only=True)
class Token:
    """One token by its fields (`sw.contract.tokens.fields`)."""

    opcode: int = Opcode.IDLE
    last: int = 0
    address: int = 0
    inputs: int = 0
    cell: int = 0
    synapse: int = 0
    operand: int = 0

    def pack(self, geometry: Geometry) -> int:
        """The bits that the gateware sees."""
        word, offset = 0, 0
        for name, width in tokens.fields(geometry).items():
            value = getattr(self, name)
            assert 0 <= value < 1 << width, f"{name} is {value}, which has more than {width} bits"
            word |= value << offset
            offset += width
        return word

    def slice(self, geometry: Geometry) -> int:
        """The slice that a sliced token serves."""
        return self.synapse // geometry.lanes

    @property
    def toward(self) -> int:
        """The first threshold of LEARN; RELAX has its floor there."""
        return self.operand >> tokens.TOWARD_OFFSET & 0xFF

    @property
    def away(self) -> int:
        """The second threshold of LEARN."""
        return self.operand >> tokens.AWAY_OFFSET & 0xFF

    @property
    def error(self) -> int:
        """d of LEARN and BACKWARD."""
        return -1 if self.operand >> tokens.NEGATIVE_OFFSET & 1 else 1


def unpack(word: int, geometry: Geometry) -> Token:
    """The inverse of `Token.pack`."""
    values = {}
    for name, width in tokens.fields(geometry).items():
        values[name] = word & ((1 << width) - 1)
        word >>= width
    return Token(**values)


def must_wait(geometry: Geometry, token: Token, earlier: Token, distance: int) -> bool:
    """Whether `token` may not follow `earlier` after `distance` cycles, 1…`WRITE_LATENCY`.

    It may not if it reads a weight that `earlier` will have changed only then, or reads in the cycle in which `earlier`
    writes, from a memory with one port.
    """
    if token.opcode not in tokens.READS_WEIGHTS or earlier.opcode not in tokens.WRITES_WEIGHTS:
        return False
    if geometry.memory_ports == 1 and distance == tokens.WRITE_LATENCY:
        return True
    whole_word = token.opcode == Opcode.FORWARD
    same_weights = whole_word or token.slice(geometry) == earlier.slice(geometry)
    return token.address == earlier.address and same_weights


def too_early(geometry: Geometry, token: Token, recent: Sequence[Token]) -> bool:
    """Whether `token` has to wait for one of the tokens of the last cycles, the latest of which is the last of `recent`."""
    return any(must_wait(geometry, token, earlier, distance) for distance, earlier in enumerate(reversed(recent), 1))


class CellModel:
    """One cell. `weights[address][synapse]`, `inputs[word][synapse]` as (valid, sign), `counters[lane]`.

    `pixels[i][word][synapse]` are those of sample i of a group, 1 or more.
    """

    def __init__(self, geometry: Geometry, index: int) -> None:
        self.geometry, self.index = geometry, index
        k = geometry.synapses_per_cell
        self.weights = [[0] * k for _ in range(geometry.memory_depth)]
        self.inputs = [[(0, 1)] * k for _ in range(geometry.input_depth)]
        self.counters = [0] * geometry.lanes
        self.pixels = {i: [[0] * k for _ in range(geometry.pixel_words)] for i in range(1, geometry.group)}

    def others(self, token: Token) -> list[int]:
        """What the cell adds to the sums of the samples after the first, which ride with a FORWARD."""
        row = self.weights[token.address]
        places = (words[token.inputs % self.geometry.pixel_words] for words in self.pixels.values())
        return [sum(pixel and q >= 0 for q, pixel in zip(row, place, strict=True)) for place in places]

    def execute(self, token: Token) -> int:
        """Do what `token` says; returns what the cell adds to the sum that rides with it."""
        g, hit = self.geometry, token.cell == self.index
        row = self.weights[token.address] if token.address < g.memory_depth else []
        columns = self.inputs[token.inputs] if token.inputs < g.input_depth else []
        first = token.slice(g) * g.lanes
        match token.opcode:
            case Opcode.LOAD if hit:
                k = g.synapses_per_cell
                signs = (-1 if token.operand >> (k + i) & 1 else 1 for i in range(k))
                columns[:] = [(token.operand >> i & 1, sign) for i, sign in enumerate(signs)]
                sample, place = divmod(token.inputs, g.pixel_words)
                if sample in self.pixels:
                    self.pixels[sample][place] = [valid for valid, _ in columns]
            case Opcode.FORWARD:
                pairs = zip(row, columns, strict=True)
                return sum(valid and binary_weight(q) == sign for q, (valid, sign) in pairs)
            case Opcode.CLEAR:
                self.counters = [0] * g.lanes
            case Opcode.BACKWARD:
                for lane in range(g.lanes):
                    self.counters[lane] += token.error * binary_weight(row[first + lane])
                    assert abs(self.counters[lane]) <= g.rows, "more BACKWARD tokens after a CLEAR than there are rows"
            case Opcode.UNLOAD if hit:
                active = sum((g_i != 0) << i for i, g_i in enumerate(self.counters))
                negative = sum((g_i < 0) << i for i, g_i in enumerate(self.counters))
                return active | negative << g.lanes
            case Opcode.LEARN:
                for i in range(first, first + g.lanes):
                    valid, sign = columns[i]
                    row[i] = learn(row[i], token.error * sign * valid, token.toward, token.away)
            case Opcode.RELAX:
                for i in range(first, first + g.lanes):
                    row[i] = relax(row[i], token.toward)
            case Opcode.WRITE if hit:
                byte = token.operand & 0xFF
                row[token.synapse] = byte - 256 if byte > 127 else byte
            case Opcode.READ if hit:
                return row[token.synapse] & 0xFF
        return 0


class ArrayModel:
    """All cells; the sum that leaves is that of what each cell adds."""

    def __init__(self, geometry: Geometry) -> None:
        self.cells = [CellModel(geometry, index) for index in range(geometry.cells)]

    def execute(self, token: Token) -> int:
        """Do what `token` says; returns the sum that leaves the array with it."""
        return sum(cell.execute(token) for cell in self.cells)

    def others(self, token: Token) -> list[int]:
        """The sums of the samples after the first, of a FORWARD."""
        return [sum(each) for each in zip(*(cell.others(token) for cell in self.cells), strict=True)]


class Programs:
    """Random tokens, legal ones: at most `rows` BACKWARD between two CLEAR, at most `folds` FORWARD up to a `last`.

    Fields that an opcode doesn't use are random. `cells` are those whose weights guide the thresholds: half of them lie
    exactly at a weight's level or one above.
    """

    def __init__(self, geometry: Geometry, random: Random, cells: Sequence[CellModel] = ()) -> None:
        self.geometry, self.random, self.cells = geometry, random, cells
        self.backward = self.unfinished = 0

    def token(self, opcode: int, **given: int) -> Token:
        """A token with random fields, apart from those given; `toward`, `away` and `negative` stand for an operand."""
        random, widths = self.random, tokens.fields(self.geometry)
        fields = {name: random.getrandbits(width) for name, width in widths.items()}
        fields |= {
            "opcode": opcode,
            "address": random.randrange(self.geometry.memory_depth),
            "inputs": random.randrange(self.geometry.input_depth),
        }
        if opcode in (Opcode.LEARN, Opcode.RELAX) and "toward" in given:
            offsets = {"toward": tokens.TOWARD_OFFSET, "away": tokens.AWAY_OFFSET, "negative": tokens.NEGATIVE_OFFSET}
            fields["operand"] = sum(given.pop(name) << offset for name, offset in offsets.items())
        return Token(**fields | given)

    def any(self, opcodes: Sequence[int], addresses: Sequence[int]) -> Token:
        """A token of one of `opcodes` at one of `addresses`."""
        random, g = self.random, self.geometry
        opcode, address = random.choice(opcodes), random.choice(addresses)
        if opcode == Opcode.BACKWARD:
            self.backward += 1
            if self.backward > g.rows:
                opcode = Opcode.CLEAR
        if opcode == Opcode.CLEAR:
            self.backward = 0
        if opcode == Opcode.FORWARD:
            self.unfinished += 1
            last = int(self.unfinished == g.folds or random.random() < 0.3)
            self.unfinished *= 1 - last
            return self.token(opcode, address=address, last=last)
        if opcode == Opcode.LEARN:
            toward, away = self._threshold(address), self._threshold(address)
            return self.token(opcode, address=address, toward=toward, away=away, negative=random.getrandbits(1))
        if opcode == Opcode.RELAX:
            floor = min(max(self._threshold(address), 1), 127) if random.random() < 0.7 else random.choice(FLOORS)
            return self.token(opcode, address=address, toward=floor, away=floor, negative=random.getrandbits(1))
        if opcode == Opcode.WRITE:
            return self.token(opcode, address=address, operand=random.choice((*RAILS, random.randrange(-128, 128))) & 0xFF)
        return self.token(opcode, address=address)

    def _threshold(self, address: int) -> int:
        random = self.random
        if self.cells and random.random() < 0.5:
            return level(random.choice(random.choice(self.cells).weights[address])) + random.getrandbits(1)
        return random.choice((*THRESHOLDS, random.randrange(129)))

    def fill(self) -> Iterator[Token]:
        """Writes every weight, mostly near the rails and zero, and every input; clears the counters."""
        g, random = self.geometry, self.random
        yield self.token(Opcode.CLEAR)
        for cell in range(g.cells):
            for inputs in range(g.input_depth):
                yield self.token(Opcode.LOAD, cell=cell, inputs=inputs)
            for address in range(g.memory_depth):
                for synapse in range(g.synapses_per_cell):
                    weight = random.choice((*RAILS, random.randrange(-128, 128))) & 0xFF
                    yield self.token(Opcode.WRITE, cell=cell, address=address, synapse=synapse, operand=weight)

    def drain(self) -> Iterator[Token]:
        """Reads every weight and the signs of every counter."""
        g = self.geometry
        for cell in range(g.cells):
            yield self.token(Opcode.UNLOAD, cell=cell)
            for address in range(g.memory_depth):
                for synapse in range(g.synapses_per_cell):
                    yield self.token(Opcode.READ, cell=cell, address=address, synapse=synapse)

    def spaced(self, program: Iterable[Token], idle: float = 0.1) -> Iterator[Token]:
        """`program` with bubbles: as few as keep every token from reading a weight too early, and some at random."""
        recent: deque[Token] = deque(maxlen=tokens.WRITE_LATENCY)
        for token in program:
            while too_early(self.geometry, token, recent) or self.random.random() < idle:
                recent.append(self.token(Opcode.IDLE))
                yield recent[-1]
            recent.append(token)
            yield token
