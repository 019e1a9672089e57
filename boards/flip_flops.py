"""Which flip-flops get a reset or an enable of their own: a step in the middle of Yosys's synthesis for a family.

A tile has one or two resets and enables for its eight flip-flops. With one for every few of them, nextpnr takes five times
as long to find legal places, and finds worse ones: those of small groups become logic.
"""


def synthesis(synth: str, kinds: tuple[str, ...], least: str) -> list[str]:
    """Commands of Yosys: `synth`, a family's script, broken open before it maps flip-flops.

    `kinds` are the flip-flops that the family has, as dfflegalize names them; `least` its options that tell how many have to
    share a reset (`-minsrst N`) or an enable (`-mince N`).
    """
    cells = " ".join(f"-cell {kind}" for kind in kinds)
    return [f"{synth} -run begin:map_ffs", f"dfflegalize {least} {cells}", "opt_merge", f"{synth} -run map_ffs:"]
