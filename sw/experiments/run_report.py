"""What `make run` tells of a run: numbers for the result, a table for the terminal, pictures beside the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from sw.experiments.learning import Pass
from sw.experiments.retention import Retention
from sw.experiments.two_tasks import TwoTasks
from sw.figures import confusion, hidden_weights, prequential, retention, style
from sw.host.checkpoint import Checkpoint
from sw.host.learning_device import Predictions

PICTURES = ("-tasks", "-prequential", "-confusion", "-hidden-weights")  # what `draw` adds to the name of the result


@dataclass(frozen=True, kw_only=True)
class Done:
    """What the board did and where it ended; the first `difference` from the twin, or None; what the twin kept of each task."""

    start: Checkpoint
    end: Checkpoint
    trained: Pass
    tested: Predictions
    difference: str | None
    kept: Retention
    without: Retention


def numbers(stream: TwoTasks, done: Done) -> dict[str, Any]:
    """What was measured, for the result; accuracies are fractions."""
    trained, labels = done.trained, stream.tests[1]
    ends = zip(done.start.weights, done.end.weights, strict=True)
    return {
        "samples": trained.samples,
        "prequential_accuracy": float((trained.predictions == stream.labels).mean()),
        "test_accuracy": float((done.tested == labels).mean()),
        "test_samples": len(labels),
        "tasks": tasks(stream, done),
        "over_the_stream": {
            "samples": done.kept.samples,
            "with": done.kept.accuracy,
            "without": done.without.accuracy,
        },
        "twin_equal": done.difference is None,
        "difference": done.difference,
        "samples_compared": trained.samples,
        "samples_per_second": round(trained.samples_per_second, 2),
        "cycles_per_sample": trained.cycles_per_sample,
        "cycles_by_term": trained.cycles(),
        "counters": trained.counters,
        "weights_crc32": done.end.weights_crc32,
        "binary_weights_flipped": [hidden_weights.flipped(old, new) for old, new in ends],
    }


def tasks(stream: TwoTasks, done: Done) -> list[dict[str, Any]]:
    """Each task with its accuracy on the board at the end of the stream, and on the twin without the rule."""
    told, first = [], 0
    for task, without in zip(stream.tasks, done.without.at_the_end, strict=True):
        end = first + len(task.labels)
        told.append(
            {
                "name": task.name,
                "permutation": task.permutation,
                "samples": task.samples,
                "test_samples": len(task.labels),
                "with": float((done.tested[first:end] == task.labels).mean()),
                "without": without,
            }
        )
        first = end
    return told


def table(rows: Sequence[dict[str, Any]]) -> Table:
    """Accuracy of each task at the end."""
    shown = Table("accuracy at the end", "samples", "with the rule", "without (m = 0)")
    for row in rows:
        shown.add_row(row["name"], f"{row['samples']:,}", f"{row['with']:.1%}", f"{row['without']:.1%}")
    return shown


def draw(beside: Path, stream: TwoTasks, done: Done) -> None:
    """The pictures, named after the result that they lie beside."""
    labels = stream.tests[1]
    kept = done.kept
    names = [task.name for task in stream.tasks]
    figures = (
        retention.draw(names, kept.samples, stream.switch, kept.accuracy, done.without.accuracy),
        prequential.draw(done.trained.predictions == stream.labels, float((done.tested == labels).mean())),
        confusion.draw(labels, done.tested, done.end.network.layers[-1]),
        hidden_weights.draw(done.start.weights, done.end.weights),
    )
    for stem, figure in zip(PICTURES, figures, strict=True):
        style.save(figure, beside.with_name(f"{beside.stem}{stem}"))
