"""A device with a sample memory against the model of clauses 19 to 21, whatever is done with both."""

import numpy as np

from sw.contract.rehearsal import Rehearsal
from sw.data.reservoir import Reservoir
from tests.drivers.contract_model import LibraryModel, RehearsalModel
from tests.drivers.network_model import model_of

REHEARSAL = Rehearsal(size=7, every=2, per=3, horizon=30, prng=5)


def samples(network, count, seed=1):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 2, (count, network.layers[0]), dtype=np.uint8)
    return pixels, random.integers(0, network.layers[-1], count)


def rehearsing(rehearsal, network):
    """A reservoir that is empty yet."""
    return Reservoir.empty(rehearsal, network.layers[0])


def library_of(network, pixels, labels, rehearsal=None):
    """The model with these samples in its library."""
    own = None if rehearsal is None else RehearsalModel(**rehearsal.fields)
    library = LibraryModel(model_of(network), own)
    library.records = list(zip(labels.tolist(), pixels.tolist(), strict=True))
    return library


def differs(device, library):
    """The first difference between a device and the model, or None: state, weights, reservoir."""
    model, state = library.model, device.read_state()
    if (state.prng, state.samples, state.signature) != (model.prng, model.samples, model.signature):
        return f"state {state}, expected {(model.prng, model.samples, model.signature)}"
    if [w.tolist() for w in device.read_weights()] != model.weights:
        return "weights"
    counters = device.counters()
    if (counters["learned"], counters["draws"]) != (model.learned, model.draws):
        return "counters"
    return reservoir_differs(device.memory.reservoir(), library.rehearsal, model.inputs)


def reservoir_differs(found, expected, inputs):
    if found is None or expected is None:
        return None if found is None and expected is None else f"reservoir {found}, expected {expected}"
    if (found.seen, found.prng) != (expected.c, expected.r):
        return f"seen {found.seen}, word {found.prng}, expected {expected.c}, {expected.r}"
    pixels = np.unpackbits(found.pixels, axis=1, count=inputs, bitorder="little").tolist()
    return None if list(zip(found.labels.tolist(), pixels, strict=True)) == expected.records else "records"
