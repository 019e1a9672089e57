"""Streams are what they are called and come from their seed; methods and settings are read as they are written."""

import numpy as np
import pytest

from sw.data.error import DataError
from sw.data.mnist import load_packed
from sw.experiments.continual import streams
from sw.experiments.continual.methods import METHODS, parse_methods, settings_of
from sw.experiments.continual.sources import Sources, bits_of, load_features, made_up_features
from sw.experiments.seeds import Seeds
from sw.host.error import InputError

TRAIN, TEST = load_packed("train"), load_packed("test")


class Small(Sources):
    """The first samples of each set; in place of Fashion-MNIST, MNIST upside down."""

    def mnist(self):
        return (TRAIN[0][:200], TRAIN[1][:200]), (TEST[0][:50], TEST[1][:50])

    def fashion(self):
        (train, train_labels), (test, test_labels) = self.mnist()
        return (1 - train, train_labels), (1 - test, test_labels)


def test_permuted_mnist_has_the_permutations_and_orders_of_the_integer_experiment():
    stream = streams.permuted_mnist(Small(), 3, 7)
    seeds = Seeds.of(7, 3)
    assert (stream.inputs, stream.classes, len(stream.tasks)) == (784, 10, 3)
    for i, task in enumerate(stream.tasks):
        inputs, labels = task.training(30)
        order = np.random.default_rng(seeds.orders[i]).permutation(200)[:30]
        seed = seeds.permutations[i]
        pixels = np.arange(784) if seed is None else np.random.default_rng(seed).permutation(784)
        assert (inputs == TRAIN[0][order][:, pixels]).all() and (labels == TRAIN[1][order]).all()
        tests, test_labels = task.testing(20)
        assert (tests == TEST[0][:20][:, pixels]).all() and (test_labels == TEST[1][:20]).all()


def test_the_first_epoch_is_as_it_is_and_each_other_a_new_order():
    task = streams.permuted_mnist(Small(), 1, 7).tasks[0]
    first, second, third = task.orders(3, 40)
    assert first.tolist() == list(range(40))
    assert sorted(second) == sorted(third) == list(range(40)) and (second != third).any()
    assert (task.orders(2, 40)[1] == second).all()


def test_all_tasks_together_are_their_training_samples():
    stream = streams.permuted_mnist(Small(), 2, 7)
    inputs, labels = stream.joined(30)
    assert inputs.shape == (60, 784) and (inputs[30:] == stream.tasks[1].training(30)[0]).all() and len(labels) == 60


def test_mnist_and_fashion_mnist_take_turns():
    names = [task.name for task in streams.mnist_fashion(Small(), 3, 1).tasks]
    assert names == ["MNIST", "Fashion-MNIST", "MNIST"]
    back = streams.fashion_mnist(Small(), 2, 1).tasks
    assert [task.name for task in back] == names[1:]
    assert (back[0].testing(5)[0] == 1 - TEST[0][:5]).all()


def test_subsets_share_no_sample_and_leave_none_out():
    stream = streams.fashion_subsets(Small(), 8, 3)
    parts = np.concatenate([task.training(None)[0] for task in stream.tasks])
    assert [len(task.train[1]) for task in stream.tasks] == [25] * 8
    assert sorted(map(bytes, parts)) == sorted(map(bytes, 1 - TRAIN[0][:200]))
    assert stream.held_out is not None and len(stream.held_out[1]) == 50
    again, other = (streams.fashion_subsets(Small(), 8, seed).tasks[0].training(None)[0] for seed in (3, 4))
    assert (again == stream.tasks[0].training(None)[0]).all() and (again != other).any()


def test_split_mnist_asks_even_or_odd_of_two_digits():
    stream = streams.split_mnist(Small(), 5, 1)
    assert stream.classes == 2
    for i, task in enumerate(stream.tasks):
        chosen = TRAIN[1][:200] // 2 == i
        assert (task.train[0] == TRAIN[0][:200][chosen]).all()
        assert (task.train[1] == TRAIN[1][:200][chosen] - 2 * i).all()
    assert sum(len(task.train[1]) for task in stream.tasks) == 200


