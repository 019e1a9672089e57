"""Pins: what stands outside can put a model of the chip at the ports of the generated accelerator."""

import re

import pytest

from hw.generate import chip_of, generate
from sim.store.test_records import SMALL


@pytest.mark.parametrize(("board", "width", "rows"), [("tangnano20k", 32, 11)])
def test_the_verilog_of_a_board_has_the_pins_of_its_memory(board, width, rows):
    chip, clock_hz = chip_of(board)
    top = re.search(r"^module accelerator\(.*?^endmodule", generate(SMALL, clock_hz=clock_hz, chip=chip), re.S | re.M)
    assert top is not None
    ports = {name: int(high or 0) + 1 for high, name in re.findall(r"^  (?:in|out)put (?:\[(\d+):0\] )?(\w+);", top[0], re.M)}
    widths = {"clk": 1, "cke": 1, "cs_n": 1, "ras_n": 1, "cas_n": 1, "we_n": 1, "ba": 2, "a": rows}
    widths |= {"dqm": width // 8, "dq_o": width, "dq_oe": 1, "dq_i": width}
    assert {name.removeprefix("pins__"): bits for name, bits in ports.items() if name.startswith("pins__")} == widths
