"""Every result of docs/results.md with the command that makes it, and a command that makes them all.

    python -m sw.experiments.results_plan               # those whose file is not there yet, in this order
    python -m sw.experiments.results_plan --only NAME   # one, again

Each is `metaplast experiment …` and leaves `results/NAME/result.json` with its pictures, the quick ones first. The runs of a
result share the cores of this machine, or the workers of a `--scheduler`. One that fails leaves the others, and a work that is
broken off what is done: a result that is not whole is made again.
"""

import inspect
import shlex
import sys
import time
from collections.abc import Sequence
from typing import Annotated

import typer

from sw.cluster.workers import Workers
from sw.experiments.continual.table_shapes import SHAPES
from sw.experiments.program import main
from sw.experiments.registry import EXPERIMENTS
from sw.experiments.results import is_there, path_of
from sw.host.error import InputError
from sw.host.interruption import EXIT_STATUS
from sw.terminal.application import alone
from sw.terminal.options import SchedulerAddress, WorkerCount
from sw.terminal.run import run
from sw.terminal.speech import say

_PASS = "--samples 60000 --test-samples 10000 --engine compiled"
_ONE_FASHION = "compare-fashion-mnist --tasks 1 --methods chip --config examples/fashion.toml --seeds 5 --engine compiled"
_HELD_OUT = "--samples 50000 --test-samples 10000 --validation"
_PAPER = "plain,metaplastic,metaplastic-task-free,ewc,si,joint"
_ONE_PASS = "plain-batch-1,metaplastic-batch-1,ewc-batch-1,si-batch-1,chip-plain,chip"

_ONE_AT_A_TIME = (
    "learning_rate = 0.2; learning_rate = 0.6; learning_rate = 0.9; metaplasticity = 0; metaplasticity = 1; "
    "metaplasticity = 4; margin = 20; margin = 60; window = 3; window = 16; window = 28; init_range = 2; init_range = 32; "
    'metaplastic_function = "hyperbola"; relax_rate = 65; relax_rate = 655; activation = "gate", gate = 15, margin = 22'
)
_FOR_TEN_TASKS = (
    "init_range = 4; init_range = 16; learning_rate = [0.25, 0.4]; metaplasticity = [3, 2.5]; margin = 28; window = 4; "
    'relax_rate = 10; activation = "gate", gate = 15, margin = 22'
)

_SATURATIONS = (
    "saturation = 0; saturation = 0, relax_rate = 262; saturation = [1.7, 0]; saturation = [1.91, 0]; "
    "saturation = [2.05, 0]; saturation = [1.85, 4.9]; "
    'metaplastic_function = "hyperbola", metaplasticity = [4, 6], saturation = [3.6, 0], learning_rate = [1.3, 0.36]'
)

# The hyperbola, and others that the contract does not have, ½ at the same levels as the paper's.
_SHAPES = 'metaplastic_function = "hyperbola", metaplasticity = [2.44, 3.18], saturation = [1.59, 0]; ' + "; ".join(
    f'shape = "{name}"' for name in SHAPES
)

_FOR_A_STREAM = (
    'metaplastic_function = "tanh", metaplasticity = [1.88, 3.8], saturation = [1.83, 0], learning_rate = [1.2, 0.05], '
    "margin = 47; margin = 20; metaplasticity = [12, 6], saturation = [11.5, 0], learning_rate = [1.5, 0.05], margin = 34; "
    'activation = "gate", gate = 18, metaplasticity = [4, 3.4], saturation = [3.6, 0], learning_rate = [1, 0.3], margin = 17'
)

# Two tasks of 6,000 samples, as in `make run`: without the rule, under its settings and under others; the defaults.
_FOR_TWO_TASKS = (
    "metaplasticity = 0; metaplasticity = 0, saturation = 0; "
    "init_range = 37, learning_rate = [0.93, 0.6], metaplasticity = [1.8, 5.4], saturation = [0.8, 0.55], margin = 31, "
    "window = 14; "
    "init_range = 37, learning_rate = [0.93, 0.6], metaplasticity = 0, saturation = 0, margin = 31, window = 14; "
    "init_range = 8, learning_rate = [0.35, 0.4], metaplasticity = [2.2, 2.5], saturation = 0, margin = 39, window = 8, "
    'activation = "sign", gate = 0'
)

