"""Estimators on the gateware: what was fitted on the twin goes on on the chip, bit for bit."""

import copy

import numpy as np
import pytest
from sklearn.datasets import load_wine

from metaplast import MetaplasticClassifier, OnlineMetaplasticClassifier, ThermometerEncoder
from sw.contract.geometry import Geometry
from sw.host import known_boards

SMALL = Geometry(
    columns=72, rows=24, grid_height=2, grid_width=3, synapses_per_cell=4, folds=3, slices=1
)  # of sim/test_native.py
NAMES = np.array(["rouge", "blanc", "rosé"])


@pytest.fixture
def wine(monkeypatch):
    """Samples, labels that are words, and an encoder; the simulated board is small."""
    monkeypatch.setattr(known_boards, "SIMULATED", SMALL)
    samples, targets = load_wine(return_X_y=True)
    return samples, NAMES[targets], ThermometerEncoder.fit(samples, 4)


def test_what_was_fitted_on_the_twin_goes_on_on_the_chip(wine):
    samples, labels, encoder = wine
    twin = MetaplasticClassifier(board="twin", hidden=(20,), encoder=encoder, epochs=2, rehearsal=30, random_state=1)
    twin.fit(samples, labels)
    chip = copy.deepcopy(twin).set_params(board="sim")
    for each in (twin, chip):
        each.partial_fit(samples[:70], labels[:70])
    assert chip._held.name == "sim" and chip._held.board.geometry == SMALL
    assert chip.predict(samples).tolist() == twin.predict(samples).tolist()
    states = [each._held.checkpoint for each in (twin, chip)]
    assert states[0].weights_crc32 == states[1].weights_crc32 and states[0].samples == states[1].samples
    assert twin.score(samples, labels) > 0.6
    for each in (twin, chip):
        each.close()


def test_a_stream_that_the_twin_has_begun_goes_on_on_the_chip(wine, tmp_path):
    samples, labels, encoder = wine
    features = [f"feature {i:02}" for i in range(samples.shape[1])]
    stream = [(dict(zip(features, x, strict=True)), str(y)) for x, y in zip(samples, labels, strict=True)]
    stream = [stream[i] for i in np.random.default_rng(1).permutation(len(stream))]
    twin = OnlineMetaplasticClassifier(board="twin", hidden=(20,), most_classes=3, encoder=encoder, warm_up=10)
    for x, y in stream[:60]:
        twin.learn_one(x, y)
    twin.save(tmp_path / "stream.npz")
    chip = OnlineMetaplasticClassifier.load(tmp_path / "stream.npz", names=features, board="sim")
    for x, y in stream[60:110]:
        assert chip.predict_one(x) == twin.predict_one(x)
        for each in (twin, chip):
            each.learn_one(x, y)
    left = []
    for each in (twin, chip):
        each.save(tmp_path / "end.npz")
        left.append((tmp_path / "end.npz").read_bytes())
        each.close()
    assert left[0] == left[1]
