"""The aims beside what was reached: which result has it, and how it is read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sw.experiments.metrics import in_per_cent, spread
from sw.experiments.results import is_there, known, path_of
from sw.experiments.results_tables import rows

Result = dict[str, Any]


def _end(metric: str) -> Callable[[Result], str]:
    return lambda result: in_per_cent(_only(result)["metrics"][metric])


def _after(tasks: int) -> Callable[[Result], str]:
    """Mean over the first `tasks` tasks once they are learned: a longer stream begins like a shorter one."""
    return lambda result: in_per_cent(spread([sum(run["matrix"][tasks - 1][:tasks]) / tasks for run in _only(result)["runs"]]))


def _each(result: Result) -> str:
    """The accuracy of every task at the end."""
    finals = zip(*(run["final"] for run in _only(result)["runs"]), strict=True)
    return " / ".join(in_per_cent(spread(list(of))) for of in finals)


def _only(result: Result) -> Result:
    """The chip, the last of the methods."""
    return list(result["methods"].values())[-1]


# Measure, result with the settings that were searched, the same with the contract's defaults, how to read it, what the
# prototype reached (a plain C++ program, before there was gateware), aim.
BEYOND: tuple[tuple[str, str | None, str | None, Callable[[Result], str], str, str], ...] = (
    ("MNIST once, 784-500-10", "beyond-mnist", "defaults-mnist", _end("accuracy"), "93.5", "95"),
    ("6 permuted tasks, 784-500-10", "beyond-permuted", "defaults-permuted-mnist", _after(6), "88", "90"),
    ("10 permuted tasks, 784-500-10", "beyond-permuted", "defaults-permuted-mnist", _after(10), "84.5", "88"),
    ("100 permuted tasks, last ten", "beyond-stream", None, _end("accuracy"), "70 (at 30)", "80"),
    ("100 permuted tasks, newest", "beyond-stream", None, _end("newest_accuracy"), "84 (at 30)", "90"),
    ("784-100-10, 1000 tasks, last five", "beyond-narrow", None, _end("accuracy"), "69 (at 40)", "85"),
    ("Fashion-MNIST once, 1-bit input", "beyond-fashion-mnist", None, _end("accuracy"), "84.0", "85"),
    ("MNIST → Fashion-MNIST, 3 epochs each", "beyond-mnist-fashion", None, _each, "78 / 82", "90 / 84"),
)


# Measure, result, how to read it, the result of the first settings if there is one, aim.
ANSWER: tuple[tuple[str, str, Callable[[Result], str], str | None, str], ...] = (
    ("MNIST once, 784-500-10", "band-mnist", _end("accuracy"), "beyond-mnist", "96"),
    ("6 permuted tasks, nothing stored", "band-permuted", _after(6), "beyond-permuted", "92.5"),
    ("10 permuted tasks, nothing stored", "band-permuted", _after(10), "beyond-permuted", "90.5"),
    ("the same, 10,000 records, every second sample", "band-permuted-10000", _after(10), None, "93.5"),
    ("the same, 50,000 records, every sample", "band-permuted-50000", _after(10), None, "94.5"),
    ("100 permuted tasks, last ten, nothing stored", "band-stream", _end("accuracy"), "beyond-stream", "84"),
    ("newest of them", "band-stream", _end("newest_accuracy"), "beyond-stream", "94.5"),
    ("the same, 50,000 records, horizon 500,000", "band-stream-50000", _end("accuracy"), None, "92"),
    ("784-100-10, 1,000 tasks, last five, nothing stored", "band-narrow", _end("accuracy"), "beyond-narrow", "85"),
    ("the same, 20,000 records, horizon 200,000", "band-narrow-20000", _end("accuracy"), None, "89.5"),
    ("ten digits, two at a time, ten outputs, nothing stored", "band-classes-none", _end("held_out"), None, "–"),
    ("the same, 2,000 records", "band-classes-2000", _end("held_out"), None, "94"),
    ("the same, 5,000 records", "band-classes-5000", _end("held_out"), None, "95"),
    ("ten digits, one at a time, 2,000 records", "band-single-classes-2000", _end("held_out"), None, "94"),
    ("even or odd, two digits at a time, 2,000 records", "band-even-odd", _end("accuracy"), None, "97"),
    ("Fashion-MNIST once, one bit a pixel", "band-fashion", _end("accuracy"), "beyond-fashion-mnist", "86"),
)


def answer(folder: Path) -> str:
    """Every aim beside what was reached: one pass, one sample at a time, nobody tells the network of a task."""
    body = []
    for measure, name, read, first, aim in ANSWER:
        results = {of: known(path_of(of, folder)) for of in (name, first) if of and is_there(path_of(of, folder))}
        cells = [read(results[of]) if of in results else "not run" if of else "–" for of in (first, name)]
        seeds = str(len(results[name]["scale"]["seeds"])) if name in results else "–"
        body.append([measure, *cells, aim, seeds])
    return "\n".join(rows(["measure", "gate on one side", "band", "aim", "seeds"], body)) + "\n"


def beyond(folder: Path) -> str:
    """The aims of one pass beside what was reached."""
    body = []
    for measure, name, plain, read, before, aim in BEYOND:
        cells, seeds = [], "–"
        for result in (plain, name):
            content = known(path_of(result, folder)) if result else {}
            cells.append(read(content) if content else "not run" if result else "–")
            seeds = str(len(content["scale"]["seeds"])) if content else seeds
        body.append([measure, before, *cells, aim, seeds])
    return "\n".join(rows(["measure", "prototype", "defaults", "searched settings", "aim", "seeds"], body)) + "\n"