# Rules that would need another contract.
_RULES = (
    'rule = "two-rivals"; rule = "two-read-outs", margin = 32; rule = "two-read-outs"; rule = "four-read-outs", margin = 64; '
    'rule = "best-of-two"; rule = "halved-window"; rule = "own-threshold"; relax_rate = 10; '
    'rule = "silent-relax", relax_rate = 10; rule = "signed-input"; rule = "signed-input", window = 14, gate = 50'
)

_RULES_BAND = (
    'rule = "small-bias"; rule = "large-bias"; rule = "integrated-error"; '
    'rule = "integrated-error", learning_rate = [3.46, 0.56]; rule = "integrated-error", window = 8; rule = "own-mean"; '
    'rule = "own-quick-mean"; rule = "four-thresholds"; rule = "code-outputs", margin = 150; '
    'rule = "code-outputs", margin = 400; rule = "two-read-outs", margin = 62'
)

# The band gate (docs/contract.md), with nothing stored and with rehearsal.
_TASKS = "compare-permuted-mnist --methods chip --config examples"
_CLASSES = "compare-class-incremental --config examples/band-one-pass.toml --engine compiled"
_STREAM = f"--last 10 --look-back 1 {_PASS}"
_VALUE = (
    "--plain-config examples/without-rule.toml --records 0,100,500,2000,10000 --every 1,8"
    " --validation --test-samples 5000 --look-back 1 --seeds 1 --engine compiled"
)
_NARROW = f"--last 5 --look-back 1 {_PASS}"

# The best of the search for a small network, from other seeds.
_NARROW_BEST = (
    "learning_rate = [0.83, 0.3], metaplasticity = [1.8, 4.86], saturation = [1.51, 0.09], window = 8, gate = 17, "
    "init_range = 10; "
    "learning_rate = [0.925, 0.406], metaplasticity = [2.19, 4.68], saturation = [1.9, 0.09], margin = 16, window = 8, "
    "gate = 17, init_range = 10; "
    "learning_rate = [0.839, 0.349], metaplasticity = [1.75, 4.01], saturation = [1.68, 0.09], window = 7, gate = 18, "
    "init_range = 10"
)

# The best of the search of streams and some near them, from other seeds; first where it began.
_BAND = 'activation = "band", scaling = "root", gate = 16, saturation = [2.64, 0.86], margin = 22, init_range = 13'
_STREAM_BEST = (
    f"{_BAND}, learning_rate = [1.84, 0.171], metaplasticity = [2.9, 3.82], window = 6; "
    f"{_BAND}, learning_rate = [1.84, 0.138], metaplasticity = [2.9, 3.62], window = 4; "
    f"{_BAND}, learning_rate = [1.84, 0.149], metaplasticity = [2.9, 3.82], window = 5; "
    f"{_BAND}, learning_rate = [1.84, 0.138], metaplasticity = [2.9, 3.62], window = 3; "
    f"{_BAND}, learning_rate = [1.84, 0.11], metaplasticity = [2.9, 3.62], window = 4; "
    f"{_BAND}, learning_rate = [1.84, 0.138], metaplasticity = [3.1, 3.62], window = 4"
)

# The best of those, and two draws around it.
_NEAR = 'activation = "band", scaling = "root", gate = 16, window = 3'
_STREAM_NEAR = (
    f"{_BAND}, learning_rate = [1.84, 0.138], metaplasticity = [2.9, 3.62], window = 3; "
    f"{_NEAR}, learning_rate = [1.91, 0.127], metaplasticity = [2.9, 3.39], saturation = [2.64, 1.05], margin = 22, "
    f"init_range = 14; {_NEAR}, learning_rate = [1.53, 0.144], metaplasticity = [3.11, 3.62], saturation = [2.64, 0.86], "
    "margin = 24, init_range = 15"
)

