"""The chip of the simulated board is that of the benches: the same words, and the same sentences where a time is broken."""

import subprocess
from pathlib import Path
from random import Random

import pytest

from hw.store.bus import SdramCommand
from hw.store.chip import GW2AR_SDRAM, MT48LC16M16A2, PRECHARGE_ALL, Chip
from sim.drivers.sdram_rules import Pins, SdramError, SdramRules
from sim.native.sdram import chip_header

ROOT = Path(__file__).parent
MODE = 3 << 4
TRACES = 300


def built(chip: Chip, folder: Path) -> Path:
    (folder / "sdram_chip.h").write_text(chip_header(chip), encoding="utf-8")
    sources = ["-I", str(folder), "-I", str(ROOT.parent / "native"), str(ROOT / "sdram_trace.cpp")]
    program = folder / "trace"
    subprocess.run(["g++", "-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", *sources, "-o", str(program)], check=True)
    return program


def line(time: int, pins: Pins) -> str:
    levels = [*pins[:-1], int(pins.dq is not None), pins.dq or 0]
    return " ".join(map(str, (time, *levels)))


class Trace:
    """Commands at random, mostly as the data sheet wants them, ever closer together until one comes too early."""

    def __init__(self, chip: Chip, random: Random, clock: int) -> None:
        self.chip, self.random, self.time, self.clock = chip, random, 0, clock
        self.rules = SdramRules(chip)
        self.lines: list[str] = []
        self.told: list[str] = []
        self.known: set[tuple[int, int, int]] = set()
        self.dqm = (1 << chip.width // 8) - 1

    def edge(self, command: SdramCommand = SdramCommand.NOP, **changes: int | None) -> None:
        self.time += self.clock
        ras, cas, we = (1 - (command >> bit & 1) for bit in range(3))
        pins = Pins(
            **{"cke": 1, "cs_n": 0, "ras_n": ras, "cas_n": cas, "we_n": we, "ba": 0, "a": 0, "dqm": self.dqm, "dq": None}
            | changes
        )
        self.lines.append(line(self.time, pins))
        word = self.rules.edge(self.time, pins)
        self.told.append("" if word is None else str(word))

    def order(self, command: SdramCommand, clocks: int, **changes: int | None) -> None:
        self.edge(command, **changes)
        for _ in range(max(0, clocks + self.random.choice((-1, 0, 0, 0, 0, 0, 1)) * (self.random.random() < 0.3) - 1)):
            self.edge()

    def run(self) -> None:
        """Until a rule is broken."""
        random, chip, cycles = self.random, self.chip, self.chip.at(round(1e12 / self.clock))
        self.time += round(chip.power_up * 1000) - (random.random() < 0.05) * 2 * self.clock
        self.order(SdramCommand.PRECHARGE, cycles.rp, a=PRECHARGE_ALL)
        for _ in range(chip.first_refreshes - (random.random() < 0.05)):
            self.order(SdramCommand.REFRESH, cycles.rfc)
        self.order(SdramCommand.MODE, cycles.mrd, a=MODE)
        self.dqm = 0
        while True:
            for _ in range(random.randrange(3)):
                self.order(SdramCommand.REFRESH, cycles.rfc)
            bank, row = random.randrange(4), random.randrange(3)
            self.order(SdramCommand.ACTIVATE, cycles.rcd, ba=bank, a=row)
            for _ in range(random.randrange(1, 6)):
                place = (bank, row, random.randrange(4))
                if random.random() < 0.5 or place not in self.known:
                    for _ in range(random.choice((0, 2, 3, 5, 5, 5, 5, 5, 5, 5))):
                        self.edge()
                    self.known.add(place)
                    masked = random.choice((0, 0, 1)) if place in self.rules.words else 0
                    word = random.getrandbits(chip.width)
                    self.order(SdramCommand.WRITE, 1, ba=bank, a=place[2], dq=word, dqm=masked)
                else:
                    self.order(SdramCommand.READ, 1, ba=bank, a=place[2])
            for _ in range(0 if random.random() < 0.15 else cycles.ras):
                self.edge(dqm=(1 << chip.width // 8) - 1 if random.random() < 0.2 else 0)
            self.order(SdramCommand.PRECHARGE, cycles.rp, ba=bank, a=random.choice((0, PRECHARGE_ALL)))
            if random.random() < 0.1:
                self.time += random.choice((1, 3)) * round(chip.refresh_interval * 1000)


@pytest.mark.parametrize("chip", [MT48LC16M16A2, GW2AR_SDRAM], ids=lambda chip: chip.name)
def test_words_and_sentences_are_those_of_the_benches(chip, tmp_path):
    program = built(chip, tmp_path)
    random = Random(1)
    sentences: set[str] = set()
    for _ in range(TRACES):
        trace = Trace(chip, random, random.choice((7_500, 9_000, 12_500)))
        with pytest.raises(SdramError) as refusal:
            trace.run()
        sentences.add(str(refusal.value).split(":")[0])
        told = subprocess.run([program], input="\n".join(trace.lines), capture_output=True, text=True, check=True).stdout
        assert told.split("\n")[:-1] == [*trace.told, str(refusal.value)]
    assert sentences >= {"tRCD", "tRAS", "tRP", "tRFC", "tWR", "tREFI", "tMRD", "power-up", "bus"}, sentences
