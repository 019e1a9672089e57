"""The twin in C++ against the twin in PyTorch: equal in every prediction, weight, random word and count."""

import random

import numpy as np
import pytest
import torch

from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.data.initial_weights import initial_weights
from sw.data.mnist import load_packed
from sw.tree import built
from sw.twin.compiled import library as libraries
from sw.twin.compiled.device import CompiledDevice
from sw.twin.compiled.library import SOURCE, CompilerError, library
from sw.twin.device import TwinDevice

torch.set_num_threads(1)  # tests run side by side


def network(seed):
    """Sizes around the 8 neurons and the 64 columns that the C++ has side by side, and settings at their ends."""
    source = random.Random(seed)
    hidden = [source.choice((1, 7, 8, 9, 63, 64, 65, 130)) for _ in range(source.randrange(4))]
    layers = (source.choice((1, 40, 64, 65, 200)), *hidden, source.choice((2, 3, 8, 10)))
    depth = len(layers) - 1
    modes = [source.choice(("sign", "gate", "band")) for _ in hidden]
    return Network.of(
        layers=layers,
        init_seed=seed,
        init_range=source.choice((1, 8, 128)),
        learning_rate=[source.choice((0.0, 0.4, 0.9, 3.0)) for _ in range(depth)],
        metaplasticity=[source.choice((0.0, 1.0, 2.5, 9.0)) for _ in range(depth)],
        saturation=[source.choice((0.0, 0.0, 2.5)) for _ in range(depth)],
        metaplastic_function=[source.choice(("tanh", "hyperbola")) for _ in range(depth)],
        margin=source.choice((-4, 0, 2, 9, 10, 2**15 - 1)),
        window=[source.choice((0, 1, 8, 1023)) for _ in hidden],
        activation=modes,
        gate=[0 if mode == "sign" else source.choice((-3, -1, 0, 1, 2, 5)) for mode in modes],
        scaling=[source.choice(("none", "none", "root")) for _ in hidden],
        prng=source.randrange(1, 2**32),
        relax_rate=[source.choice((0, 300, 30000, 65536)) for _ in range(depth)],
        relax_floor=source.choice((1, 2, 60, 127)),
    )


def difference(own, compiled, samples=120):
    """What differs first between the twin and `compiled` on random samples from weights over their whole range."""
    generator = np.random.default_rng(own.init_seed)
    twin = TwinDevice()
    weights = [generator.integers(-128, 128, shape, dtype=np.int8) for shape in own.shapes]
    if own.init_seed % 3:
        weights = initial_weights(own)
    pixels = (generator.random((samples, own.layers[0])) < generator.random()).astype(np.uint8)
    labels = generator.integers(0, own.layers[-1], samples)
    for device in (twin, compiled):
        device.configure(own)
        device.write_weights(weights)
        device.write_state(own.prng, 2**64 - 50, signature=own.init_seed)
    for part in np.array_split(np.arange(samples), 3):
        if (twin.train(pixels[part], labels[part]) != compiled.train(pixels[part], labels[part])).any():
            return "predictions before learning"
        if (twin.infer(pixels) != compiled.infer(pixels)).any():
            return "predictions"
        if any((a != b).any() for a, b in zip(twin.read_weights(), compiled.read_weights(), strict=True)):
            return "weights"
        if twin.read_state() != compiled.read_state() or twin.counters() != compiled.counters():
            return "state or counters"
    return None


@pytest.mark.parametrize("seed", range(60))
def test_any_network_learns_what_the_twin_learns(seed):
    assert difference(network(seed), CompiledDevice()) is None


def test_mnist_at_full_size_ends_with_the_twins_bits():
    pixels, labels = load_packed("train")
    found = []
    for device in (TwinDevice(), CompiledDevice()):
        device.configure(Network.of(relax_rate=(100, 100)))
        predictions = device.train(pixels[:3000], labels[:3000])
        found.append((predictions, device.infer(pixels[-500:]), *device.read_weights(), device.read_state(), device.counters()))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other) if isinstance(one, np.ndarray) else None
        assert isinstance(one, np.ndarray) or one == other


