"""Writes the numbers of docs/results.md from the files that the experiments left.

    python -m sw.experiments.results_page

The page's prose is written by hand; between a marker `<!-- result: NAME -->` and the next `<!-- end -->` lies what
`results/NAME.json` says: the command, the size, the table. `<!-- beyond -->` has the aims of one pass beside what was
reached. What has no file yet is called that.
"""

import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sw.experiments.continual.comparison import in_per_cent
from sw.experiments.metrics import spread
from sw.experiments.results_plan import PLAN, RESULTS, words_of
from sw.files.error import FileError
from sw.files.input import read_object, read_text
from sw.files.output import write_text
from sw.files.streams import take_every_word

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "results.md"
BEGIN = re.compile(r"<!-- (?:result: (?P<name>[a-z0-9-]+)|beyond) -->\n")
END = "<!-- end -->"
METRICS = {
    "accuracy": "accuracy at the end",
    "held_out": "held-out test",
    "accuracy_when_new": "when new",
    "newest_accuracy": "newest task",
    "backward_transfer": "backward transfer",
    "forgetting": "forgetting",
}
Result = dict[str, Any]


def replaced(text: str, folder: Path = ROOT / RESULTS) -> str:
    """`text` with what lies between its markers as the files in `folder` have it. Raises `ValueError` for an unknown
    name and for a marker without an end."""
    parts, place = [], 0
    for marker in BEGIN.finditer(text):
        name = marker["name"]
        if name is not None and name not in PLAN:
            raise ValueError(f"the page has a marker for {name}, expected one of {', '.join(PLAN)}")
        end = text.index(END, marker.end())
        parts += [text[place : marker.end()], beyond(folder) if name is None else section(name, folder), "\n"]
        place = end
    return "".join([*parts, text[place:]])


def section(name: str, folder: Path) -> str:
    """Command, size, table and picture of one result."""
    found = load(name, folder)
    if found is None:
        return f"Not run yet: `metaplast experiment {shlex.join(words_of(name))}`\n"
    pictures = (f"{name}.png", f"{name}-curves.png") if not _has_one_task(found) else ()
    shown = [f"\n![{name}](../results/{picture})\n" for picture in pictures if (folder / picture).exists()]
    return "\n".join([f"`{found['command']}`", "", sizes(found), "", *table_of(found), *shown])


def load(name: str, folder: Path) -> Result | None:
    """A result's file, if it is there."""
    path = folder / f"{name}.json"
    return read_object(path) if path.exists() else None


def sizes(result: Result) -> str:
    """How large the run was, in words."""
    if "scale" not in result:
        return f"{result['dimensions']} weights, {result['steps']} steps, {len(result['runs'])} seeds."
    scale = result["scale"]
    samples, tests = (scale[key] if scale[key] is not None else "all" for key in ("samples", "test_samples"))
    hidden = "-".join(map(str, scale["hidden"])) or "none"
    last = result.get("last", scale["tasks"])
    newest = f" Accuracy at the end is that of the last {last} tasks." if last != scale["tasks"] else ""
    tested = "held-out training samples" if scale.get("validation") else "test samples"
    return (
        f"Tasks {scale['tasks']}, training samples of each {samples}, {tested} {tests}, epochs {scale['epochs']} (one "
        f"pass at batch 1 and on the chip), hidden layers {hidden}, {'grey' if scale['grey'] else 'one-bit'} pixels, "
        f"seeds {', '.join(map(str, scale['seeds']))}. Accuracies in per cent, mean ± standard deviation over seeds.{newest}"
    )


def table_of(result: Result) -> list[str]:
    """The lines of the table of any experiment."""
    if "methods" in result:
        return _methods(result["methods"], ["accuracy"] if _has_one_task(result) else list(METRICS))
    if "by_m" in result:
        return _grid("m", result["by_m"])
    if "by_width" in result:
        return _grid("width", result["by_width"])
    if "by_variant" in result:
        return _variants(result["by_variant"])
    if "bins" in result and "flips" in result:
        return _switching(result)
    return _quadratic(result)


def rows(header: list[str], body: list[list[str]]) -> list[str]:
    """A table in Markdown."""
    return ["| " + " | ".join(cells) + " |" for cells in (header, ["---"] * len(header), *body)]


def _has_one_task(result: Result) -> bool:
    """Nothing changes over tasks, so that one number says it all."""
    return "methods" in result and result["scale"]["tasks"] == 1


def _methods(methods: dict[str, Any], wanted: list[str]) -> list[str]:
    metrics = [of["metrics"] for of in methods.values()]
    shown = [name for name in wanted if any(of.get(name, {}).get("mean") is not None for of in metrics)]
    body = [
        [name, *(in_per_cent(of["metrics"][metric]) for metric in shown), "yes" if of["task_knowledge"] else "no"]
        for name, of in methods.items()
    ]
    return rows(["method", *(METRICS[name] for name in shown), "told of tasks"], body)


def _grid(across: str, by: dict[str, Any]) -> list[str]:
    names = list(next(iter(by.values())))
    header = [across, *(f"{name}: {what}" for name in names for what in ("at the end", "when new"))]
    body = [
        [value, *(in_per_cent(of[name]["metrics"][key]) for name in names for key in ("accuracy", "accuracy_when_new"))]
        for value, of in by.items()
    ]
    return rows(header, body)


def _variants(by: dict[str, Any]) -> list[str]:
    several = len(next(iter(by.values()))["chip"]["runs"][0]["final"]) > 1
    shown = ["accuracy", "accuracy_when_new", "newest_accuracy"] if several else ["accuracy"]
    body = [[name, *(in_per_cent(of["chip"]["metrics"][metric]) for metric in shown)] for name, of in by.items()]
    return rows(["settings", *(METRICS[metric] for metric in shown)], body)


def _switching(result: Result) -> list[str]:
    body = []
    for layer in range(len(result["flips"])):
        ends = [[sum(part["increase"]) / len(part["increase"]) for part in (run["layers"][layer][0], run["layers"][layer][-1])]
                for run in result["runs"]]  # fmt: skip
        small, large = (spread([pair[i] for pair in ends]) for i in (0, 1))
        body.append([str(layer + 1), *(f"{of['mean']:.2e} ± {of['deviation'] or 0:.0e}" for of in (small, large))])
    return rows(["layer", "loss of one switch, smallest hidden weights", "largest hidden weights"], body)


def _quadratic(result: Result) -> list[str]:
    found = result["metrics"]
    cells = [f"{found['correlation']['mean']:.3f} ± {found['correlation']['deviation']:.3f}", f"{found['steady']['mean']:.1%}"]
    worst = max(run["largest_error"] for run in result["runs"])
    header = ["correlation of hidden weight and cost", "weights that keep their sign", "theory off by at most, among those"]
    return rows(header, [[*cells, f"{worst:.0e}"]])


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


def beyond(folder: Path) -> str:
    """The aims of one pass beside what was reached."""
    body = []
    for measure, name, plain, read, before, aim in BEYOND:
        cells, seeds = [], "–"
        for result in (plain, name):
            found = load(result, folder) if result else None
            cells.append(read(found) if found else "not run" if result else "–")
            seeds = str(len(found["scale"]["seeds"])) if found else seeds
        body.append([measure, before, *cells, aim, seeds])
    return "\n".join(rows(["measure", "prototype", "defaults", "searched settings", "aim", "seeds"], body)) + "\n"


def main() -> int:
    """The command line."""
    take_every_word()
    try:
        write_text(PAGE, replaced(read_text(PAGE)))
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
