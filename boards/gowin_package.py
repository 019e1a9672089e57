"""Where the SDRAM inside the package of a GW2AR-18 is connected: from Project Apicula, by the names that nextpnr knows."""

PINS = {
    "O_sdram_clk": "X55Y10B",
    "O_sdram_cke": "X0Y12A",
    "O_sdram_cs_n": "X0Y13B",
    "O_sdram_cas_n": "X0Y13A",
    "O_sdram_ras_n": "X0Y12B",
    "O_sdram_wen_n": "X0Y11B",
    "O_sdram_dqm": "X0Y11A X55Y10A X0Y17A X55Y14B",
    "O_sdram_addr": ("X55Y13A X55Y12B X55Y13B X55Y14A X0Y15B X0Y16B X0Y15A X0Y16A X0Y14B X0Y14A X55Y11B"),
    "O_sdram_ba": "X55Y12A X55Y11A",
    "IO_sdram_dq": (
        "X0Y2A X0Y2B X0Y7A X0Y7B X0Y8A X0Y8B X0Y10A X0Y10B X55Y8B X55Y8A X55Y4B "
        "X55Y5A X55Y4A X55Y3B X55Y2B X55Y2A X0Y38B X0Y38A X0Y34B X0Y34A X0Y29B X0Y29A "
        "X0Y19A X0Y17B X55Y16A X55Y15A X55Y15B X55Y16B X55Y17A X55Y17B X55Y43A X55Y43B"
    ),
}
"""Of each port its pins, from the lowest bit on: column, row and side of the cell (`GW2AR-18C`, package `QFN88`)."""


def places() -> dict[str, str]:
    """The name of each pin, as nextpnr has it, and its place, as nextpnr writes it."""
    found = {}
    for name, pins in PINS.items():
        sides = pins.split()
        for i, pin in enumerate(sides):
            found[f"{name}[{i}]" if len(sides) > 1 else name] = f"{pin[:-1]}/IOB{pin[-1]}"
    return found
