"""The options of experiments on streams: a field is an option, of every experiment that does not leave it out."""

from dataclasses import fields

import pytest
import typer

from sw.experiments.continual.options import StreamOptions, stream_command
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.streams import permuted_mnist
from sw.host.error import InputError
from sw.terminal.application import alone
from sw.terminal.run import run

SCALED = Scale(tasks=6, samples=50, test_samples=20, epochs=2, hidden=(500,), metaplasticity=3.0)
FULL = Scale(tasks=9, samples=None, test_samples=None, epochs=40, hidden=(4096, 4096), metaplasticity=1.35)


def names(command):
    return [parameter.name for parameter in typer.main.get_command(alone(command)).params]


def test_every_field_is_an_option_beside_those_of_the_experiment():
    @stream_command(without=("config", "json"))
    def experiment(options: StreamOptions, bins: int = 3) -> int:
        return 0

    assert names(experiment) == [
        "bins",
        *(field.name for field in fields(StreamOptions) if field.name not in ("config", "json")),
    ]


def test_what_is_asked_for_arrives_and_the_rest_begins_as_the_experiment_says():
    taken = []

    @stream_command(methods="plain", tasks=4)
    def experiment(options: StreamOptions, bins: int = 3) -> int:
        taken.append((options, bins))
        return 0

    assert run(alone(experiment), ["--bins", "5", "--seeds", "2", "--seed", "7", "--set", "a=1", "--set", "b=2", "--grey"]) == 0
    assert run(alone(experiment), ["--methods", "chip", "--tasks", "2"]) == 0
    (first, bins), (second, _) = taken
    expected = StreamOptions(methods="plain", tasks=4, seeds=2, seed=7, changes=["a=1", "b=2"], grey=True)
    assert bins == 5 and first == expected and first.each_seed() == range(7, 9)
    assert second == StreamOptions(methods="chip", tasks=2)


def test_sizes_that_are_asked_for_take_the_place_of_the_scale_s():
    assert StreamOptions().scale(SCALED, FULL) == SCALED
    assert StreamOptions(full=True).scale(SCALED, FULL) == FULL
    asked = StreamOptions(tasks=2, samples=3, test_samples=4, epochs=5, hidden="7,8", metaplasticity=0.0, last=2)
    scale = asked.scale(SCALED)
    assert scale == Scale(tasks=2, samples=3, test_samples=4, epochs=5, hidden=(7, 8), metaplasticity=0.0)
    assert asked.counted(scale) == 2 and StreamOptions().counted(scale) == 2
    with pytest.raises(InputError, match="--last is 7, expected 1 to 6"):
        StreamOptions(last=7).scale(SCALED)


def test_a_plan_has_all_of_it():
    options = StreamOptions(
        methods="chip, ewc", seeds=2, look_back=1, validation=True, fashion_threshold="5,60", engine="compiled"
    )
    plan = options.plan(permuted_mnist, SCALED)
    assert (plan.methods, plan.seeds, plan.last, plan.look_back) == (["chip", "ewc"], range(1, 3), 6, 1)
    assert plan.sources.validation and plan.sources.fashion_thresholds == (5, 60) and plan.engine == "compiled"
    size = options.size(SCALED)
    assert size["seeds"] == [1, 2] and size["validation"] and not size["full"] and size["hidden"] == [500]
