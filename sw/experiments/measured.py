"""Writes the measured figures of README.md and docs/measured.md from the files that the commands left.

    python -m sw.experiments.measured

Each row says what was measured, its value, and the command that measures it again. README has those that greet, the page all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sw.experiments.benchmarks.memory import PLL_HZ
from sw.experiments.metrics import spread
from sw.experiments.program import main
from sw.experiments.results import RESULTS, path_of
from sw.experiments.results_tables import rows
from sw.files.input import read_object, read_text
from sw.files.output import write_text
from sw.tree.sources import ROOT

README, PAGE = ROOT / "README.md", ROOT / "docs" / "measured.md"
BEGIN = "<!-- measured: written by python -m sw.experiments.measured -->\n"
END = "<!-- end of measured -->"
PLAN = "python -m sw.experiments.results_plan --only"

CLOCK = f"{PLL_HZ / 1e6:g} MHz"


@dataclass(frozen=True, kw_only=True)
class Row:
    """`value` reads the results in a folder; `greets`: the row is in README too."""

    what: str
    value: Callable[[Path], str]
    command: str
    greets: bool = False


def _bench(name: str, form: str) -> Callable[[Path], str]:
    return lambda folder: form.format(read_object(folder / "bench.json")[name]["value"])


def _run(form: str) -> Callable[[Path], str]:
    return lambda folder: form.format(**read_object(folder / "run.json"))


def _both_tasks(folder: Path) -> str:
    """Each task with the rule, then without it."""
    tasks = read_object(folder / "run.json")["tasks"]
    told = (" and ".join(f"{task[rule]:.1%}" for task in tasks) for rule in ("with", "without"))
    return "{}; without the rule {}".format(*told)


def _chip(result: str, metric: str = "accuracy") -> Callable[[Path], str]:
    return lambda folder: f"{_methods(result, folder)['chip']['metrics'][metric]['mean']:.1%}"


def _joined(*values: Callable[[Path], str]) -> Callable[[Path], str]:
    return lambda folder: ", ".join(value(folder) for value in values)


def _after_six(folder: Path) -> str:
    """A longer stream begins like a shorter one: the mean over the first six tasks once they are learned."""
    runs = _methods("band-permuted", folder)["chip"]["runs"]
    return f"{spread([sum(run['matrix'][5][:6]) / 6 for run in runs])['mean']:.1%}"


def _one_pass(folder: Path) -> str:
    """The chip, then floating point: the rule, SI, EWC, no rule."""
    methods = _methods("compare-one-pass", folder)
    others = ("metaplastic-batch-1", "si-batch-1", "ewc-batch-1", "plain-batch-1")
    chip, *floats = (f"{methods[name]['metrics']['accuracy']['mean']:.1%}" for name in ("chip", *others))
    return f"{chip}; {', '.join(floats)}"


def _two_sets(folder: Path) -> str:
    (of,) = _methods("beyond-mnist-fashion", folder).values()
    by_task = zip(*(run["final"] for run in of["runs"]), strict=True)
    return ", ".join(f"{spread(list(finals))['mean']:.1%}" for finals in by_task)


def _host(folder: Path) -> str:
    bench = read_object(folder / "bench.json")
    return f"{bench['host_line_efficiency']['value']:.1%}, {bench['host_processor_share']['value']:.0%}"


def _methods(result: str, folder: Path) -> dict[str, Any]:
    return read_object(path_of(result, folder))["methods"]


def _playback(folder: Path) -> str:
    bench = read_object(folder / "bench.json")
    full, permuted, smallest = (bench[f"playback_share_of_array{name}"]["value"] for name in ("", "_permuted", "_smallest"))
    return f"{full:.1%}, permuted {permuted:.1%}, 12-6-3 {smallest:.1%}"


def _traffic(folder: Path) -> str:
    bench = read_object(folder / "bench.json")
    return ", ".join(f"{bench[f'sample_memory_{name}_share']['value']:.2%}" for name in ("bus", "refresh", "waiting"))


def _epoch(folder: Path) -> str:
    epoch = read_object(folder / "bench.json")["epoch_seconds"]
    return f"{epoch['value']:.2f} s; {epoch['bound']:.2f} s"


ROWS = (
    Row(
        what="samples on the simulated ULX3S-85F, equal to the twin in every prediction and, at the end, in every weight",
        value=_bench("samples_compared", "{:,}"),
        command="make bench",
        greets=True,
    ),
    Row(
        what="MNIST, then MNIST with its pixels permuted: accuracy of both at the end",
        value=_both_tasks,
        command="make run",
        greets=True,
    ),
    Row(
        what="the same: predictions before learning that were right",
        value=_run("{prequential_accuracy:.1%}"),
        command="make run",
    ),
    Row(
        what="MNIST once, 60,000 samples, then 10,000 test images, with the settings of `examples/band-one-pass.toml`",
        value=_chip("band-mnist"),
        command=f"{PLAN} band-mnist",
        greets=True,
    ),
    Row(what="the same with the defaults", value=_chip("defaults-mnist"), command=f"{PLAN} defaults-mnist"),
    Row(
        what="ten permutations of MNIST in a row, each seen once: mean accuracy on all ten at the end",
        value=_chip("band-permuted"),
        command=f"{PLAN} band-permuted",
        greets=True,
    ),
    Row(what="the same after the first six, on those", value=_after_six, command=f"{PLAN} band-permuted"),
    Row(
        what="the ten digits two at a time, ten outputs, with 2,000 past samples that are learned again: all ten at the end",
        value=_chip("band-classes-2000", "held_out"),
        command=f"{PLAN} band-classes-2000",
    ),
    Row(
        what="four permutations of 12,000 samples, one at a time, mean accuracy at the end: the chip's integers; in floating "
        "point the paper's rule, SI, EWC, no rule",
        value=_one_pass,
        command=f"{PLAN} compare-one-pass",
    ),
    Row(
        what="784-100-10 on 1,000 permutations, each seen once, 60 million samples: a task when new; the last five at the end",
        value=_joined(_chip("beyond-narrow", "accuracy_when_new"), _chip("beyond-narrow")),
        command=f"{PLAN} beyond-narrow",
    ),
    Row(
        what="MNIST, then Fashion-MNIST on the same outputs, three passes of each: both at the end",
        value=_two_sets,
        command=f"{PLAN} beyond-mnist-fashion",
    ),
    Row(
        what="cycles of a training sample, mean over a pass of MNIST",
        value=_bench("cycles_per_training_sample", "{:.1f}"),
        command="make bench",
    ),
    Row(
        what="simulated training samples a second, one core",
        value=_bench("simulated_samples_per_second", "{:.0f}"),
        command="make bench",
    ),
    Row(
        what="the twin's training samples a second, one replica, one core",
        value=_bench("twin_samples_per_second", "{:,.0f}"),
        command="make bench",
    ),
    Row(
        what="the simulated board plays out of its sample memory: share of the array's speed",
        value=_playback,
        command="make bench",
    ),
    Row(
        what="of the cycles of that: a word of a record moves, the chip refreshes, the array waits for a record",
        value=_traffic,
        command="make bench",
    ),
    Row(
        what=f"an epoch of MNIST: the 85F at {CLOCK}, by simulated cycles; the compiled twin",
        value=_epoch,
        command="make bench",
        greets=True,
    ),
    Row(
        what=f"ten permuted tasks that are played at {CLOCK}, all ten tested after each, by simulated cycles: samples a second",
        value=_bench("permuted_tasks_samples_per_second", "{:,.0f}"),
        command="make bench",
    ),
    Row(
        what="one rehearsed sample for each new one: times the cycles without",
        value=_bench("rehearsal_times", "{:.2f}"),
        command="make bench",
    ),
    Row(what="link: bytes of samples over bytes on the wire", value=_bench("link_efficiency", "{:.1%}"), command="make bench"),
    Row(
        what="host: share of a 3 Mbaud line's time that carries samples, and of a core that it takes (a board in Python, at "
        "the pace of a UART)",
        value=_host,
        command="make bench",
    ),
)


def table(chosen: tuple[Row, ...], folder: Path = ROOT / RESULTS) -> str:
    """The rows in Markdown."""
    body = [[row.what, row.value(folder), f"`{row.command}`"] for row in chosen]
    return "\n".join(rows(["784-500-10 unless it says otherwise", "value", "command"], body)) + "\n"


def replaced(text: str, chosen: tuple[Row, ...], folder: Path = ROOT / RESULTS) -> str:
    """`text` with the table between its markers as it is now. Raises ValueError without the markers."""
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return text[:begin] + table(chosen, folder) + text[end:]


GREETING = tuple(row for row in ROWS if row.greets)


def write() -> int:
    """Write the measured figures of README.md and docs/measured.md again."""
    for page, chosen in ((README, GREETING), (PAGE, ROWS)):
        write_text(page, replaced(read_text(page), chosen, ROOT / RESULTS))
    return 0


if __name__ == "__main__":
    main(write)