_ABSTAINING = "settings-sweep --test-samples 4000 --engine compiled --config examples"

# The settings that a search of streams began with, those of a prototype.
_SEARCH = "settings-search --look-back 1 --test-samples 4000 --engine compiled --config examples"
_STREAM_START = (
    "learning_rate = [1.84, 0.171], metaplasticity = [2.9, 3.82], saturation = [2.64, 0.86], margin = 22, window = 6, "
    "gate = 16, init_range = 13"
)
# What the methods beside the chip learn on the classes of compare-classes with.
_SEARCH_CLASSES = "methods-sweep --samples 800 --look-back 1 --test-samples 4000"
_CHIP_CLASSES = (
    "--stream class-incremental --tasks 5 --samples 800 --look-back 1 --test-samples 4000 --rehearsal 500"
    " --config examples/band-one-pass.toml --engine compiled"
)
_CHIP_CLASSES_BEST = (
    "learning_rate = [1.21, 0.357], metaplasticity = [4.05, 2.66], saturation = [1.74, 0.396], margin = 24, window = 16, "
    "gate = 23, init_range = 13; learning_rate = [1.21, 0.357], metaplasticity = [4.05, 2.44], saturation = [1.74, 0.396], "
    "margin = 24, window = 14, gate = 23, init_range = 11; window = 14; metaplasticity = 0"
)
_INTEGRATED_START = (
    "learning_rate = [1.73, 0.56], metaplasticity = [4.42, 2.15], saturation = [2.35, 0.41], margin = 31, window = 8, "
    "gate = 17, init_range = 8"
)
PLAN = {
    "defaults-mnist": f"compare-permuted-mnist --tasks 1 --methods chip --seeds 5 {_PASS}",
    "beyond-mnist": f"compare-permuted-mnist --tasks 1 --methods chip --config examples/one-pass.toml --seeds 5 {_PASS}",
    "quadratic-task": "quadratic-task",
    "beyond-fashion-mnist": "compare-fashion-mnist --tasks 1 --methods chip --config examples/fashion.toml"
    f" --fashion-threshold 5,60,140 --seeds 5 {_PASS}",
    "fashion-one-threshold": f"{_ONE_FASHION} {_HELD_OUT} --fashion-threshold 35",
    "fashion-halftone": f"{_ONE_FASHION} {_HELD_OUT} --fashion-threshold 5,60,140",
    "compare-one-pass": "compare-permuted-mnist --tasks 4 --samples 12000 --test-samples 10000 --engine compiled"
    " --config examples/ten-tasks.toml --set metaplastic-batch-1:metaplasticity=2 --set ewc-batch-1:strength=20"
    f" --set si-batch-1:strength=0.003 --methods {_ONE_PASS}",
    "band-mnist": f"{_TASKS}/band-one-pass.toml --tasks 1 --seeds 5 {_PASS}",
    "band-permuted": f"{_TASKS}/band-ten-tasks.toml --tasks 10 {_PASS}",
    "band-classes-none": f"{_CLASSES} --methods chip-plain,chip",
    "band-classes-2000": f"{_CLASSES} --methods chip-plain,chip --rehearsal 2000 --rehearsal-per 3",
    "band-classes-5000": f"{_CLASSES} --methods chip --rehearsal 5000 --rehearsal-per 3",
    "band-single-classes-2000": f"{_CLASSES} --tasks 10 --methods chip --rehearsal 2000 --rehearsal-per 3",
    "band-permuted-10000": f"{_TASKS}/band-rehearsal.toml --tasks 10 --rehearsal 10000 --rehearsal-every 2 {_PASS}",
    "band-permuted-50000": f"{_TASKS}/band-rehearsal.toml --tasks 10 --rehearsal 50000 {_PASS}",
    "band-even-odd": "compare-split-mnist --samples 11000 --test-samples 1800 --methods chip-plain,chip --engine compiled"
    " --config examples/band-even-odd.toml --rehearsal 2000",
    "band-fashion": "compare-fashion-mnist --tasks 1 --methods chip --config examples/band-fashion.toml"
    f" --fashion-threshold 5,60,140 --seeds 5 {_PASS}",
    "band-narrow": f"{_TASKS}/band-narrow.toml --tasks 1000 --seeds 3 {_NARROW}",
    "band-narrow-20000": f"{_TASKS}/band-narrow.toml --tasks 1000 --rehearsal 20000 --rehearsal-horizon 200000 --seeds 1"
    f" {_NARROW}",
    "band-stream": f"{_TASKS}/band-stream.toml --tasks 100 {_STREAM}",
    "band-stream-50000": f"{_TASKS}/band-rehearsal.toml --tasks 100 --rehearsal 50000 --rehearsal-horizon 500000"
    f" --last 10 --look-back 1 --seeds 3 {_PASS}",
    "search-stream": f"{_SEARCH}/band-stream.toml --tasks 24 --last 12 --seeds 1 --generations 5 --draws 8"
    f" --start '{_STREAM_START}'",
    "sweep-band-stream": "settings-sweep --tasks 40 --last 12 --look-back 1 --seed 2 --seeds 2 --test-samples 4000"
    f" --config examples/long-stream.toml --engine compiled --variants '{_STREAM_BEST}'",
    "sweep-band-stream-again": "settings-sweep --tasks 40 --last 12 --look-back 1 --seed 4 --seeds 2 --test-samples 4000"
    f" --config examples/long-stream.toml --engine compiled --variants '{_STREAM_NEAR}'",
    "search-narrow": f"{_SEARCH}/band-narrow.toml --tasks 60 --last 5 --seeds 1 --generations 5 --draws 8",
    "sweep-band-narrow": "settings-sweep --tasks 100 --last 5 --look-back 1 --seed 2 --seeds 2 --test-samples 4000"
    f" --config examples/band-narrow.toml --engine compiled --variants '{_NARROW_BEST}'",
    "search-integrated": "settings-search --tasks 10 --look-back 1 --test-samples 4000 --generations 6 --draws 10"
    " --engine compiled --config examples/band-ten-tasks.toml"
    f" --start 'rule = \"integrated-error\", {_INTEGRATED_START}'",
    "prototype-rows": "prototype-rows --rows 1,10,20,50,100",
    "prototype-rows-small": "prototype-rows --hidden 300 --rows 20",
    "value-classes": f"sample-value --stream class-incremental --samples 2000 --config examples/band-one-pass.toml {_VALUE}",
    "value-tasks": f"sample-value --samples 5000 --config examples/band-ten-tasks.toml {_VALUE}",
    "search-classes-ewc": f"{_SEARCH_CLASSES} --seed 11 --seeds 1 --methods ewc-batch-1"
    " --over learning_rate=0.05,0.2,0.8,3.2 --over strength=2000,20000,200000,2000000,20000000",
    "search-classes-si": f"{_SEARCH_CLASSES} --seed 11 --seeds 1 --methods si-batch-1"
    " --over learning_rate=0.05,0.2,0.8,3.2 --over strength=0.03,0.1,0.3,1,3",
    "search-classes-rehearsal": f"{_SEARCH_CLASSES} --seed 11 --seeds 1 --rehearsal 500 --methods rehearsal-batch-1"
    " --over learning_rate=0.1,0.2,0.4,0.8,1.6 --over weight_decay=0,0.00003,0.0001,0.001",
    "sweep-classes-rehearsal": f"{_SEARCH_CLASSES} --seed 12 --seeds 2 --rehearsal 500 --methods rehearsal-batch-1"
    " --over learning_rate=0.2,0.4,0.8 --over weight_decay=0,0.0001",
    "search-classes-plain": f"{_SEARCH_CLASSES} --seed 11 --seeds 1 --methods plain-batch-1"
    " --over learning_rate=0.0125,0.025,0.05,0.1,0.2,0.4,0.8,1.6",
    "search-classes-chip": f"settings-search {_CHIP_CLASSES} --seed 11 --seeds 1 --generations 4 --draws 5",
    "sweep-classes-chip": f"settings-sweep {_CHIP_CLASSES} --seed 12 --seeds 8 --variants '{_CHIP_CLASSES_BEST}'",
    "compare-classes": "compare-class-incremental --samples 800 --config examples/band-one-pass.toml --engine compiled"
    " --rehearsal 500 --set plain-batch-1:learning_rate=0.0125 --set ewc-batch-1:learning_rate=0.8"
    " --set ewc-batch-1:strength=200000 --set si-batch-1:learning_rate=0.2 --set si-batch-1:strength=3"
    " --set rehearsal-batch-1:learning_rate=0.2 --set rehearsal-batch-1:weight_decay=0.0001 --methods"
    " plain-batch-1,ewc-batch-1,si-batch-1,rehearsal-batch-1,chip-plain,chip",
    "defaults-permuted-mnist": f"compare-permuted-mnist --tasks 10 --methods chip {_PASS}",
    "beyond-permuted": f"compare-permuted-mnist --tasks 10 --methods chip --config examples/ten-tasks.toml {_PASS}",
    "tanh-permuted": f"compare-permuted-mnist --tasks 10 --methods chip --config examples/ten-tasks-tanh.toml {_PASS}",
    "compare-permuted-mnist": "compare-permuted-mnist --tasks 6 --epochs 5 --set metaplastic:metaplasticity=4"
    f" --set ewc:strength=500 --methods {_PAPER},chip {_PASS}",
    "beyond-mnist-fashion": "compare-mnist-fashion --methods chip-epochs --config examples/two-sets.toml"
    f" --fashion-threshold 30 {_PASS}",
    "sweep-two-tasks": "settings-sweep --tasks 2 --samples 6000 --config examples/two-tasks.toml --engine compiled"
    f" --variants '{_FOR_TWO_TASKS}'",
    "sweep-ten-tasks": f"settings-sweep --tasks 10 --seeds 1 --engine compiled --variants '{_FOR_TEN_TASKS}'",
    "sweep-shapes": f"settings-sweep --tasks 10 --config examples/ten-tasks-tanh.toml --engine compiled --variants '{_SHAPES}'",
    "sweep-rules": f"settings-sweep --tasks 10 --config examples/ten-tasks.toml --engine compiled --variants '{_RULES}'",
    "sweep-rules-band": "settings-sweep --tasks 10 --look-back 1 --config examples/band-ten-tasks.toml --engine compiled"
    f" --variants '{_RULES_BAND}'",
    "sweep-rules-one-pass": "settings-sweep --config examples/one-pass.toml --engine compiled --variants"
    ' \'rule = "own-threshold"; rule = "two-read-outs", margin = 88; rule = "best-of-two"\'',
    "sweep-abstaining": f"{_ABSTAINING}/band-narrow.toml --tasks 24 --last 5 --look-back 1 --variants"
    " 'abstain = [8, 0]; abstain = [16, 0]; abstain = [32, 0]; abstain = [64, 0]; abstain = [0, 64]'",
    "sweep-abstaining-wide": f"{_ABSTAINING}/band-ten-tasks.toml --tasks 10 --look-back 1 --variants"
    " 'abstain = [8, 0]; abstain = [16, 0]; abstain = [32, 0]'",
    "sweep-mnist": f"settings-sweep --engine compiled --variants '{_ONE_AT_A_TIME}'",
    "sweep-one-pass": "settings-sweep --config examples/one-pass.toml --engine compiled"
    " --variants 'metaplastic_function = \"hyperbola\", metaplasticity = [2.5, 3.4]'",
    "metaplasticity-curve": f"metaplasticity-curve --epochs 5 --methods metaplastic,chip --values 0,0.5,1,1.35,2,3,4,6 {_PASS}",
    "switching": "switching --samples 60000 --epochs 5",
    "compare-split-mnist": "compare-split-mnist --samples 11000 --test-samples 1800 --epochs 5 --engine compiled"
    f" --methods {_PAPER},chip",
    "compare-mnist-fashion": f"compare-mnist-fashion --config examples/two-sets.toml --fashion-threshold 30 {_PASS}"
    f" --methods {_PAPER},metaplastic-batch-1,chip-epochs",
    "width-curve": f"width-curve --tasks 4 --epochs 5 --methods metaplastic,chip {_PASS}",
    "compare-fashion-stream": "compare-fashion-stream --config examples/fashion.toml --fashion-threshold 5,60,140 --look-back 1"
    " --seeds 1 --engine compiled",
    "beyond-stream": f"compare-permuted-mnist --tasks 100 --methods chip --config examples/long-stream.toml {_PASS}"
    " --last 10 --look-back 1",
    "sweep-stream": "settings-sweep --tasks 60 --last 10 --look-back 1 --seeds 1 --config examples/long-stream.toml"
    f" --engine compiled --variants '{_FOR_A_STREAM}'",
    "sweep-rules-stream": "settings-sweep --tasks 60 --last 10 --look-back 1 --seeds 1 --config examples/long-stream.toml"
    ' --engine compiled --variants \'rule = "own-threshold"; rule = "two-read-outs", margin = 80\'',
    "sweep-saturation": "settings-sweep --tasks 30 --last 5 --look-back 1 --seeds 1 --config examples/narrow.toml"
    f" --engine compiled --variants '{_SATURATIONS}'",
    "fresh-narrow": f"compare-permuted-mnist --tasks 5 --hidden 100 --methods chip {_PASS}",
    "beyond-narrow": f"compare-permuted-mnist --tasks 1000 --methods chip --config examples/narrow.toml {_PASS}"
    " --last 5 --look-back 1",
}


