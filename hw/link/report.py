"""What the board tells of itself, byte by byte: HELLO, STATE, COUNTERS, and how far it is after TRAIN."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.engine_ports import COUNTERS_ADDRESS, PRNG_ADDRESS, REPORT_ADDRESS_BITS, SIGNATURE_ADDRESS
from hw.link.arguments import COMMANDS, CommandSet, is_one_of
from sw.contract.commands import Command
from sw.contract.frames import HELLO, PROGRESS, Hello
from sw.contract.sample_memory import MEMORY, REHEARSAL

TOLD_BY_ENGINE = (Command.STATE, Command.COUNTERS)
"""Commands whose reply the engine tells, of all that has happened."""


class Report(Component):
    """The payload of the reply to `kind`, a byte in four cycles: 16 bits are fetched in two, a byte of them is offered, taken.

    Parameters
    ----------
    hello : all that HELLO says but the nonce
    commands : those that there are

    Members
    -------
    kind : the command
    progress : the reply to a TRAIN ends (`sw.contract.frames.PROGRESS`), whatever `kind` is; to a PLAY `played` follows
    nonce, sample_memory : the board's; what `hello` says of the latter counts where there can be none
    played, rehearsal, memory : what PLAY (behind the progress), REHEARSE and MEMORY tell, for boards that know them
    read, address, word : the engine's report (`hw.engine_ports`)
    start : one cycle: begin with the first byte
    bytes : the payload; goes on without end, the transmitter knows the length
    """

    kind: In(8)
    progress: In(1)
    nonce: In(32)
    sample_memory: In(32)
    played: In(64)
    rehearsal: In(8 * REHEARSAL.size)
    memory: In(8 * MEMORY.size)
    read: Out(1)
    address: Out(REPORT_ADDRESS_BITS)
    word: In(16)
    start: In(1)
    bytes: Out(stream.Signature(8))

    def __init__(self, hello: Hello, commands: CommandSet = COMMANDS) -> None:
        self.hello, self.commands = hello, commands
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        told = {field.name: C(getattr(self.hello, field.name), field.width) for field in HELLO} | {"nonce": self.nonce}
        has_memory = Command.MEMORY in self.commands
        if has_memory:
            told["sample_memory"] = self.sample_memory
        hello = Cat(*told.values(), C(0, 16))
        index, word = Signal(range(max(command.spec.reply_length or 0 for command in self.commands))), Signal(16)
        asked, fetched = Signal(), Signal()
        # the words of STATE are random word, signature and, around the end of the addresses, samples
        begin = Mux(self.progress, SIGNATURE_ADDRESS, Mux(self.kind == Command.STATE, PRNG_ADDRESS, COUNTERS_ADDRESS))
        m.d.comb += [self.address.eq((index >> 1) + begin), word.eq(self.word)]
        with m.If((self.kind == Command.HELLO) & ~self.progress):
            with m.Switch(index >> 1):
                for i in range(-(-HELLO.size // 2)):
                    with m.Case(i):
                        m.d.comb += word.eq(hello[16 * i : 16 * i + 16])
        if has_memory:
            behind_progress = self.played.word_select(((index >> 1) - PROGRESS.size // 2)[:2], 16)
            with m.If(self.progress & (index >> 1 >= PROGRESS.size // 2)):
                m.d.comb += word.eq(behind_progress)
            for command, words in ((Command.REHEARSE, self.rehearsal), (Command.MEMORY, self.memory)):
                with m.If((self.kind == command) & ~self.progress):
                    m.d.comb += word.eq(words.word_select(index >> 1, 16))
        with m.If(self.start):
            m.d.sync += [index.eq(0), asked.eq(0), fetched.eq(0), self.bytes.valid.eq(0)]
        with m.Elif(fetched):
            m.d.sync += [self.bytes.payload.eq(word.word_select(index[0], 8)), self.bytes.valid.eq(1)]
            m.d.sync += [index.eq(index + 1), fetched.eq(0)]
        with m.Elif(self.bytes.valid):
            with m.If(self.bytes.ready):
                m.d.sync += self.bytes.valid.eq(0)
        with m.Else():
            m.d.comb += self.read.eq(self.progress | is_one_of(self.kind, TOLD_BY_ENGINE))
            m.d.sync += [asked.eq(~asked), fetched.eq(asked)]
        return m