BUGS = {
    "mean rounded toward zero": ("sum >= 0 ? sum / neurons : -((-sum + neurons - 1) / neurons)", "sum / neurons"),
    "margin not reached by equality": (">= margin)", "> margin)"),
    "the last rival of a tie": ("scores[c] > scores[rival]", "scores[c] >= scores[rival]"),
    "away at the rail": ("std::min<int>(theta.away, 127)", "theta.away"),
    "relaxation below its floor": ("q[i] >= floor)", "q[i] > floor)"),
    "window open at its edge": ("std::abs(beyond) <= window", "std::abs(beyond) < window"),
    "a band above its edge only": ("layer.mean + std::abs(layer.sums[j] - layer.mean)", "layer.sums[j]"),
    "both sides of a band learn the same": ("side * layer.backward[j]", "layer.backward[j]"),
    "the middle of a band is below": ("below.band && above < 0", "below.band && above <= 0"),
    "a step of valid inputs too far": ("(count / 8,", "((count + 1) / 8,"),
    "silent neurons count": ("if (layer.gated) next.valid[w] = on;", "if (layer.gated) next.minus[w] = ~on;"),
    "signature without the prediction": ("^ std::uint32_t(prediction);", ";"),
    "no draw without an effect": ("draws++;", "draws += layer.relax_rate == 0;"),
    "signs of the row are old": ("layer.take_signs(neuron);", "if (layer.neurons > 9) layer.take_signs(neuron);"),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name, tmp_path):
    right, wrong = BUGS[name]
    texts = {path.name: path.read_text() for path in (SOURCE, *SOURCE.parent.glob("*.h"))}
    assert sum(text.count(right) for text in texts.values()) == 1
    for file, text in texts.items():
        (tmp_path / file).write_text(text.replace(right, wrong))
    compiled = CompiledDevice(tmp_path / SOURCE.name)
    assert any(difference(network(seed), compiled) for seed in range(60))


@pytest.mark.parametrize("device", [TwinDevice, CompiledDevice])
def test_both_refuse_the_same(device):
    own = device()
    for use in (own.read_weights, own.counters, lambda: own.infer([[0]])):
        with pytest.raises(ContractError, match="not configured"):
            use()
    own.configure(Network.of(layers=(5, 3, 2)))
    for use, said in (
        (lambda: own.train([[0, 0, 0, 0, 2]], [0]), "other than the integers 0 and 1"),
        (lambda: own.train([[0, 0, 0, 0, 1]], [2]), "a label is 2, expected 0 to 1"),
        (lambda: own.infer([[0, 1]]), "pixels has the shape"),
        (lambda: own.write_weights([np.zeros((3, 5), np.int8)]), "weights has 1 layers"),
        (lambda: own.write_state(0, 0), "prng is 0"),
        (lambda: own.write_state(1, 0, 2**32), "signature is 4294967296"),
    ):
        with pytest.raises(ContractError, match=said):
            use()
    own.close()
    with pytest.raises(ContractError, match="not configured"):
        own.read_state()


def test_without_a_compiler_one_sentence_says_what_to_install(monkeypatch, tmp_path):
    library.cache_clear()
    monkeypatch.setattr(libraries.shutil, "which", lambda name: None)
    with pytest.raises(CompilerError, match="^g.. is missing: install it"):
        CompiledDevice()
    monkeypatch.undo()
    broken = tmp_path / "machine.cpp"
    broken.write_text("int f() { return }")
    monkeypatch.setattr(built, "folders", lambda room: [tmp_path / "made"])
    with pytest.raises(CompilerError, match="^g.. failed: "):
        library(broken)
    assert not list((tmp_path / "made").iterdir())
