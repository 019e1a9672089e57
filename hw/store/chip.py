"""SDR SDRAM chips: their shape and their times, from the data sheets, and the times in cycles of a clock."""

from dataclasses import dataclass, replace
from math import ceil, floor

from sw.contract.error import ContractError, require

NS_A_MS = 1_000_000
LATENCY = 3
"""Cycles from a READ to its word, at any clock: the parts are fastest with it, and the third one is lost once a request."""
BANKS = 4
PRECHARGE_ALL = 1 << 10
"""Address bit of a PRECHARGE that closes the rows of all banks; on READ and WRITE it is auto-precharge."""


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A chip of four banks. Times are in ns, least ones unless said otherwise; raises `ContractError`.

    Members
    -------
    rows, columns : of a bank; `width` : bits of a word
    wide_columns : columns that it may have instead, of which the board finds out at its start; 0: it has `columns`
    t_ck2, t_ck3 : clock periods with a CAS latency of 2 and 3 cycles; `LATENCY` is what is used
    t_rcd, t_rp, t_ras, t_rc, t_rfc, t_rrd, t_wr : ACTIVATE to READ or WRITE; PRECHARGE to ACTIVATE; ACTIVATE to PRECHARGE, to
        the next ACTIVATE of the bank; REFRESH to the next command; ACTIVATE of one bank to that of another; last word written
        to PRECHARGE
    wr_clocks, rrd_clocks, mrd_clocks : the least of t_wr, of t_rrd, and from MODE to the next command, in cycles
    ras_most : that a row may stay open
    t_ac, t_oh : a word read comes at most so long after the clock's edge, and stays at least so long after the next one
    power_up, first_refreshes : how long nothing is asked of it at first, and how often it is refreshed then
    refreshes, refresh_ms : so often every so many ms
    taken_at_fall : words read are taken at the falling edge of the design's clock, where they come and go around the rising one
    """

    name: str
    rows: int
    columns: int
    width: int
    t_ck2: float
    t_ck3: float
    t_rcd: float
    t_rp: float
    t_ras: float
    t_rc: float
    t_rfc: float
    t_rrd: float
    t_wr: float
    t_ac: float
    t_oh: float
    wide_columns: int = 0
    taken_at_fall: bool = False
    wr_clocks: int = 2
    rrd_clocks: int = 1
    mrd_clocks: int = 2
    ras_most: float = 100_000
    power_up: float = 200_000
    first_refreshes: int = 8
    refreshes: int = 8192
    refresh_ms: int = 64

    def __post_init__(self) -> None:
        for field in ("rows", "columns", "wide_columns"):
            value = getattr(self, field)
            require(value & (value - 1) == 0, f"{field} of {self.name} is {value}, expected a power of two")

    @property
    def refresh_interval(self) -> float:
        """ns from one REFRESH to the next, on average and at most."""
        return self.refresh_ms * NS_A_MS / self.refreshes

    @property
    def column_bits(self) -> int:
        """Bits of a column's number, of those that are always there."""
        return self.columns.bit_length() - 1

    @property
    def row_bits(self) -> int:
        """Bits of a row's number, which are as many as there are address pins."""
        return self.rows.bit_length() - 1

    @property
    def address_bits(self) -> int:
        """Bits of the number of a word; the highest one is that of `wide_columns`, if there are any."""
        return self.column_bits + 2 + self.row_bits + (self.wide_columns > 0)

    @property
    def bytes(self) -> int:
        """What it holds, without the `wide_columns`."""
        return BANKS * self.rows * self.columns * self.width // 8

    def at(self, clock_hz: int) -> "Cycles":
        """Its times in cycles of a clock. Raises `ContractError` for a clock that is too fast for it."""
        period = 1e9 / clock_hz
        require(
            period >= self.t_ck3,
            f"the clock of {self.name} is {clock_hz / 1e6:g} MHz, expected at most {1e3 / self.t_ck3:.0f} MHz: lower it",
        )

        def cycles(time: float) -> int:
            return ceil(time / period - 1e-9)

        rp, ras = cycles(self.t_rp), cycles(self.t_ras)
        return Cycles(
            latency=LATENCY,
            rcd=cycles(self.t_rcd),
            rp=rp,
            ras=max(ras, cycles(self.t_rc) - rp),
            rfc=max(cycles(self.t_rfc), cycles(self.t_rc)),
            wr=max(cycles(self.t_wr), self.wr_clocks),
            mrd=self.mrd_clocks,
            power_up=cycles(self.power_up),
            refresh=floor(self.refresh_interval / period) - 1,  # so that a row comes in time where one comes late
        )


@dataclass(frozen=True, kw_only=True)
class Cycles:
    """Times of a chip in cycles (`Chip`). One row is open at a time: with `ras` and `rp`, t_rc and t_rrd are kept too."""

    latency: int
    rcd: int
    rp: int
    ras: int
    rfc: int
    wr: int
    mrd: int
    power_up: int
    refresh: int