def words_of(name: str) -> list[str]:
    """The words after `metaplast experiment` of a result."""
    return [*shlex.split(PLAN[name]), "--json", str(path_of(name))]


def reproduce(name: str, who: Sequence[str] = ()) -> int:
    """Run one; the exit status. The file names the command as if it had been typed. `who`: the words that say who computes."""
    (experiment, *options), typed = words_of(name), sys.argv
    command = EXPERIMENTS[experiment].load()
    shared = who if "workers" in inspect.signature(command).parameters else ()
    sys.argv = ["metaplast", "experiment", experiment, *options]
    try:
        return run(alone(command), [*options, *shared])
    finally:
        sys.argv = typed


def reproduce_all(
    only: Annotated[str | None, typer.Option(help="This one, though its file is there.", metavar="NAME")] = None,
    workers: WorkerCount = None,
    scheduler: SchedulerAddress = None,
) -> int:
    """Run the experiments whose results are not there yet, or not whole; the status of the first that fails."""
    if only is not None and only not in PLAN:
        raise InputError(f"there is no result {only}: choose one of {', '.join(PLAN)}")
    Workers(count=workers, scheduler=scheduler)  # refused before anything runs
    given = {"--workers": workers, "--scheduler": scheduler}
    who = [word for option, value in given.items() if value is not None for word in (option, str(value))]
    failed = 0
    for name in [only] if only else [name for name in PLAN if not is_there(path_of(name))]:
        began = time.monotonic()
        say(f"{name}: metaplast experiment {shlex.join(words_of(name))}")
        status = reproduce(name, who)
        if status > EXIT_STATUS:  # of a signal: whoever sent it wants no other either
            return status
        failed = failed or status
        say(f"{name}: {'failed' if status else 'done'}, {time.monotonic() - began:.0f} s")
    return failed


if __name__ == "__main__":
    main(reproduce_all)
