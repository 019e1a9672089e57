"""Known answers: what a sound board predicts and has learned after fixed samples, so that a board can be tested alone.

`known_answers.json` has the answers of every case; `python -m sw.host.selftest.known_answers` writes it again from the twin.
The cases are for different sizes of boards, and every one that fits is asked: all columns of every board take part in `wide`.
"""

import json
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sw.contract.network import Network
from sw.files.output import write_json
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.error import MiscountError
from sw.host.learning_device import Bits, Labels, LearningDevice

PATH = Path(__file__).with_suffix(".json")
SAMPLES = 200
BEFORE = "predictions_before"
TESTED = 50  # of them predicted before and again after learning


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network and the seed of its samples: a random image for each class, every pixel of it flipped one time in eight.

    So there are samples that a network learns from, and more and more that it does not.
    """

    network: Network
    seed: int

    def samples(self) -> tuple[Bits, Labels]:
        """Pixels uint8 (SAMPLES, n_0), 0 or 1, and labels (SAMPLES,)."""
        random = np.random.default_rng(self.seed)
        inputs, classes = self.network.layers[0], self.network.layers[-1]
        images = random.integers(0, 2, (classes, inputs), dtype=np.uint8)
        labels = random.integers(0, classes, SAMPLES)
        flipped = random.integers(0, 8, (SAMPLES, inputs)) == 0
        return images[labels] ^ flipped.astype(np.uint8), labels


CASES = {
    "small": Case(network=Network.of(layers=(64, 20, 10), init_range=16, margin=2, relax_rate=(300, 300)), seed=1),
    "wide": Case(
        network=Network.of(
            layers=(784, 48, 16, 10),
            activation=("sign", "gate"),
            gate=(0, -2),
            window=(40, 6),
            margin=0,
            relax_rate=(300, 300, 300),
            init_range=128,
            relax_floor=3,
        ),
        seed=2,
    ),
}


def answers(device: LearningDevice, case: Case) -> dict[str, Any]:
    """What a device answers to a case: predictions, then the state and the counts after them."""
    pixels, labels = case.samples()
    before = predictions_before(device, case)
    predictions = device.train(pixels, labels).tolist()
    state = Checkpoint.of(device, case.network)
    counted = device.counters()
    return {
        BEFORE: before,
        "predictions": predictions,
        "weights_crc32": [f"{zlib.crc32(layer.tobytes()):08x}" for layer in state.weights],
        "prng": state.prng,
        "samples": state.samples,
        "signature": f"{state.signature:08x}",
        "learned": counted["learned"],
        "draws": counted["draws"],
        "predictions_after": device.infer(pixels[:TESTED]).tolist(),
    }


def predictions_before(device: LearningDevice, case: Case) -> list[int]:
    """What a device predicts with a case's initial weights."""
    Checkpoint.initial(case.network).put_on(device)
    return device.infer(case.samples()[0][:TESTED]).tolist()


def forward_fault(device: LearningDevice, cases: dict[str, Case]) -> str | None:
    """The first prediction without learning that is another one than the twin's, in words, or None."""
    return _first_fault(cases, lambda case: {BEFORE: predictions_before(device, case)})


def training_fault(device: LearningDevice, cases: dict[str, Case]) -> str | None:
    """The first answer of any case that is another one than the twin's, in words, or None."""
    return _first_fault(cases, lambda case: answers(device, case))


def _first_fault(cases: dict[str, Case], answer: Callable[[Case], dict[str, Any]]) -> str | None:
    expected = known()
    for name, case in cases.items():
        try:
            given = answer(case)
        except MiscountError as error:
            return f"{name}: {error}"
        fault = first_difference(given, {key: expected[name][key] for key in given})
        if fault is not None:
            return f"{name}, {'-'.join(map(str, case.network.layers))}: {fault}"
    return None


def known() -> dict[str, dict[str, Any]]:
    """The answers of the twin to every case."""
    return json.loads(PATH.read_text(encoding="utf-8"))


def first_difference(given: dict[str, Any], expected: dict[str, Any]) -> str | None:
    """The first answer that is another one than expected, in words, or None."""
    for name, right in expected.items():
        ours = given[name]
        if ours == right:
            continue
        if not isinstance(right, list):
            return f"{name} is {ours}, expected {right}"
        i = next(i for i, (a, b) in enumerate(zip(ours, right, strict=True)) if a != b)
        wrong = sum(a != b for a, b in zip(ours, right, strict=True))
        place = f"layer {i + 1}" if name == "weights_crc32" else f"sample {i}"
        return f"{name} of {place} is {ours[i]}, expected {right[i]} ({wrong} of {len(right)} differ)"
    return None


def main() -> None:
    """`python -m sw.host.selftest.known_answers`."""
    with known_boards.find("twin").open(print) as twin:
        write_json(PATH, {name: answers(twin, case) for name, case in CASES.items()})
    print(f"{PATH}: {', '.join(CASES)}", file=sys.stderr)


if __name__ == "__main__":
    main()