LONGEST = ("t_ck2", "t_ck3", "t_rcd", "t_rp", "t_ras", "t_rc", "t_rfc", "t_rrd", "t_wr", "t_ac", "power_up")
MOST = ("wr_clocks", "rrd_clocks", "mrd_clocks", "first_refreshes", "refreshes")


def together(name: str, *chips: Chip) -> Chip:
    """A chip that stands for any of `chips`: the longest of their times, the fewest of their columns.

    Raises `ContractError` for chips of different rows or words.
    """
    first, *others = chips
    for chip in others:
        if (chip.rows, chip.width) != (first.rows, first.width):
            raise ContractError(f"{chip.name} has other rows or words than {first.name}: a board has one or the other")
    columns = {chip.columns for chip in chips}
    return replace(
        first,
        name=name,
        columns=min(columns),
        wide_columns=max(columns) if len(columns) > 1 else 0,
        ras_most=min(chip.ras_most for chip in chips),
        t_oh=min(chip.t_oh for chip in chips),
        refresh_ms=min(chip.refresh_ms for chip in chips),
        **{field: max(getattr(chip, field) for chip in chips) for field in (*LONGEST, *MOST)},
    )


# Micron, 256Mb_sdr.pdf, table 12, -75: the slowest of the three speeds that were sold.
MT48LC16M16A2 = Chip(
    name="MT48LC16M16A2-75", rows=8192, columns=512, width=16, t_ck2=10, t_ck3=7.5, t_ac=5.4, t_oh=2.7,
    t_rcd=20, t_rp=20, t_ras=44, t_rc=66, t_rfc=66, t_rrd=15, t_wr=15, power_up=100_000, first_refreshes=2,
)  # fmt: skip
# ISSI, 42-45S83200G-16160G.pdf, AC characteristics, -7; t_dpl stands for t_wr.
IS42S16160G = Chip(
    name="IS42S16160G-7", rows=8192, columns=512, width=16, t_ck2=10, t_ck3=7, t_ac=5.4, t_oh=2.7,
    t_rcd=15, t_rp=15, t_ras=37, t_rc=60, t_rfc=60, t_rrd=14, t_wr=14,
)  # fmt: skip
# ESMT, M12L2561616A, operating AC parameter, -6; t_rdl, two clocks, stands for t_wr.
M12L2561616A = Chip(
    name="M12L2561616A-6", rows=8192, columns=512, width=16, t_ck2=10, t_ck3=6, t_ac=5.4, t_oh=2.5,
    t_rcd=18, t_rp=18, t_ras=42, t_rc=60, t_rfc=60, t_rrd=12, t_wr=12,
)  # fmt: skip
# Alliance Memory, AS4C32M16SB, table 16, -7.
AS4C32M16SB = Chip(
    name="AS4C32M16SB-7", rows=8192, columns=1024, width=16, t_ck2=10, t_ck3=7, t_ac=5.4, t_oh=2.5,
    t_rcd=21, t_rp=21, t_ras=42, t_rc=63, t_rfc=63, t_rrd=14, t_wr=14,
)  # fmt: skip
# Winbond, W9825G6KH, 9.5, -6; t_rc is that of REFRESH too, t_wr and t_rrd are two clocks.
W9825G6KH = Chip(
    name="W9825G6KH-6", rows=8192, columns=512, width=16, t_ck2=7.5, t_ck3=6, t_ac=6, t_oh=3,
    t_rcd=15, t_rp=15, t_ras=42, t_rc=60, t_rfc=60, t_rrd=12, t_wr=12, rrd_clocks=2,
)  # fmt: skip
# Inside the package of a GW2AR-18, whose maker names neither part nor times: the longest of 64-Mbit parts of 32 bits, -7
# (ESMT M12L64322A, Alliance AS4C2M32SA). They ask for 4,096 refreshes in 64 ms and get twice as many.
GW2AR_SDRAM = Chip(
    name="SDRAM of the GW2AR-18", rows=2048, columns=256, width=32, t_ck2=10, t_ck3=7, t_ac=6, t_oh=2.5,
    t_rcd=21, t_rp=21, t_ras=45, t_rc=63, t_rfc=70, t_rrd=14, t_wr=14, taken_at_fall=True,
)  # fmt: skip

ULX3S_SDRAM = together("SDRAM of the ULX3S", MT48LC16M16A2, IS42S16160G, M12L2561616A, AS4C32M16SB, W9825G6KH)
"""Whatever part a ULX3S has, of 32 MiB or, on version 3.0.7, of 64 MiB."""
BOARD_CHIPS = {
    **dict.fromkeys(("ulx3s-12f", "ulx3s-25f", "ulx3s-45f", "ulx3s-85f"), (ULX3S_SDRAM, 80_000_000)),
    "tangnano20k": (GW2AR_SDRAM, 54_000_000),
}
"""What lies on a board, and the clock that `hw.generate` writes it for: a board's PLL may make a lower one (`boards`)."""
CHIPS = (MT48LC16M16A2, IS42S16160G, M12L2561616A, AS4C32M16SB, W9825G6KH, GW2AR_SDRAM)
