"""A result as a table in Markdown, and how large its run was in words."""

from typing import Any

from sw.experiments.continual.sample_points import WITH, WITHOUT, point_name
from sw.experiments.metrics import in_per_cent, spread
from sw.experiments.pictures.sweeps import headline
from sw.experiments.pictures.theory import mean_costs

METRICS = {
    "accuracy": "accuracy at the end",
    "held_out": "held-out test",
    "accuracy_when_new": "when new",
    "newest_accuracy": "newest task",
    "backward_transfer": "backward transfer",
    "forgetting": "forgetting",
}
SHOWN_TRIALS = 3
Result = dict[str, Any]


def sizes(result: Result) -> str:
    """How large the run was, in words."""
    if "by_rows" in result:
        return _sizes_of_rows(result)
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


def _sizes_of_rows(result: Result) -> str:
    settings = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in result["settings"].items())
    tested = "held-out training samples" if result["validation"] else "test samples"
    return (
        f"Tasks {result['tasks']}, all training samples once, all {tested} of the ten classes at the end, {settings}, seeds "
        f"{', '.join(map(str, result['seeds']))}. Accuracies in per cent, mean ± standard deviation over seeds."
    )


def table_of(result: Result) -> list[str]:
    """The lines of the table of any experiment."""
    if "methods" in result:
        return _methods(result["methods"], ["accuracy"] if has_one_task(result) else list(METRICS))
    if "by_m" in result:
        return _grid("m", result["by_m"])
    if "by_width" in result:
        return _grid("width", result["by_width"])
    if "by_variant" in result:
        return _variants(result["by_variant"])
    if "by_settings" in result:
        return _settings(result)
    if "by_rows" in result:
        return _prototype_rows(result["by_rows"])
    if "by_trial" in result:
        return _trials(result["by_trial"])
    if "by_records" in result:
        return _sample_value(result)
    if "bins" in result and "flips" in result:
        return _switching(result)
    return _quadratic(result)


def rows(header: list[str], body: list[list[str]]) -> list[str]:
    """A table in Markdown."""
    return ["| " + " | ".join(cells) + " |" for cells in (header, ["---"] * len(header), *body)]


def has_one_task(result: Result) -> bool:
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
    names = list(dict.fromkeys(name for of in by.values() for name in of))
    header = [across, *(f"{name}: {what}" for name in names for what in ("at the end", "when new"))]
    keys = ("accuracy", "accuracy_when_new")
    body = [[value, *(_cell(of.get(name), key) for name in names for key in keys)] for value, of in by.items()]
    return rows(header, body)


def _cell(method: Result | None, metric: str) -> str:
    """A metric of a method, if it has been run."""
    return in_per_cent(method["metrics"][metric]) if method else "–"


def _sample_value(result: Result) -> list[str]:
    by, metric = result["by_records"], headline(result["by_records"])
    columns = [(rule, every) for rule in (WITH, WITHOUT) for every in result["every"]]
    body = [
        [str(n), *(_cell(by.get(point_name(rule, n, every), {}).get("chip"), metric) for rule, every in columns)]
        for n in result["records"]
    ]
    return rows(["records", *(f"{rule}, every {every}" for rule, every in columns)], body)


def _variants(by: dict[str, Any]) -> list[str]:
    several = len(next(iter(by.values()))["chip"]["runs"][0]["final"]) > 1
    shown = ["accuracy", "accuracy_when_new", "newest_accuracy"] if several else ["accuracy"]
    shown = [*(["held_out"] if "held_out" in next(iter(by.values()))["chip"]["metrics"] else []), *shown]
    body = [[name, *(in_per_cent(of["chip"]["metrics"][metric]) for metric in shown)] for name, of in by.items()]
    return rows(["settings", *(METRICS[metric] for metric in shown)], body)


def _trials(by: dict[str, Any]) -> list[str]:
    """Where a search began, and the best of it."""
    metric = headline(by)
    first, *rest = by
    best = sorted(rest, key=lambda name: -by[name]["chip"]["metrics"][metric]["mean"])[:SHOWN_TRIALS]
    shown = list(dict.fromkeys([metric, *(() if metric == "held_out" else ("newest_accuracy",))]))
    body = [[name, *(in_per_cent(by[name]["chip"]["metrics"][key]) for key in shown)] for name in (first, *best)]
    return rows([f"settings, {len(by)} tried", *(METRICS[key] for key in shown)], body)


def _settings(result: Result) -> list[str]:
    """The best of each method among those that no seed made diverge, and how many were tried."""
    by, metric, body = result["by_settings"], headline(result["by_settings"]), []
    shown = list(dict.fromkeys([metric, "newest_accuracy"]))
    for method, tried in result["tried"].items():
        metrics = {name: of[method]["metrics"] for name, of in by.items() if method in of}
        whole = [name for name, of in metrics.items() if of[metric]["runs"] == len(result["scale"]["seeds"])]
        best = sorted(whole, key=lambda name: -metrics[name][metric]["mean"])[:SHOWN_TRIALS]
        body += [[name, str(tried), *(in_per_cent(metrics[name][key]) for key in shown)] for name in best]
    return rows(["best settings", "tried", *(METRICS[key] for key in shown)], body)


def _prototype_rows(by: dict[str, Any]) -> list[str]:
    body = [[name, in_per_cent(of["accuracy"]), f"{of['rows']['mean']:.0f}"] for name, of in by.items()]
    return rows(["network", METRICS["held_out"], "rows taken"], body)


def _switching(result: Result) -> list[str]:
    body = []
    for layer in range(len(result["flips"])):
        small, large = (spread([mean_costs(run)[layer][end] for run in result["runs"]]) for end in (0, -1))
        body.append([str(layer + 1), *(f"{of['mean']:.2e} ± {of['deviation'] or 0:.0e}" for of in (small, large))])
    return rows(["layer", "loss of one switch, smallest hidden weights", "largest hidden weights"], body)


def _quadratic(result: Result) -> list[str]:
    metrics = result["metrics"]
    cells = [
        f"{metrics['correlation']['mean']:.3f} ± {metrics['correlation']['deviation']:.3f}",
        f"{metrics['steady']['mean']:.1%}",
    ]
    worst = max(run["largest_error"] for run in result["runs"])
    header = ["correlation of hidden weight and cost", "weights that keep their sign", "theory off by at most, among those"]
    return rows(header, [[*cells, f"{worst:.0e}"]])