def test_features_are_halved_by_class_and_seen_by_the_chip_by_their_sign(tmp_path):
    (train, labels), (test, test_labels) = made_up_features(1, dimensions=6, train=40, test=20)
    np.savez(tmp_path / "f.npz", train=train, train_labels=labels, test=test, test_labels=test_labels)
    stream = streams.feature_halves(Sources(features=tmp_path / "f.npz"), 2, 1)
    assert all((task.train[1] // 5 == i).all() for i, task in enumerate(stream.tasks))
    assert (stream.tasks[1].train[0] == train[labels >= 5]).all()
    assert bits_of(np.array([[-1.0, 0.0, 0.5]], np.float32), 1.0).tolist() == [[0, 0, 1]]
    assert bits_of(np.array([[0, 127, 128]], np.uint8), 1 / 255).tolist() == [[0, 0, 1]]
    bits = np.array([[0, 1]], np.uint8)
    assert bits_of(bits, 1.0) is bits


@pytest.mark.parametrize(
    "fields",
    [{"test": np.zeros((3, 5))}, {"test_labels": np.full(3, 10)}, {"train": None}],
)
def test_bad_features_are_refused(tmp_path, fields):
    good = {"train": np.zeros((4, 2)), "train_labels": np.arange(4), "test": np.zeros((3, 2)), "test_labels": np.arange(3)}
    np.savez(tmp_path / "f.npz", **{name: value for name, value in (good | fields).items() if value is not None})
    with pytest.raises(DataError, match=r"f\.npz"):
        load_features(tmp_path / "f.npz")
    with pytest.raises(DataError, match=r"no\.npz"):
        load_features(tmp_path / "no.npz")


def test_methods_are_named_and_their_regimes_hold():
    assert parse_methods("plain, ewc,plain") == ["plain", "ewc"]
    with pytest.raises(InputError, match="has ecw, expected some of plain"):
        parse_methods("plain,ecw")
    layers = (784, 20, 10)
    paper = settings_of("metaplastic", layers, 1.35, 40, [])
    assert (paper.metaplasticity, paper.batch, paper.learning_rate) == ((1.35, 1.35), 100, 0.005)
    assert paper.half_width == 0.05 and len(paper.task_knowledge()) == 2
    assert settings_of("plain", layers, 1.35, 40, []).metaplasticity == (0, 0)
    for name in ("metaplastic-task-free", "metaplastic-batch-1"):
        assert settings_of(name, layers, 1.35, 40, []).task_knowledge() == []
    batch_1 = settings_of("ewc-batch-1", layers, 1.35, 40, [])
    assert (batch_1.batch, batch_1.epochs, batch_1.optimiser, batch_1.consolidation) == (1, 1, "sgd", "ewc")
    assert METHODS["joint-batch-1"].joint and METHODS["chip"].integer


def test_a_setting_is_changed_for_all_methods_or_for_one():
    changes = ["batch=50", "ewc:strength=7.5", "metaplasticity=1,2", "renewed=false", "normalisation=running"]
    ewc, si = (settings_of(name, (784, 20, 10), 1.0, 1, changes) for name in ("ewc", "si"))
    assert (ewc.strength, si.strength) == (7.5, 0.1) and ewc.batch == si.batch == 50
    assert ewc.metaplasticity == (1, 2) and not ewc.renewed and ewc.normalisation == "running"
    assert settings_of("si", (784, 20, 10), 1.0, 1, ["metaplasticity=3"]).metaplasticity == (3, 3)


@pytest.mark.parametrize("change", ["batch", "bath=1", "batch=x", "renewed=maybe", "nobody:batch=1", "layers=3"])
def test_a_change_that_cannot_be_read_is_refused(change):
    with pytest.raises(InputError, match="--set"):
        settings_of("plain", (784, 20, 10), 1.0, 1, [change])
