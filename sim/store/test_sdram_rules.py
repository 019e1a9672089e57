"""The chip's model: every time of a data sheet, kept and broken by one clock; what fades, what was flipped."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from hw.store.bus import SdramCommand
from hw.store.chip import AS4C32M16SB, CHIPS, MT48LC16M16A2, PRECHARGE_ALL, Chip
from sim.drivers.sdram_rules import Pins, SdramError, SdramRules

CLOCK_NS = 7.5
CHIP = MT48LC16M16A2
MODE = 3 << 4


class Player:
    """Gives a chip one command after another, `ns` after the one before, rounded up to whole clocks, with NOPs between them."""

    def __init__(self, chip: Chip = CHIP, clock_ns: float = CLOCK_NS, *, started: bool = True) -> None:
        self.chip, self.clock_ns = chip, clock_ns
        self.rules = SdramRules(chip)
        self.clocks = 0
        self.word: int | None = None
        self.dqm = 0b11
        if started:
            self.start()

    def start(self, refreshes: int = 8) -> None:
        self.give("PRECHARGE", self.chip.power_up, a=PRECHARGE_ALL)
        for _ in range(refreshes):
            self.give("REFRESH", 70)
        self.give("MODE", 70, a=MODE)
        self.dqm = 0
        self.wait(100)

    def give(self, name: str, ns: float = CLOCK_NS, **pins: int | None) -> None:
        """A command, as soon as `ns` have passed since the last one; the clocks before it are NOPs."""
        self.wait(max(0.0, -(-ns // self.clock_ns) - 1) * self.clock_ns)
        self.edge(SdramCommand[name], **pins)

    def wait(self, ns: float) -> None:
        """NOPs for so long, in one leap where it is long."""
        clocks = round(ns / self.clock_ns)
        if clocks > 40:
            self.clocks += clocks - 20
            clocks = 20
        for _ in range(clocks):
            self.edge(SdramCommand.NOP)

    def edge(self, command: SdramCommand, **pins: int | None) -> None:
        self.clocks += 1
        ras, cas, we = (1 - (command >> bit & 1) for bit in range(3))
        levels = {"cke": 1, "cs_n": 0, "ras_n": ras, "cas_n": cas, "we_n": we, "ba": 0, "a": 0, "dqm": self.dqm, "dq": None}
        self.word = self.rules.edge(round(self.clocks * self.clock_ns * 1000), Pins(**levels | pins))

    def word_of(self, bank: int, row: int, column: int) -> int | None:
        """Opens a row, reads a word of it, closes it."""
        self.give("ACTIVATE", 100, ba=bank, a=row)
        self.give("READ", 30, ba=bank, a=column)
        self.edge(SdramCommand.NOP)
        self.edge(SdramCommand.NOP)
        word = self.word
        self.give("PRECHARGE", 50, a=PRECHARGE_ALL)
        return word

    def put(self, bank: int, row: int, column: int, word: int, dqm: int = 0) -> None:
        self.give("ACTIVATE", 100, ba=bank, a=row)
        self.give("WRITE", 30, ba=bank, a=column, dq=word, dqm=dqm)
        self.give("PRECHARGE", 50, a=PRECHARGE_ALL)


def opened(player: Player) -> None:
    player.give("ACTIVATE", 100, ba=1, a=7)


def precharged(player: Player) -> None:
    opened(player)
    player.give("PRECHARGE", 50, a=PRECHARGE_ALL)


def written(player: Player) -> None:
    opened(player)
    player.wait(60)
    player.give("WRITE", ba=1, a=3, dq=5)


def read(player: Player) -> None:
    opened(player)
    player.give("READ", 30, ba=1, a=3)


# name of the rule, what comes before, the command that comes too early, its pins, ns that it needs
TIMES: list[tuple[str, Callable[[Player], None], str, dict, float]] = [
    ("tRCD", opened, "READ", {"ba": 1}, CHIP.t_rcd),
    ("tRCD", opened, "WRITE", {"ba": 1, "dq": 1}, CHIP.t_rcd),
    ("tRAS", opened, "PRECHARGE", {"ba": 1}, CHIP.t_ras),
    ("tRRD", opened, "ACTIVATE", {"ba": 2}, CHIP.t_rrd),
    ("tRP", precharged, "ACTIVATE", {"ba": 1}, CHIP.t_rp),
    ("tRP", precharged, "REFRESH", {}, CHIP.t_rp),
    ("tRP", precharged, "MODE", {"a": MODE}, CHIP.t_rp),
    ("tWR", written, "PRECHARGE", {"ba": 1}, CHIP.t_wr),
    ("tRFC", lambda player: player.give("REFRESH", 100), "ACTIVATE", {"ba": 1}, CHIP.t_rfc),
    ("tRFC", lambda player: player.give("REFRESH", 100), "REFRESH", {}, CHIP.t_rfc),
    ("tMRD", lambda player: player.give("MODE", 100, a=MODE), "ACTIVATE", {"ba": 1}, 2 * CLOCK_NS),
    ("bus", read, "WRITE", {"ba": 1, "dq": 1}, 5 * CLOCK_NS),
]


@pytest.mark.parametrize(
    ("rule", "before", "command", "pins", "needs"), TIMES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_time_is_kept_and_broken_by_a_clock(rule, before, command, pins, needs):
    player = Player()
    before(player)
    player.give(command, needs, **pins)
    player = Player()
    before(player)
    with pytest.raises(SdramError, match=rf"^{rule}"):
        player.give(command, needs - CLOCK_NS, **pins)


def test_a_row_cycle_is_kept_and_broken_by_a_clock():
    chip = replace(CHIP, t_ras=30, t_rp=15)
    for extra, refused in ((0.0, False), (-CLOCK_NS, True)):
        player = Player(chip)
        player.give("ACTIVATE", 100, ba=1, a=7)
        player.give("PRECHARGE", 30, ba=1)
        again = chip.t_rc - 30 + extra
        if refused:
            with pytest.raises(SdramError, match="^tRC: ACTIVATE of bank 1"):
                player.give("ACTIVATE", again, ba=1)
        else:
            player.give("ACTIVATE", again, ba=1)


def test_two_clocks_of_recovery_are_asked_for_at_a_slow_clock_too():
    player = Player(clock_ns=20.0)
    player.give("ACTIVATE", 100, ba=1, a=7)
    player.give("WRITE", 60, ba=1, dq=5)
    with pytest.raises(SdramError, match="^tWR: .* by 1 clocks"):
        player.give("PRECHARGE", 20, ba=1)


def test_a_row_is_not_open_for_ever():
    player = Player()
    player.give("ACTIVATE", 100, ba=1, a=7)
    for _ in range(15):
        player.clocks += 900  # 6.75 us, in which nothing is looked at
        player.rules.refreshes += 1
    with pytest.raises(SdramError, match="^tRAS: a row of bank 1 is open"):
        player.give("PRECHARGE", ba=1)


def test_nothing_is_asked_before_the_power_is_up():
    player = Player(started=False)
    with pytest.raises(SdramError, match="^power-up: PRECHARGE comes after"):
        player.give("PRECHARGE", CHIP.power_up - CLOCK_NS, a=PRECHARGE_ALL)


@pytest.mark.parametrize(
    ("commands", "says"),
    [
        (["REFRESH"], "REFRESH before PRECHARGE of all banks"),
        (["PRECHARGE", "REFRESH", "MODE", "ACTIVATE"], "ACTIVATE after 1 refreshes, expected 2"),
        (["PRECHARGE", "REFRESH", "REFRESH", "ACTIVATE"], "ACTIVATE before MODE"),
    ],
)
def test_the_start_is_done_in_order(commands, says):
    player = Player(started=False)
    player.wait(CHIP.power_up)
    with pytest.raises(SdramError, match=f"^power-up: {says}"):
        for command in commands:
            player.give(command, 100, a=MODE if command == "MODE" else PRECHARGE_ALL if command == "PRECHARGE" else 0)


def test_the_mask_is_high_while_it_starts():
    player = Player(started=False)
    player.wait(CHIP.power_up)
    player.dqm = 0
    with pytest.raises(SdramError, match="^power-up: DQM is low"):
        player.give("PRECHARGE", a=PRECHARGE_ALL)


@pytest.mark.parametrize(
    ("command", "pins", "says"),
    [
        ("READ", {"ba": 2}, "READ in bank 2, in which no row is open"),
        ("READ", {"ba": 1, "a": PRECHARGE_ALL}, "READ with A10 high"),
        ("WRITE", {"ba": 1}, "WRITE: nobody drives the data pins"),
        ("ACTIVATE", {"ba": 1}, "ACTIVATE of bank 1, in which row 7 is open"),
        ("REFRESH", {}, "REFRESH while a row of bank 1 is open"),
        ("MODE", {"a": MODE}, "MODE while a row of bank 1 is open"),
        ("NOP", {"cke": 0}, "CKE is low"),
    ],
)
def test_what_makes_no_sense_is_refused(command, pins, says):
    player = Player()
    opened(player)
    with pytest.raises(SdramError, match=f"^{says}"):
        player.give(command, 100, **pins)


@pytest.mark.parametrize(("mode", "says"), [(0x33, "bursts of 8 words"), (0x10, "a CAS latency of 1")])
def test_a_mode_that_the_model_does_not_know_is_refused(mode, says):
    player = Player()
    with pytest.raises(SdramError, match=f"^MODE: {says}"):
        player.give("MODE", 100, a=mode)


def test_a_clock_that_is_too_fast_for_the_latency_is_refused():
    player = Player(clock_ns=5.0)
    opened(player)
    with pytest.raises(SdramError, match="^tCK: a clock of 5 ns, expected at least 7.5 ns"):
        player.give("READ", 30, ba=1)


def test_refreshes_that_stay_away_are_noticed():
    player = Player()
    for _ in range(3):
        player.wait(7_700)
        player.give("REFRESH")
    player.wait(2 * 7_812.5 - 400)
    with pytest.raises(SdramError, match="^tREFI: 3 refreshes where 5 are due"):
        player.wait(7_812.5)


def test_words_come_back_and_masked_bytes_stay():
    player = Player()
    player.put(1, 7, 3, 0xABCD)
    assert player.word_of(1, 7, 3) == 0xABCD
    player.put(1, 7, 3, 0x1234, dqm=0b10)
    assert player.word_of(1, 7, 3) == 0xAB34
    player.rules.flip(1, 7, 3, 15)
    assert player.word_of(1, 7, 3) == 0x2B34


def test_a_masked_read_gives_nothing_after_two_clocks():
    player = Player()
    player.give("ACTIVATE", 100, ba=1, a=7)
    player.give("READ", 30, ba=1)
    player.edge(SdramCommand.NOP, dqm=0b11)
    player.edge(SdramCommand.NOP)
    assert player.word is None


def test_a_column_that_is_not_there_is_another_one():
    for chip, same in ((MT48LC16M16A2, True), (AS4C32M16SB, False)):
        player = Player(chip, 12.5)
        player.put(0, 0, 5, 1)
        player.put(0, 0, 5 + 512, 2)
        assert (player.word_of(0, 0, 5) == 2) == same


@pytest.mark.parametrize("refreshed", [True, False])
def test_a_row_that_is_not_refreshed_in_time_has_other_bits(refreshed):
    chip = replace(CHIP, rows=16, refreshes=16)
    player = Player(chip)
    rules = player.rules
    player.put(1, 5, 3, 0xABCD)
    rules.refreshes = 1000  # nobody counts here
    for _ in range(2):
        player.clocks += round(chip.refresh_ms * 1e6 * 0.6 / CLOCK_NS)
        for _ in range(16 if refreshed else 5):
            player.give("REFRESH", 100)
        rules.next_row = 0
    assert (player.word_of(1, 5, 3) == 0xABCD) == refreshed


def test_opening_a_row_refreshes_it():
    player = Player()
    player.put(1, 5, 3, 0xABCD)
    player.rules.refreshes = 1 << 20
    for _ in range(3):
        player.clocks += round(CHIP.refresh_ms * 1e6 * 0.6 / CLOCK_NS)
        assert player.word_of(1, 5, 3) == 0xABCD
    player.clocks += round(CHIP.refresh_ms * 1e6 * 1.1 / CLOCK_NS)
    assert player.word_of(1, 5, 3) != 0xABCD


@pytest.mark.parametrize("chip", CHIPS, ids=lambda chip: chip.name)
def test_what_nobody_wrote_stays_what_it_is(chip):
    rules = SdramRules(chip)
    assert rules.held(1, 2, 3) == rules.held(1, 2, 3) != SdramRules(chip, seed=2).held(1, 2, 3)
