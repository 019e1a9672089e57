"""Several methods, several seeds, one stream: the numbers, their spread and the pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sw.contract.network import Network
from sw.experiments.continual.course import Course, follow
from sw.experiments.continual.methods import METHODS, settings_of
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.sources import Sources
from sw.experiments.continual.stream import Stream
from sw.experiments.continual.streams import Build
from sw.experiments.continual.student import Student, student_of
from sw.experiments.metrics import spread
from sw.figures import accuracy_matrices, curves, hidden_weight_course, style
from sw.terminal.speech import say

PICTURES = ("-curves", "-matrices", "-hidden-weights")  # what `draw` adds to the name of the result


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is compared: `methods` by name on the stream that `build` makes of `sources`, once for each of `seeds`.

    `changes` are of `settings_of`; `network` configures the chip, which `engine` plays; `last`, `look_back`: see `metrics`
    and `course`.
    """

    build: Build
    sources: Sources
    scale: Scale
    methods: Sequence[str]
    seeds: Sequence[int]
    changes: Sequence[str] = ()
    network: Network | None = None
    last: int | None = None
    look_back: int | None = None
    device: str = "cpu"
    engine: str = "twin"

    def student(self, name: str, stream: Stream, seed: int) -> Student:
        """The student of a method, all its settings checked."""
        layers = (stream.inputs, *self.scale.hidden, stream.classes)
        settings = settings_of(name, layers, self.scale.metaplasticity, self.scale.epochs, list(self.changes))
        return student_of(name, stream, settings, self.network, seed, self.device, self.engine)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The courses of a method, one a seed, and what its students say of themselves."""

    description: dict[str, Any]
    courses: list[Course]
    metrics: dict[str, dict[str, Any]]


def compare(plan: Plan) -> dict[str, Outcome]:
    """Run everything, seed by seed, so that all methods see the same streams. Every setting is checked before the first
    task is learned."""
    found: dict[str, list[Course]] = {name: [] for name in plan.methods}
    descriptions: dict[str, dict[str, Any]] = {}
    for seed in plan.seeds:
        stream = plan.build(plan.sources, plan.scale.tasks, seed)
        if not descriptions:
            descriptions = {name: plan.student(name, stream, seed).describe() for name in plan.methods}
        for name in plan.methods:
            course = follow(
                plan.student(name, stream, seed),
                stream,
                joint=METHODS[name].joint,
                samples=plan.scale.samples,
                test_samples=plan.scale.test_samples,
                look_back=plan.look_back,
                report=lambda line, name=name, seed=seed: say(f"{name}, seed {seed}, {line}"),
            )
            found[name].append(course)
    last = plan.last or plan.scale.tasks
    return {name: outcome_of(descriptions[name], courses, last) for name, courses in found.items()}


def outcome_of(description: dict[str, Any], courses: list[Course], last: int) -> Outcome:
    """The spread of every metric over the courses."""
    metrics = [course.metrics(last) for course in courses]
    names = metrics[0]
    return Outcome(
        description=description,
        courses=courses,
        metrics={name: spread([one[name] for one in metrics]) for name in names},
    )


def as_json(outcomes: dict[str, Outcome], seeds: Sequence[int], last: int, histograms: bool = True) -> dict[str, Any]:
    """The part `methods` of a results file; `histograms` of hidden weights are those of the first seed, or none."""
    return {
        name: outcome.description
        | {
            "metrics": outcome.metrics,
            "runs": [
                course.as_json(seed, last, histograms and seed == seeds[0])
                for seed, course in zip(seeds, outcome.courses, strict=True)
            ],
        }
        for name, outcome in outcomes.items()
    }


def table(outcomes: dict[str, Outcome], names: Sequence[str]) -> str:
    """One line a method: mean ± standard deviation in per cent of the metrics `names`."""
    lines = [f"{'method':<24}" + "".join(f"{name.replace('_', ' '):>20}" for name in names)]
    for method, outcome in outcomes.items():
        lines.append(f"{method:<24}" + "".join(f"{in_per_cent(outcome.metrics[name]):>20}" for name in names))
    return "\n".join(lines)


def in_per_cent(of: dict[str, Any]) -> str:
    """As in "84.1 ± 0.3"."""
    if of["mean"] is None:
        return "–"
    deviation = "" if of["deviation"] is None else f" ± {100 * of['deviation']:.1f}"
    return f"{100 * of['mean']:.1f}{deviation}"


def draw(outcomes: dict[str, Outcome], beside: Path) -> None:
    """Curves of all methods, their mean accuracy matrices, and the hidden weights of their first seed."""
    matrices = {name: np.mean([course.matrix for course in of.courses], axis=0) for name, of in outcomes.items()}
    bars = {
        name: {task: [(part.limit, part.counts) for part in layers] for task, layers in of.courses[0].histograms.items()}
        for name, of in outcomes.items()
    }
    figures = (curves.draw(_panels(outcomes)), accuracy_matrices.draw(matrices), hidden_weight_course.draw(bars))
    for stem, figure in zip(PICTURES, figures, strict=True):
        style.save(figure, beside.with_name(f"{beside.stem}{stem}"))


def _panels(outcomes: dict[str, Outcome]) -> list[curves.Panel]:
    so_far, final, flips = [], [], []
    held_out = []
    for name, outcome in outcomes.items():
        matrices = [course.matrix for course in outcome.courses]
        tasks = len(matrices[0])
        seen = [[_mean(matrix[i, : i + 1]) for matrix in matrices] for i in range(tasks)]
        so_far.append(_line(name, range(1, tasks + 1), seen))
        final.append(_line(name, range(tasks), [[_mean(matrix[-1, j : j + 1]) for matrix in matrices] for j in range(tasks)]))
        counts = np.array([np.sum(course.flips, axis=1) for course in outcome.courses])
        weights = [sum(sum(part.counts) for part in next(iter(c.histograms.values()))) for c in outcome.courses]
        shares = counts / np.array(weights)[:, None]
        places = range(tasks - counts.shape[1], tasks)  # a joint method learns once, at the end
        flips.append(_line(name, places, shares.T.tolist()))
        if outcome.courses[0].held_out:
            values = np.array([course.held_out for course in outcome.courses]).T.tolist()
            held_out.append(_line(name, places, values))
    panels = [
        curves.Panel(title="Mean accuracy of the tasks tested so far", across="tasks learned", up="accuracy", lines=so_far),
        curves.Panel(title="What is left at the end", across="task", up="accuracy", lines=final),
        curves.Panel(title="Binary weights flipped by each task", across="task", up="of all weights", lines=flips),
    ]
    if held_out:
        panels.insert(0, curves.Panel(title="Held-out test", across="task", up="accuracy", lines=held_out))
    return panels


def _line(name: str, across: Sequence[int], values: Sequence[Sequence[float | None]]) -> curves.Line:
    return curves.Line.of_spreads(name, across, [spread(list(of)) for of in values])


def _mean(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None
