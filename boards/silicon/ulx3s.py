"""The ULX3S has an ESP32 that watches a pin of the FPGA: `wifi_gpio0`, at site L2, is driven to 1."""

import re
from collections.abc import Iterator

from boards.netlist import HIGH
from boards.silicon.design import Design
from boards.silicon.rule import Refusal, Rule

SITE = "L2"
LOCATED = re.compile(r'^LOCATE COMP "([^"]*)" SITE "L2";$', re.MULTILINE)


def esp32_pin_not_high(design: Design) -> Iterator[Refusal]:
    """The pin, where it is missing from the constraints or from the netlist or not at 1."""
    if not design.board.startswith("ulx3s"):
        return
    located = LOCATED.search(design.constraints)
    port = next((net for name, _, net in design.netlist.ports if located and name == located[1]), None)
    if port is None:
        yield Refusal(cell="top", pin=f"the pin {SITE}", found="is not there")
        return
    drivers = [cell for cell in design.cells("TRELLIS_IO") if design.net(cell, "B") == design.netlist.net(port)]
    for cell in drivers:
        if cell.text("DIR", "INPUT") != "OUTPUT" or design.net(cell, "I") != HIGH:
            yield Refusal(cell=cell.name, pin=f"the pin {SITE}", found="is not driven to 1")
    if not drivers and design.netlist.net(port) != HIGH:
        yield Refusal(cell="top", pin=f"the pin {SITE}", found="is not driven")


ESP32 = Rule(
    name="ulx3s-esp32-pin",
    families=("Ecp5",),
    why="the ESP32 takes the board over where wifi_gpio0 is low for some seconds",
    source="https://github.com/olofk/edalize/issues/58, https://github.com/sylefeb/Silice/issues/207",
    look=esp32_pin_not_high,
)
