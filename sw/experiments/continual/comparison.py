"""Several methods, several seeds, one stream: the numbers and their spread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sw.contract.network import Network
from sw.contract.rehearsal import NONE, Rehearsal
from sw.experiments.continual.learners import StreamLearner, learner_of
from sw.experiments.continual.methods import METHODS, settings_of
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.sources import Sources
from sw.experiments.continual.stream import Stream
from sw.experiments.continual.stream_run import StreamRun, learn_stream
from sw.experiments.continual.streams import Build
from sw.experiments.metrics import in_per_cent, spread


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is compared: `methods` by name on the stream that `build` makes of `sources`, once for each of `seeds`.

    `changes` are of `settings_of`; `network` configures the chip, which `engine` plays; `rehearsal` is that of the chip and of
    the methods that rehearse; accuracy is over the `last` tasks; `look_back`: see `stream_run`; `brief`: of each run the
    metrics alone are written. A run of a plan needs nothing but the plan, its method and its seed.
    """

    build: Build
    sources: Sources
    scale: Scale
    methods: Sequence[str]
    seeds: Sequence[int]
    last: int
    changes: Sequence[str] = ()
    network: Network | None = None
    rehearsal: Rehearsal = NONE
    look_back: int | None = None
    device: str = "cpu"
    engine: str = "twin"
    brief: bool = False

    def stream(self, seed: int) -> Stream:
        """What all methods learn from that seed."""
        return self.build(self.sources, self.scale.tasks, seed)

    def learner(self, name: str, stream: Stream, seed: int) -> StreamLearner:
        """What learns by a method, all its settings checked."""
        layers = (stream.inputs, *self.scale.hidden, stream.classes)
        settings = settings_of(name, layers, self.scale.metaplasticity, self.scale.epochs, list(self.changes))
        return learner_of(name, stream, settings, self.network, seed, self.device, self.engine, self.rehearsal)

    def run(self, name: str, stream: Stream, seed: int, report: Callable[[str], None]) -> StreamRun:
        """One method on the stream of one seed; `report` is told of each task."""
        return learn_stream(
            self.learner(name, stream, seed),
            stream,
            joint=METHODS[name].joint,
            samples=self.scale.samples,
            test_samples=self.scale.test_samples,
            look_back=self.look_back,
            report=lambda line: report(f"{name}, seed {seed}, {line}"),
        )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The runs of a method, one of each of `seeds`, what its learners say of themselves, and the spread of every metric."""

    description: dict[str, Any]
    seeds: list[int]
    runs: list[StreamRun]
    metrics: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, description: dict[str, Any], runs: dict[int, StreamRun], last: int) -> "Outcome":
        """Of at least one run, by seed. Accuracy is over the last `last` tasks."""
        metrics = [run.metrics(last) for run in runs.values()]
        spreads = {name: spread([one[name] for one in metrics]) for name in metrics[0]}
        return cls(description=description, seeds=list(runs), runs=list(runs.values()), metrics=spreads)


def as_json(outcomes: dict[str, Outcome], plan: Plan, histograms: bool = True) -> dict[str, Any]:
    """The part `methods` of a results file; `histograms` of hidden weights are those of the first seed, or none."""
    return {
        name: outcome.description
        | {
            "metrics": outcome.metrics,
            "runs": [
                run.brief(seed, plan.last)
                if plan.brief
                else run.as_json(seed, plan.last, histograms and seed == outcome.seeds[0])
                for seed, run in zip(outcome.seeds, outcome.runs, strict=True)
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
