"""A learner: the same seed gives the same weights, a state of each task is kept and brought back, boundaries are told."""

import numpy as np
import pytest
import torch

from sw.contract.error import ContractError
from sw.reference.learner import Learner
from sw.reference.settings import Settings

RANDOM = np.random.default_rng(1)
CENTRES = RANDOM.integers(0, 2, (3, 30))
LABELS = RANDOM.integers(0, 3, 200)
INPUTS = (CENTRES[LABELS] ^ (RANDOM.random((200, 30)) < 0.1)).astype(np.uint8)
ORDER = np.arange(200)


def settings(**fields):
    given = {"normalisation": "running", "metaplasticity": (1.0, 1.0), "batch": 20, "epochs": 1}
    return Settings(layers=(30, 16, 3), **(given | fields))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"consolidation": "random"},
        {"consolidation": "si", "strength": 0.1},
        {"optimiser": "sgd", "batch": 1, "normalisation": "sample", "learning_rate": 0.01},
    ],
)
def test_the_same_seed_gives_the_same_weights_and_another_one_others(fields):
    weights = []
    for seed in (3, 3, 4):
        learner = Learner(settings(**fields), seed)
        for _ in range(2):
            learner.learn(INPUTS, LABELS, [ORDER[:60], ORDER[60::-1].copy()])
        weights.append(learner.hidden())
    assert all((a == b).all() for a, b in zip(weights[0], weights[1], strict=True))
    assert (weights[0][0] != weights[2][0]).any()


@pytest.mark.parametrize("normalisation", ["none", "sample", "batch", "running", "batch-per-task", "running-per-task"])
def test_it_learns(normalisation):
    learner = Learner(settings(normalisation=normalisation, learning_rate=0.02), 1)
    before = learner.accuracy(INPUTS, LABELS)
    learner.learn(INPUTS, LABELS, [ORDER] * 10)
    assert before < 0.8 and learner.accuracy(INPUTS, LABELS, task=0) > 0.95


def test_one_step_is_the_optimisers_step_on_the_mean_cross_entropy():
    learner = Learner(settings(normalisation="sample", optimiser="sgd", weight_decay=0.0, metaplasticity=(0.0, 0.0)), 2)
    before = [layer.detach().clone() for layer in learner.network.hidden]
    logits = learner.network(torch.tensor(INPUTS[:20]).float())
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS[:20]))
    gradients = torch.autograd.grad(loss, list(learner.network.hidden))
    learner.learn(INPUTS, LABELS, [ORDER[:20]])
    for old, gradient, new in zip(before, gradients, learner.hidden(), strict=True):
        np.testing.assert_allclose(new, (old - 0.005 * gradient).numpy(), rtol=1e-6)


def test_a_state_of_each_task_is_brought_back_by_its_name_only_where_that_is_asked_for():
    other = 1 - INPUTS
    told, untold = (Learner(settings(normalisation=kind), 1) for kind in ("running-per-task", "running"))
    for learner in (told, untold):
        learner.learn(INPUTS, LABELS, [ORDER])
    first = told.network.normalisation_state()
    for learner in (told, untold):
        learner.learn(other, LABELS, [ORDER])
    second = told.network.normalisation_state()
    assert not torch.equal(first["0.mean"], second["0.mean"])
    # the weights are equal: the names of the tasks change what is tested, not what is learned
    assert all((a == b).all() for a, b in zip(told.hidden(), untold.hidden(), strict=True))
    assert torch.equal(told.logits(INPUTS, task=1), untold.logits(INPUTS, task=1))
    assert torch.equal(told.logits(INPUTS, task=1), told.logits(INPUTS))
    assert torch.equal(told.logits(INPUTS, task=5), told.logits(INPUTS))  # not learned yet: as it is now
    assert not torch.equal(told.logits(INPUTS, task=0), told.logits(INPUTS, task=1))
    assert torch.equal(untold.logits(INPUTS, task=0), untold.logits(INPUTS, task=1))
    # the test on an old task has left the state of the new one in place
    after = told.network.normalisation_state()
    assert all(torch.equal(second[name], after[name]) for name in second)
    told.network.restore_normalisation(first)
    expected = told.logits(INPUTS)
    told.network.restore_normalisation(second)
    assert torch.equal(told.logits(INPUTS, task=0), expected)


def test_moments_begin_anew_only_where_that_is_asked_for():
    weights = {}
    for renewed in (True, False):
        learner = Learner(settings(renewed=renewed), 1)
        learner.learn(INPUTS, LABELS, [ORDER])
        weights[renewed, 1] = learner.hidden()[0]
        learner.learn(INPUTS, LABELS, [ORDER])
        weights[renewed, 2] = learner.hidden()[0]
    assert (weights[True, 1] == weights[False, 1]).all() and (weights[True, 2] != weights[False, 2]).any()


def test_a_rest_of_one_sample_joins_the_batch_before():
    learner = Learner(settings(normalisation="batch"), 1)
    assert [len(part) for part in learner._batches(torch.arange(41))] == [20, 21]
    assert [len(part) for part in learner._batches(torch.arange(42))] == [20, 20, 2]
    learner.learn(INPUTS, LABELS, [ORDER[:41]])


def test_what_a_run_is_told_of_tasks_is_said():
    assert settings(renewed=False).task_knowledge() == []
    assert settings(optimiser="sgd", normalisation="sample", batch=1).task_knowledge() == []
    known = settings(normalisation="batch-per-task", consolidation="ewc").task_knowledge()
    assert len(known) == 3 and "names the task" in known[0]


def test_grey_bytes_are_scaled():
    learner = Learner(settings(normalisation="none"), 1, scale=1 / 255)
    bits = Learner(settings(normalisation="none"), 1)
    np.testing.assert_allclose(learner.logits(INPUTS * 255), bits.logits(INPUTS), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"batch": 1}, "one sample has no variance"),
        ({"metaplasticity": (1.0,)}, "expected 2 numbers"),
        ({"metaplasticity": (1.0, float("nan"))}, "metaplasticity is nan"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
        ({"consolidation": "ecw"}, "consolidation is 'ecw'"),
        ({"epochs": 0}, "epochs is 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(fields, said):
    with pytest.raises(ContractError, match=said):
        settings(**fields)


def test_a_task_without_epochs_is_refused():
    with pytest.raises(ContractError, match="no epochs"):
        Learner(settings(), 1).learn(INPUTS, LABELS, [])


def test_a_learner_that_diverges_says_so():
    fields = {"consolidation": "si", "strength": 1e38, "optimiser": "sgd", "batch": 1, "normalisation": "sample"}
    learner = Learner(settings(**fields, learning_rate=50.0, half_width=0.4, weight_decay=0.0), 1)
    learner.learn(INPUTS, LABELS, [ORDER])
    with pytest.raises(ContractError, match="the learner diverged, expected a smaller strength or learning_rate"):
        learner.learn(INPUTS, LABELS, [ORDER])
