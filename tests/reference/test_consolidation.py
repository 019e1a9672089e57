"""EWC's Fisher information on a linear model, the penalty as a sum over tasks, the path integral in one dimension."""

import numpy as np
import pytest
import torch

from sw.reference.anchors import Anchors
from sw.reference.consolidation import ElasticWeights, Nothing, SynapticIntelligence, consolidation_of
from sw.reference.fisher import fisher
from sw.reference.network import BinaryNetwork
from sw.reference.settings import Settings


def settings(layers, **fields):
    given = {"normalisation": "none", "metaplasticity": (0.0,) * (len(layers) - 1), "strength": 1.0} | fields
    return Settings(layers=layers, **given)


def linear():
    """Binary weights [[+1, -1], [-1, -1]], logits over √2."""
    net = BinaryNetwork((2, 2), "none", 0.05, 1).double()
    with torch.no_grad():
        net.hidden[0].copy_(torch.tensor([[0.3, -0.1], [-2.0, -0.5]]))
    return net


INPUTS = torch.tensor([[1.0, 0.0], [2.0, 1.0]]).double()
LABELS = torch.tensor([0, 1])


def test_the_fisher_information_of_a_linear_model_is_that_of_paper_and_pencil():
    # sample 1: logits ±1/√2, so p = 1/(1 + e^-√2) for class 0; sample 2: logits (1, -3)/√2, p = 1/(1 + e^(-4/√2))
    p1, p2 = 1 / (1 + np.exp(-np.sqrt(2))), 1 / (1 + np.exp(-4 / np.sqrt(2)))
    # (p_c - y_c)² is (1-p)² for both classes where class 0 is right, p² where class 1 is; times x²/2
    row = [((1 - p1) ** 2 * 1 + p2**2 * 4) / 2 / 2, (p2**2 * 1) / 2 / 2]
    (found,) = fisher(linear(), INPUTS, LABELS, "given")
    np.testing.assert_allclose(found, [row, row], rtol=1e-12)
    # with the labels of the model: the variance p(1-p) of the label
    row = [(p1 * (1 - p1) * 1 + p2 * (1 - p2) * 4) / 2 / 2, p2 * (1 - p2) / 2 / 2]
    (found,) = fisher(linear(), INPUTS, LABELS, "model")
    np.testing.assert_allclose(found, [row, row], rtol=1e-12)


@pytest.mark.parametrize("normalisation", ["none", "sample", "running"])
def test_the_fisher_information_of_a_deep_network_is_the_mean_of_squared_gradients_one_sample_at_a_time(normalisation):
    net = BinaryNetwork((5, 6, 4, 3), normalisation, 0.05, 3).double()
    random = np.random.default_rng(1)
    inputs, labels = torch.tensor(random.standard_normal((8, 5))), torch.tensor(random.integers(0, 3, 8))
    net.train()
    net(inputs)  # running statistics that are not those of the beginning
    net.eval()
    expected = [torch.zeros_like(layer) for layer in net.hidden]
    for i in range(8):
        loss = torch.nn.functional.cross_entropy(net(inputs[i : i + 1]), labels[i : i + 1])
        for total, gradient in zip(expected, torch.autograd.grad(loss, list(net.hidden)), strict=True):
            total += gradient.square() / 8
    for one, other in zip(fisher(net, inputs, labels, "given"), expected, strict=True):
        np.testing.assert_allclose(one.detach(), other.detach(), rtol=1e-10, atol=1e-15)


def test_many_samples_are_taken_block_by_block(monkeypatch):
    monkeypatch.setattr("sw.reference.fisher.BLOCK", 1)
    (found,) = fisher(linear(), INPUTS, LABELS, "given")
    monkeypatch.undo()
    np.testing.assert_allclose(found, fisher(linear(), INPUTS, LABELS, "given")[0], rtol=1e-12)


def put(net, values):
    with torch.no_grad():
        net.hidden[0].copy_(torch.tensor(values, dtype=torch.float64))


def test_the_penalty_is_the_sum_over_tasks_and_its_gradient_the_difference_quotient():
    net = linear()
    anchors = Anchors(net, "hidden")
    assert anchors.penalty(net) == 0
    random = np.random.default_rng(0)
    tasks = [(random.random((2, 2)), random.standard_normal((2, 2))) for _ in range(3)]
    for importance, anchor in tasks:
        anchors.add([torch.tensor(importance)], [torch.tensor(anchor)])

    def penalty(w):
        return sum(0.5 * (f * (w - a) ** 2).sum() for f, a in tasks)

    w = random.standard_normal((2, 2))
    put(net, w)
    assert anchors.penalty(net) == pytest.approx(penalty(w), rel=1e-12)
    for index in np.ndindex(2, 2):
        step = np.zeros((2, 2))
        step[index] = 1e-6
        slope = (penalty(w + step) - penalty(w - step)) / 2e-6
        assert float(anchors.gradients(net)[0][index]) == pytest.approx(slope, rel=1e-6)


def test_on_binary_weights_a_flip_costs_four_times_half_the_importance():
    net = linear()
    anchors = Anchors(net, "binary")
    anchors.add([torch.full((2, 2), 3.0).double()], anchors.weights(net))
    assert anchors.penalty(net) == 0 and not anchors.gradients(net)[0].any()
    put(net, [[-0.3, -0.1], [-2.0, -7.0]])  # one flip; the size of a hidden weight does not matter
    assert anchors.penalty(net) == 6
    assert anchors.gradients(net)[0].tolist() == [[-6, 0], [0, 0]]


