"""The sweep as a page, `docs/sweep.md`, and as a picture beside it: logic a synapse against training samples a second."""

from pathlib import Path
from typing import Any

from boards.error import RequestError
from boards.report import ROOT
from sw.figures import pareto, style
from sw.files.output import make_folder, write_text

PAGE = ROOT / "docs" / "sweep.md"
HEAD = """# What the choices cost

<!-- Written by `python -m boards.sweep` from boards/reports/sweep.json: do not edit. -->

A chip of {synapses} synapses a cycle ({columns} columns in {folds} folds, {rows} rows) with everything around it but a memory
for samples, on the LFE5U-25F: one `TRELLIS_COMB` is a LUT4 of the ECP5, half of a carry cell or a quarter of a small
memory. The logic of the whole chip is divided by its {synapses} synapses; engine and link are the same in all points and weigh
more here than on a large board. Cycles are those of a training sample of MNIST with {network}, measured on the simulated board;
samples a second are what the analysis allows, the clock after routing over these cycles: the points are compared, and no PLL
makes these clocks. Seconds are of one core that other work shared. What groups cost on the boards is in
[boards.md](boards.md#groups).

`kK-sS`: K synapses a cell, S slices; a slice has at least the four weights that a block is wide. `-gG`: rows of the first layer
are read for a group of G samples, elsewhere for one. `*` is on the Pareto front of logic and samples a second
([picture]({picture}.svg)).

| point | nextpnr | logic | a synapse | FF | blocks | MHz | cycles | samples/s | Yosys s | nextpnr s | |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""
ENDS = """
Every line again: `{command}`, with another name. {tools}.
"""


def front(points: dict[str, Any]) -> list[str]:
    """Names of the points that no other one beats in logic and in samples a second, the smallest first."""

    def beaten(name: str) -> bool:
        own = points[name]
        return any(
            other["logic_per_synapse"] <= own["logic_per_synapse"]
            and other["samples_per_second"] >= own["samples_per_second"]
            and (other["logic_per_synapse"], other["samples_per_second"])
            != (own["logic_per_synapse"], own["samples_per_second"])
            for other in points.values()
        )

    return sorted((name for name in points if not beaten(name)), key=lambda name: points[name]["logic_per_synapse"])


def line(name: str, point: dict[str, Any], on_front: bool) -> str:
    """A line of the table."""
    use, seconds = point["use"], point["seconds"]
    options = [*point["options"], *(["seed", str(point["seed"])] if point["seed"] != 1 else [])]
    fields = (
        name,
        " ".join(options) or "-",
        f"{use['TRELLIS_COMB'][0]:,}",
        f"{point['logic_per_synapse']:.1f}",
        f"{use['TRELLIS_FF'][0]:,}",
        str(use["DP16KD"][0]),
        f"{point['clock_mhz']:.1f}",
        f"{point['cycles']:.0f}",
        f"{point['samples_per_second']:,.0f}",
        f"{seconds['synthesis']:.0f}",
        f"{seconds['place and route']:.0f}",
        "*" if on_front else "",
    )
    return f"| {' | '.join(fields)} |\n"


def page(points: dict[str, Any], picture: str) -> str:
    """The text of the page. Raises `RequestError` where nothing has been measured."""
    if not points:
        raise RequestError("nothing has been measured yet: run python -m boards.sweep without --tables")
    first = next(iter(points.values()))
    shape = first["geometry"]
    best = front(points)
    head = HEAD.format(
        synapses=shape["grid_height"] * shape["grid_width"] * shape["synapses_per_cell"],
        columns=shape["columns"],
        folds=shape["folds"],
        rows=shape["rows"],
        network="-".join(map(str, first["layers"])),
        picture=picture,
    )
    lines = [line(name, point, name in best) for name, point in points.items()]
    tools = "; ".join(f"{tool}: {version}" for tool, version in first["tools"].items())
    return head + "".join(lines) + ENDS.format(command=first["command"], tools=tools)


def write(points: dict[str, Any], path: Path = PAGE) -> list[Path]:
    """Write the page and the picture; the paths."""
    text = page(points, path.stem)
    figure = pareto.draw(
        {name: (point["logic_per_synapse"], point["samples_per_second"]) for name, point in points.items()},
        front(points),
        title="Logic against speed, 144 synapses a cycle on the LFE5U-25F",
        across="TRELLIS_COMB of the whole chip, for each synapse",
        up="training samples a second",
    )
    make_folder(path.parent)
    write_text(path, text)
    return [path, *style.save(figure, path.with_suffix(""), (style.SVG,))]
