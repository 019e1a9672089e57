"""Small data sets of sensors and other features, one sample at a time, beside the classifiers that people use for them.

    python -m sw.experiments.small_streams

Every classifier sees the same samples in the same order, predicts each and then learns it: the prequential accuracy, over
five orders. Then the ten digits come one after the other, and what is known of all of them at the end is tested on samples
that were held out. Leaves `results/small-streams/small-streams.json`, and writes the tables of docs/sensors.md from it.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator
from statistics import mean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import datasets as river_data
from river import linear_model, naive_bayes, preprocessing, tree
from sklearn import datasets as sklearn_data
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sw.data.thermometer import ThermometerEncoder
from sw.estimators.classifier import MetaplasticClassifier
from sw.estimators.online_classifier import OnlineMetaplasticClassifier
from sw.files.error import FileError
from sw.files.input import read_object, read_text
from sw.files.output import make_folder, write_json, write_text
from sw.files.streams import take_every_word
from sw.tree.sources import ROOT

RESULT = ROOT / "results" / "small-streams" / "small-streams.json"
PAGE = ROOT / "docs" / "sensors.md"
COMMAND = "python -m sw.experiments.small_streams"
SEEDS = (1, 2, 3, 4, 5)
HELD_OUT = 0.3
RECORDS = (0, 100, 500)

Samples = NDArray[np.float64]
Targets = NDArray[np.int64]
Model = Callable[[int, int], Any]  # of the count of classes and a seed


class Network:
    """scikit-learn's multi-layer perceptron, one sample at a time, on features scaled by what was seen so far."""

    def __init__(self, classes: int, seed: int) -> None:
        self._network = MLPClassifier((100,), random_state=seed)
        self._scaler = StandardScaler()
        self._classes = list(range(classes))
        self._began = False

    def predict_one(self, x: dict[str, float]) -> int | None:
        return int(self._network.predict(self._scaler.transform([list(x.values())]))[0]) if self._began else None

    def learn_one(self, x: dict[str, float], y: int) -> None:
        row = [list(x.values())]
        self._network.partial_fit(self._scaler.partial_fit(row).transform(row), [y], classes=self._classes)
        self._began = True


MODELS: dict[str, Model] = {
    "metaplast": lambda classes, seed: OnlineMetaplasticClassifier(most_classes=classes, seed=seed),
    "Hoeffding tree": lambda classes, seed: tree.HoeffdingTreeClassifier(),
    "naive Bayes": lambda classes, seed: naive_bayes.GaussianNB(),
    "logistic regression": lambda classes, seed: preprocessing.StandardScaler() | linear_model.SoftmaxRegression(),
    "MLPClassifier": Network,
}


def streams() -> Iterator[tuple[str, Samples, Targets]]:
    """Name, samples and labels 0, 1, … of each data set; all of them come with scikit-learn and River."""
    for name in ("digits", "breast_cancer", "wine"):
        samples, targets = getattr(sklearn_data, f"load_{name}")(return_X_y=True)
        yield name.replace("_", " "), samples, targets
    for name, stream in (("image segments", river_data.ImageSegments()), ("phishing", river_data.Phishing())):
        pairs = list(stream)
        labels = sorted({y for _, y in pairs})
        yield name, np.array([list(x.values()) for x, _ in pairs], float), np.array([labels.index(y) for _, y in pairs])


def prequential(model: Any, samples: Samples, targets: Targets, order: NDArray[np.int64]) -> float:
    """Share of the samples that were predicted rightly, each before it was learned."""
    right = 0
    for i in order:
        x, y = {f"x{j:02}": value for j, value in enumerate(samples[i].tolist())}, int(targets[i])
        right += model.predict_one(x) == y
        model.learn_one(x, y)
    return right / len(order)


def class_after_class(records: int, m: float, seed: int) -> float:
    """Accuracy on held-out digits of all classes, after these came one after the other, each sample once."""
    samples, targets = sklearn_data.load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(samples))
    held_out, shown = np.split(order, [int(HELD_OUT * len(order))])
    shown = shown[np.argsort(targets[shown], kind="stable")]
    encoder = ThermometerEncoder.fit(samples[shown], 8)
    settings = {"metaplasticity": (m, m)}
    model = MetaplasticClassifier(encoder=encoder, rehearsal=records, settings=settings, random_state=seed)
    model.partial_fit(samples[shown], targets[shown], classes=np.arange(10))
    return float(model.score(samples[held_out], targets[held_out]))


def run(report: Callable[[str], None]) -> dict[str, Any]:
    """All figures, fractions; each model's and each row's by seed."""
    found: dict[str, Any] = {"command": COMMAND, "seeds": list(SEEDS), "prequential": {}, "class after class": {}}
    for name, samples, targets in streams():
        row: dict[str, Any] = {"samples": len(samples), "features": samples.shape[1], "classes": int(targets.max()) + 1}
        for model, make in MODELS.items():
            orders = [np.random.default_rng(seed).permutation(len(samples)) for seed in SEEDS]
            row[model] = [
                prequential(make(row["classes"], seed), samples, targets, order)
                for seed, order in zip(SEEDS, orders, strict=True)
            ]
            report(f"{name}, {model}: {spread(row[model])}")
        found["prequential"][name] = row
    for records in RECORDS:
        for m in (1.0, 0.0):
            name = f"{records} records, {'with the rule' if m else 'm = 0'}"
            found["class after class"][name] = [class_after_class(records, m, seed) for seed in SEEDS]
            report(f"{name}: {spread(found['class after class'][name])}")
    return found


def spread(values: list[float]) -> str:
    """Mean and standard deviation in per cent."""
    return f"{100 * mean(values):.1f} ± {100 * stdev(values):.1f}"


def tables(result: dict[str, Any]) -> str:
    """The two tables of the page; the best of a row stands out."""
    lines = [f"| prequential accuracy, {len(result['seeds'])} orders | samples | features | classes | {' | '.join(MODELS)} |"]
    lines += ["|---|---|---|---|" + "---|" * len(MODELS)]
    for name, row in result["prequential"].items():
        best = max(mean(row[model]) for model in MODELS)
        cells = [f"**{spread(row[m])}**" if mean(row[m]) == best else spread(row[m]) for m in MODELS]
        lines += [f"| {name} | {row['samples']} | {row['features']} | {row['classes']} | {' | '.join(cells)} |"]
    lines += ["", "| digits, one class after the other | all ten classes at the end |", "|---|---|"]
    lines += [f"| {name} | {spread(values)} |" for name, values in result["class after class"].items()]
    return "\n".join(lines)


def page(text: str, result: dict[str, Any]) -> str:
    """The page with the tables of a result between its marks. Raises `ValueError` for a page without them."""
    begin, end = f"<!-- {COMMAND} -->\n", "<!-- end -->"
    first = text.index(begin) + len(begin)
    return text[:first] + tables(result) + "\n" + text[text.index(end, first) :]


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    description = (__doc__ or "").split("\n")[0]
    argparse.ArgumentParser(prog="sw.experiments.small_streams", description=description).parse_args(arguments)
    warnings.simplefilter("ignore")  # of MLPClassifier, that one step is no convergence
    try:
        make_folder(RESULT.parent)
        result = run(lambda line: print(line, file=sys.stderr, flush=True))
        write_json(RESULT, result)
        write_text(PAGE, page(read_text(PAGE), read_object(RESULT)))
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