def test_online_importance_decays_and_is_tied_to_the_last_weights():
    net = linear()
    anchors = Anchors(net, "hidden")
    one = torch.ones(2, 2).double()
    anchors.add([4 * one], [0 * one], keep=0.5, renew=True)
    anchors.add([1 * one], [2 * one], keep=0.5, renew=True)
    put(net, [[5.0, 2.0], [2.0, 2.0]])
    assert anchors.importance[0].tolist() == [[3, 3], [3, 3]]
    assert anchors.penalty(net) == 0.5 * 3 * 9
    assert anchors.gradients(net)[0].tolist() == [[9, 0], [0, 0]]


@pytest.mark.parametrize("kind", ["ewc", "online-ewc", "random"])
def test_elastic_weights_measure_a_task_and_pull_on_the_next(kind):
    net = linear()
    method = consolidation_of(net, settings((2, 2), consolidation=kind, strength=10.0, decay=0.5), seed=1)
    assert isinstance(method, ElasticWeights)
    method.end_task(net, INPUTS, LABELS)
    (importance,) = fisher(net, INPUTS, LABELS, "given")
    (taken,) = method.anchors.importance
    assert sorted(taken.flatten().tolist()) == sorted(importance.flatten().tolist())
    method.end_task(net, INPUTS, LABELS)
    expected = {"ewc": 2, "online-ewc": 1.5}.get(kind)
    if expected:
        np.testing.assert_allclose(method.anchors.importance[0], expected * importance)
    put(net, [[-0.3, -0.1], [-2.0, -0.5]])
    net.hidden[0].grad = torch.ones(2, 2).double()
    method.after_gradient(net)
    pull = 10 * float(method.anchors.importance[0][0, 0]) * -2
    assert net.hidden[0].grad[0, 0] == pytest.approx(1 + pull) and net.hidden[0].grad[1, 1] == 1


def test_shuffled_importances_are_shuffled_by_the_seed():
    net = BinaryNetwork((20, 5), "none", 0.05, 1)
    inputs, labels = torch.rand(9, 20, generator=torch.Generator().manual_seed(2)), torch.arange(9) % 5
    taken = []
    for seed in (1, 1, 2):
        method = ElasticWeights(net, settings((20, 5), consolidation="random"), seed)
        method.end_task(net, inputs, labels)
        taken.append(method.anchors.importance[0])
    assert torch.equal(taken[0], taken[1]) and not torch.equal(taken[0], taken[2])


def walk(method, net, weights, gradients):
    for weight, gradient in zip(weights, gradients, strict=True):
        net.hidden[0].grad = torch.full((2, 1), gradient).double()
        method.after_gradient(net)
        put(net, [[weight], [weight]])
        method.after_step(net)


def intelligence(**fields):
    net = BinaryNetwork((1, 2), "none", 0.05, 1).double()
    put(net, [[1.0], [1.0]])
    given = {"consolidation": "si", "anchored": "hidden", "strength": 0.5} | fields
    return net, SynapticIntelligence(net, settings((1, 2), **given))


def test_the_path_integral_in_one_dimension():
    net, method = intelligence()
    walk(method, net, [0.8, 0.7], [2.0, 1.0])
    np.testing.assert_allclose(method.path[0], [[0.5], [0.5]])  # 2 · 0.2 + 1 · 0.1
    method.end_task(net, INPUTS, LABELS)
    importance = 0.5 / (0.3**2 + 0.1)
    assert not method.path[0].any()
    put(net, [[0.9], [0.7]])
    net.hidden[0].grad = torch.zeros(2, 1).double()
    method.after_gradient(net)
    # c = 0.5: the slope of c·Ω·(W - 0.7)² is Ω·(W - 0.7)
    np.testing.assert_allclose(net.hidden[0].grad, [[importance * 0.2], [0]], rtol=1e-12, atol=1e-15)
    assert float(method.path[0][0]) == 0  # the penalty's own gradient is no part of the path


def test_the_path_integral_of_small_steps_is_the_loss_that_was_lost():
    net, method = intelligence()
    weight, weights, gradients = 1.0, [], []
    for _ in range(2000):  # loss 3/2 · W²
        gradients.append(3 * weight)
        weight -= 1e-4 * 3 * weight
        weights.append(weight)
    walk(method, net, weights, gradients)
    assert float(method.path[0][0]) == pytest.approx(1.5 * (1 - weight**2), rel=1e-3)


def test_a_path_that_raised_the_loss_is_no_importance_and_tasks_add_up():
    net, method = intelligence()
    walk(method, net, [1.5], [2.0])
    method.end_task(net, INPUTS, LABELS)
    assert not method.anchors.importance[0].any()
    for _ in range(2):
        walk(method, net, [1.0, 1.5], [1.0, -1.0])  # 0.5 each way, back where it was: Δ = 0
        method.end_task(net, INPUTS, LABELS)
    np.testing.assert_allclose(method.anchors.importance[0], 2 * 2 * 0.5 * 1.0 / 0.1 * np.ones((2, 1)))


def test_no_consolidation_is_nothing():
    assert type(consolidation_of(linear(), settings((2, 2)), 1)) is Nothing
