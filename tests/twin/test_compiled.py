"""The twin in C++ against the twin in PyTorch: equal in every prediction, weight, random word and count."""

import random
from dataclasses import replace

import numpy as np
import pytest

from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal
from sw.data.initial_weights import initial_weights
from sw.data.mnist import load_packed
from sw.data.packed_bits import PackedBits
from sw.data.reservoir import Reservoir
from sw.experiments.continual.other_rules import RULES
from sw.tree import built
from sw.twin.compiled import library as libraries
from sw.twin.compiled.device import CompiledDevice
from sw.twin.compiled.library import SOURCE, CompilerError, library, paths
from sw.twin.device import TwinDevice

SEEDS = 60
CHOSEN = ("four-read-outs", "integrated-error", "own-threshold")  # of the other rules


def network(seed):
    """Sizes around the 64 and 512 columns and neurons that the C++ has side by side, and settings at their ends."""
    source = random.Random(seed)
    hidden = [source.choice((1, 7, 9, 63, 64, 65, 130, 513)) for _ in range(source.randrange(4))]
    layers = (source.choice((1, 40, 64, 65, 200, 520)), *hidden, source.choice((2, 3, 8, 10)))
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


def given(own, read_outs, samples=120):
    """Weights of the initial range or of the whole one, pixels of any density, labels."""
    generator = np.random.default_rng(own.init_seed)
    weights = [generator.integers(-128, 128, shape, dtype=np.int8) for shape in own.shapes]
    pixels = (generator.random((samples, own.layers[0])) < generator.random()).astype(np.uint8)
    return (
        weights if own.init_seed % 3 == 0 else initial_weights(own),
        pixels,
        generator.integers(0, own.layers[-1] // read_outs, samples),
    )


def trace(own, device, form=lambda pixels: pixels, read_outs=1):
    """All that a device tells on the way; `form` is how it is given its pixels."""
    weights, pixels, labels = given(own, read_outs)
    device.configure(own)
    device.write_weights(weights)
    device.write_state(own.prng, 2**64 - 50, signature=own.init_seed)
    told = []
    for part in np.array_split(np.arange(len(labels)), 3):
        told.append(("predictions before learning", device.train(form(pixels[part]), labels[part]).tolist()))
        told.append(("predictions", device.infer(form(pixels)).tolist()))
        told.append(("weights", [layer.tolist() for layer in device.read_weights()]))
        told.append(("state and counters", (device.read_state(), device.counters())))
    return told


def difference(expected, found):
    """What differs first of two traces."""
    return next((name for (name, one), (_, other) in zip(expected, found, strict=True) if one != other), None)


def every_path(rule=None):
    """The compiled twin on each path that this processor runs."""
    return {path: CompiledDevice(rule=rule, path=path) for path in paths(library(SOURCE, rule))}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_network_learns_what_the_twin_learns_on_every_path(seed):
    own = network(seed)
    expected = trace(own, TwinDevice())
    found = {path: difference(expected, trace(own, device)) for path, device in every_path().items()}
    assert found == dict.fromkeys(found)


@pytest.mark.parametrize("inputs", [70, 64, 784])
def test_packed_samples_are_stored_in_their_order(inputs):
    generator = np.random.default_rng(inputs)
    pixels, labels = (generator.random((300, inputs)) < 0.3).astype(np.uint8), generator.integers(0, 3, 300)
    order = generator.permutation(inputs)
    own, kept = Network.of(layers=(inputs, 20, 3)), []
    for given in (pixels[:, order], PackedBits.of(pixels).permuted(order)):
        with CompiledDevice() as device:
            device.configure(own)
            device.memory.rehearse(Reservoir.empty(Rehearsal(size=50), inputs))
            predictions = device.train(given, labels)
            reservoir = device.memory.reservoir()
            device.memory.rehearse(None)
            device.memory.store(given, labels)
            played = np.concatenate(list(device.memory.recite(0, 300)))
            kept.append((predictions, reservoir.pixels, reservoir.labels, played, *device.read_weights()))
    for plain, packed in zip(*kept, strict=True):
        np.testing.assert_array_equal(plain, packed)
    assert len(kept[0][1]) == 50 and kept[0][1].any()


@pytest.mark.parametrize("seed", range(6))
def test_packed_and_permuted_samples_are_those_of_their_array(seed):
    own = network(seed)
    order = np.random.default_rng(seed).permutation(own.layers[0])
    for device in (TwinDevice(), *every_path().values()):
        plain = trace(own, device)
        assert difference(plain, trace(own, device, PackedBits.of)) is None
        there_and_back = trace(own, device, lambda pixels: PackedBits.of(pixels[:, np.argsort(order)]).permuted(order))
        assert difference(plain, there_and_back) is None


@pytest.mark.parametrize("name", CHOSEN)
def test_other_rules_too_are_the_same_on_every_path(name):
    devices = every_path(RULES[name].type())
    read_outs = devices["plain"].read_outs
    for seed in range(6):
        own = network(seed)
        own = replace(own, layers=(*own.layers[:-1], own.layers[-1] * read_outs))
        plain, *others = (trace(own, device, read_outs=read_outs) for device in devices.values())
        assert all(difference(plain, other) is None for other in others)


@pytest.mark.check
@pytest.mark.parametrize("name", sorted(RULES.keys() - CHOSEN))
def test_so_are_all_the_others(name):
    test_other_rules_too_are_the_same_on_every_path(name)


def test_a_path_that_is_not_there_is_refused():
    with pytest.raises(ContractError, match="the path is avx1024, expected one that this processor runs: plain"):
        CompiledDevice(path="avx1024")


def test_mnist_at_full_size_ends_with_the_twins_bits():
    pixels, labels = load_packed("train")
    found = []
    for device in (TwinDevice(), *every_path().values()):
        device.configure(Network.of(relax_rate=(100, 100)))
        predictions = device.train(pixels[:3000], labels[:3000]).tolist()
        weights = [layer.tolist() for layer in device.read_weights()]
        found.append((predictions, device.infer(pixels[-500:]).tolist(), weights, device.read_state(), device.counters()))
    assert all(other == found[0] for other in found[1:])


BUGS = {
    "mean rounded toward zero": ("sum >= 0 ? sum / neurons : -((-sum + neurons - 1) / neurons)", "sum / neurons"),
    "margin not reached by equality": (">= margin)", "> margin)"),
    "the last rival of a tie": ("scores[c] > scores[rival]", "scores[c] >= scores[rival]"),
    "away at the rail": ("std::min<int>(theta.away, 127)", "theta.away"),
    "relaxation below its floor": ("q[i] >= floor)", "q[i] > floor)"),
    "window open at its edge": ("std::abs(beyond) <= window", "std::abs(beyond) < window"),
    "a band above its edge only": ("band ? std::abs(sums[j] - mean)", "band && !inputs ? std::abs(sums[j] - mean)"),
    "both sides of a band learn the same": ("= sign_bits(above) & (wants ^ refuses);", "= 0;"),
    "the middle of a band is below": (
        "Word mirrored = sign_bits(above)",
        "int lower[BITS];\nfor (int j = 0; j < BITS; j++) lower[j] = above[j] - 1;\nWord mirrored = sign_bits(lower)",
    ),
    "a step of valid inputs too far": ("steps[count / 8]", "steps[std::min<std::size_t>((count + 1) / 8, steps.size() - 1)]"),
    "silent neurons count": ("next.set_input(w, on & real, 0);", "next.set_input(w, real, 0);"),
    "signature without the prediction": ("^ std::uint32_t(prediction);", ";"),
    "no draw without an effect": ("draws++;", "draws += layer.relax_rate == 0;"),
    "signs of the row are old": ("    layer.take_signs(neuron);\n", "    if (layer.neurons > 9) layer.take_signs(neuron);\n"),
    "signs of the columns are old": ("if (!wide) return;", "if (!wide || neuron > 500) return;"),
    "a carry is lost": ("carried = both;", "carried = i < 2 ? both : Vector{};"),
    "counts above 255": ("first < counts.depth; first += 8", "first < 8; first += 8"),
    "an input of -1 is +1": ("layer.flips[k] = -(layer.negative()", "layer.flips[k] = 0 & (layer.negative()"),
    "an odd number of errors has a tie": ("if (number % 2) equal = Vector{};", ""),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name, tmp_path):
    right, wrong = BUGS[name]
    texts = {path.name: path.read_text() for path in (SOURCE, *SOURCE.parent.glob("*.h"))}
    texts["paths.h"] = texts["paths.h"].replace("#if defined(__x86_64__) && defined(__GNUC__)", "#if 0")  # a quick compilation
    assert sum(text.count(right) for text in texts.values()) == 1
    for file, text in texts.items():
        (tmp_path / file).write_text(text.replace(right, wrong))
    compiled = CompiledDevice(tmp_path / SOURCE.name)
    sound = CompiledDevice(path="plain")
    assert any(difference(trace(network(seed), sound), trace(network(seed), compiled)) for seed in range(SEEDS))


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
