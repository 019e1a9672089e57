"""The quadratic binary task against its algebra, and the switching test against flips made by hand."""

import numpy as np
import pytest
import torch

from sw.contract.error import ContractError
from sw.reference.learner import Learner
from sw.reference.quadratic import QuadraticTask, signs, simulate
from sw.reference.settings import Settings
from sw.reference.switching import switched, switching_test


def test_loss_gradient_and_switching_costs_of_two_weights_by_hand():
    task = QuadraticTask(curvature=np.array([[2.0, 1.0], [1.0, 3.0]]), optimum=np.array([1.5, 0.5]))
    b = np.array([1.0, 1.0])  # away from the optimum by (-0.5, 0.5)
    assert task.loss(b) == 0.5 * (2 * 0.25 - 2 * 0.25 + 3 * 0.25)
    assert task.gradient(b).tolist() == [-0.5, 1.0]
    costs = [task.loss(np.array(other)) - task.loss(b) for other in ([-1.0, 1.0], [1.0, -1.0])]
    assert task.switching_costs(b).tolist() == pytest.approx(costs, rel=1e-12) == [5.0, 4.0]


def test_a_random_task_has_the_eigenvalues_and_the_optimum_that_were_asked_for():
    task = QuadraticTask.random(60, seed=2)
    values = np.linalg.eigvalsh(task.curvature)
    assert 10.5 <= values.min() < 12 and 28 < values.max() <= 29.5
    assert (task.curvature == task.curvature.T).all()
    assert 3 < np.abs(task.optimum).max() <= 4
    assert (QuadraticTask.random(60, seed=2).curvature == task.curvature).all()


def test_with_a_diagonal_h_weights_run_away_at_the_speed_of_their_importance():
    h, optimum, rate = np.array([2.0, 4.0, 3.0]), np.array([3.0, -1.5, 0.4]), 0.125
    task = QuadraticTask(curvature=np.diag(h), optimum=optimum)
    trajectory = simulate(task, np.array([0.5, 0.5, -0.5]), rate, 400)
    steps = np.diff(trajectory.hidden, axis=0)[100:]
    runs = np.abs(optimum) > 1
    np.testing.assert_allclose(steps[:, runs], np.broadcast_to(rate * h * (optimum - signs(optimum)), (300, 3))[:, runs])
    assert (np.abs(trajectory.hidden[100:, 2]) <= rate * h[2] * 1.4).all()
    end = signs(trajectory.hidden[-1])
    np.testing.assert_allclose(task.switching_costs(end)[runs], (2 * h * np.abs(optimum))[runs])


def test_the_mean_cost_of_switching_follows_from_the_hidden_weights_alone():
    task = QuadraticTask.random(40, seed=3)
    late = simulate(task, np.full(40, 0.01), 0.01, 300)
    trajectory = simulate(task, late.hidden[-1], 0.01, 500)
    steady = trajectory.steady()
    assert 10 < steady.sum() < 40
    np.testing.assert_allclose(trajectory.mean_costs[steady], trajectory.predicted_costs(task)[steady], rtol=1e-9)
    assert np.corrcoef(np.abs(trajectory.hidden[-1]), trajectory.mean_costs)[0, 1] > 0.9


def trained():
    random = np.random.default_rng(1)
    labels = random.integers(0, 3, 300)
    inputs = (random.integers(0, 2, (3, 40))[labels] ^ (random.random((300, 40)) < 0.1)).astype(np.uint8)
    learner = Learner(
        Settings(layers=(40, 20, 3), metaplasticity=(0.0, 0.0), normalisation="running", batch=20, learning_rate=0.02), 1
    )
    learner.learn(inputs, labels, [np.arange(300)] * 8)
    return learner, inputs, labels


def test_switching_turns_the_chosen_signs_and_nothing_is_left_of_it():
    learner, _, _ = trained()
    hidden = learner.network.hidden[1]
    before = hidden.detach().clone()
    with pytest.raises(RuntimeError), switched(hidden, np.array([0, 7])):
        turned = (hidden.detach() == -before).flatten().tolist()
        assert [i for i, is_turned in enumerate(turned) if is_turned] == [0, 7]
        raise RuntimeError
    assert torch.equal(hidden.detach(), before)


def test_the_switching_test_bins_by_magnitude_and_measures_the_loss():
    learner, inputs, labels = trained()
    before = learner.hidden()
    found = switching_test(learner, 1, inputs, labels, bins=4, flips=1, repetitions=200, seed=1)
    magnitudes = np.abs(before[1]).ravel() / np.abs(before[1]).max()
    assert sum(part.candidates for part in found) == 60
    for part in found:
        inside = (magnitudes >= part.low) & ((magnitudes < part.high) | (part.high == 1))
        assert inside.sum() == part.candidates
        assert part.magnitude == pytest.approx(magnitudes[inside].mean())

    def loss():
        return float(torch.nn.functional.cross_entropy(learner.logits(inputs).double(), torch.tensor(labels)))

    start, singly = loss(), {}
    for i in range(60):
        with switched(learner.network.hidden[1], np.array([i])):
            singly[i] = loss() - start
    last = found[-1]
    possible = [singly[i] for i in np.flatnonzero(magnitudes >= last.low)]
    assert all(min(abs(value - one) for one in possible) < 1e-12 for value in last.increase)
    assert np.mean(last.increase) > np.mean(found[0].increase)
    assert all((a == b).all() for a, b in zip(before, learner.hidden(), strict=True))


def test_a_bin_with_too_few_weights_is_left_out_and_bad_numbers_are_refused():
    learner, inputs, labels = trained()
    found = switching_test(learner, 1, inputs, labels, bins=4, flips=20, repetitions=2, seed=1)
    assert all(part.candidates >= 20 for part in found) and len(found) < 4
    with pytest.raises(ContractError, match="layer is 2"):
        switching_test(learner, 2, inputs, labels, bins=4, flips=1, repetitions=1, seed=1)
    with pytest.raises(ContractError, match="flips is 61"):
        switching_test(learner, 1, inputs, labels, bins=4, flips=61, repetitions=1, seed=1)
