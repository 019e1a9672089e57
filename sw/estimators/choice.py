"""What an estimator chooses where its user does not: the encoder of features, and the settings of the network."""

from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import require_integer, shown, tuple_of
from sw.contract.network import MAX_NEURONS, Network
from sw.contract.rehearsal import Rehearsal
from sw.data.thermometer import ThermometerEncoder, one_bit
from sw.host.checkpoint import Checkpoint
from sw.host.meaning import Meaning

AUTO = "auto"
LEVELS = 8  # thresholds a feature
FEW = 32  # features up to which each bit gets its opposite too, with half the levels
MOST_INPUTS = 4096  # bits of a sample that many features are kept to


def choose_encoder(samples: NDArray[np.float64], asked: object) -> ThermometerEncoder:
    """The encoder that was asked for, or for "auto" one that suits samples of shape (n, features).

    Raises `ValueError` for what is no encoder and for one of other features.
    """
    if isinstance(asked, ThermometerEncoder):
        if asked.features != samples.shape[1]:
            made_for = f"the encoder is expecting {asked.features} features as input"
            raise ValueError(f"X has {samples.shape[1]} features, but {made_for}")
        return asked
    if not isinstance(asked, str) or asked != AUTO:
        raise ValueError(f"encoder is {asked!r}, expected 'auto' or a ThermometerEncoder")
    features = samples.shape[1]
    if is_binary(samples):
        return one_bit(features, 0.5)
    if features <= FEW:
        return ThermometerEncoder.fit(samples, LEVELS // 2, complement=True)
    return ThermometerEncoder.fit(samples, min(LEVELS, max(1, MOST_INPUTS // features)))


def choose_network(inputs: int, hidden: Any, classes: int, seed: int, settings: Any) -> Network:
    """A network whose settings suit some hundred to some thousand samples of any origin; `settings` are fields that differ.

    The band lets neurons fire on both sides of the mean, and scales with the bits that are on, so that any number of features
    does. Raises `ContractError`, and `ValueError` for `hidden` that are no numbers of neurons and `settings` that are no
    fields.
    """
    neurons = tuple_of(hidden)
    if neurons is None:
        raise ValueError(f"hidden is {shown(hidden)}, expected the neurons of each hidden layer, as in (500,)")
    if not isinstance(settings, dict | None) or "layers" in (settings or {}):
        raise ValueError(f"settings is {shown(settings)}, expected fields of the network by name, without layers")
    layers = (inputs, *(require_integer("a hidden layer", n, 1, MAX_NEURONS) for n in neurons), classes)
    chosen: dict[str, Any] = {
        "init_seed": seed,
        "init_range": 30,
        "learning_rate": (4.0,) * len(neurons) + (0.7,),
        "metaplasticity": (1.0,) * (len(neurons) + 1),
        "margin": 2 * isqrt(layers[-2]),
        "activation": ("band",) * len(neurons),
        "gate": (16,) * len(neurons),
        "window": (12,) * len(neurons),
        "scaling": ("root",) * len(neurons),
    }
    return Network.of(layers=layers, **chosen | (settings or {}))


def begin(network: Network, meaning: Meaning, rehearsal: int | Rehearsal) -> Checkpoint:
    """The state before any training, with so many records to rehearse from, or with a rehearsal. Raises `MetaplastError`."""
    asked = rehearsal if isinstance(rehearsal, Rehearsal) else Rehearsal(size=rehearsal)
    return Checkpoint.initial(network, meaning).rehearsing(asked)


def is_binary(samples: NDArray[np.float64]) -> bool:
    """Whether samples are bits already."""
    return bool(np.isin(samples, (0, 1)).all())
