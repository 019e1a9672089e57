"""Memories whose words are never read in the cycle in which they are written."""

from amaranth.hdl import Module, Signal, Value, ValueLike
from amaranth.lib import wiring
from amaranth.lib.memory import Memory

from sw.contract.geometry import Geometry

LUT_DEPTH = 128
"""Words up to which a memory is made of LUTs where that is asked for (`memory_style`)."""
MEMORY_WORD = "memory_word"
"""Attribute of the register of a memory: nobody looks at it before a word has been read."""


def add_memory(m: Module, name: str, *, shape: object, depth: int, style: str | None = None) -> Memory:
    """A memory as the submodule `name`; `style` "block" or "distributed" is a wish of where it goes.

    The attribute tells synthesis that nobody cares what a read gives in the cycle in which its word is written. Without
    it, it would build what simulators do, the word from before the write, from a comparator and two registers a bit.
    """
    attributes = {"no_rw_check": 1} | ({"ram_style": style} if style else {})
    memory = Memory(shape=shape, depth=depth, init=[], attrs=attributes)
    m.submodules[name] = memory
    return memory


def memory_style(geometry: Geometry, depth: int) -> str | None:
    """Where a memory beside the weights goes: to LUTs, up to `LUT_DEPTH` words, for weights take nearly all block RAMs.

    The last free blocks of a device lie wherever the weights' left them, which costs more clock than the LUTs cost area.
    Devices with single-port weight memories (iCE40) have block RAMs left and no LUT memory: there synthesis chooses.
    """
    if geometry.memory_ports == 1:
        return None
    return "distributed" if depth <= LUT_DEPTH else "block"


def read_word(m: Module, memory: Memory, *, address: ValueLike, enable: ValueLike = 1):
    """What the memory holds at `address`, one cycle later; while `enable` is low, what it gave before.

    An asynchronous port with a register: of these two synthesis makes the synchronous port of a block RAM, and keeps in
    mind that collisions don't matter, which it forgets for a port that was synchronous from the beginning.

    The register has no reset, and nothing may give it one: synthesis would make it the reset of the block RAM, of which real
    chips, an ECP5 and a Gowin, read zeros and wrong words. Whoever wants zeros makes them behind the word.

    `enable` is not for words of more than 9 bits in a block RAM, which on a Gowin would change while they are held: the enable
    of its output register is tied high there, and nextpnr ties it to that of the port only for narrower ones.
    """
    port = memory.read_port(domain="comb")
    word = Signal(memory.shape, reset_less=True, attrs={MEMORY_WORD: 1})
    m.d.comb += port.addr.eq(address)
    with m.If(enable):
        m.d.sync += word.eq(port.data)
    return word


def offer_words(m: Module, memory: Memory, words: wiring.PureInterface, *, given: Signal, limit: Value) -> None:
    """Offer the words of a ring one after the other, from that at `given`, which counts them, up to but not that at `limit`.

    One a cycle; a word comes 2 cycles after `limit` has left it behind.
    """
    take = (given != limit) & (~words.valid | words.ready)
    m.d.comb += words.payload.eq(read_word(m, memory, address=given, enable=take))
    with m.If(take):
        m.d.sync += [given.eq(given + 1), words.valid.eq(1)]
    with m.Elif(words.ready):
        m.d.sync += words.valid.eq(0)
