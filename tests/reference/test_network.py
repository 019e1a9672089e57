"""The binarised network in floating point: values and gradients against numpy, and what each normalisation knows."""

from typing import Any

import numpy as np
import pytest
import torch

from sw.contract.error import ContractError
from sw.reference.network import BinaryNetwork
from sw.reference.normalisation import NORMALISATIONS, Normaliser
from sw.reference.sign import binary_weight, sign_activation


def network(layers=(3, 4, 2), normalisation: Any = "running", seed=1):
    return BinaryNetwork(layers, normalisation, 0.05, seed).double()


def test_the_sign_is_never_zero_and_its_derivative_is_a_window_up_to_one():
    values = torch.tensor([-1.5, -1.0, -0.2, 0.0, 1.0, 1.01], requires_grad=True)
    result = sign_activation(values)
    assert result.tolist() == [-1, -1, -1, 1, 1, 1]
    result.backward(torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    assert values.grad.tolist() == [0, 2, 3, 4, 5, 0]


def test_the_gradient_of_a_binary_weight_reaches_its_hidden_weight_however_large_it_is():
    hidden = torch.tensor([-7.0, 0.0, 0.3], requires_grad=True)
    result = binary_weight(hidden)
    assert result.tolist() == [-1, 1, 1]
    result.backward(torch.tensor([1.0, 2.0, 3.0]))
    assert hidden.grad.tolist() == [1, 2, 3]


def test_one_layer_without_normalisation_is_a_sum_over_the_root_of_its_inputs():
    chip = network((4, 2), "none")
    with torch.no_grad():
        chip.hidden[0].copy_(torch.tensor([[0.1, -0.2, 0.3, -4.0], [-1.0, -1.0, 0.0, 1.0]]))
    inputs = torch.tensor([[1.0, 0.5, 0.0, 2.0]]).double()
    # (1 - 0.5 + 0 - 2) / 2 and (-1 - 0.5 + 0 + 2) / 2
    assert chip(inputs).tolist() == [[-0.75, 0.25]]


def test_initial_weights_lie_in_their_range_and_come_from_the_seed():
    weights = [BinaryNetwork((50, 40, 10), "none", 0.05, seed).hidden[0].detach() for seed in (1, 1, 2)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    largest = float(weights[0].abs().max())
    assert 0.049 < largest <= 0.05 and abs(float(weights[0].mean())) < 0.002


def numpy_gradients(w1, w2, x, labels):
    """Gradients of the mean cross entropy by hand: batch norm with gain 1 and shift 0 after each layer, sign between."""

    def normalise(a):
        deviation = np.sqrt(a.var(0) + 1e-5)
        return (a - a.mean(0)) / deviation, deviation

    def back(d, normal, deviation):
        return (d - d.mean(0) - normal * (d * normal).mean(0)) / deviation

    b1, b2 = np.where(w1 >= 0, 1.0, -1.0), np.where(w2 >= 0, 1.0, -1.0)
    h, deviation_1 = normalise(x @ b1.T)
    s = np.where(h >= 0, 1.0, -1.0)
    z, deviation_2 = normalise(s @ b2.T)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    d_z = (p - np.eye(2)[labels]) / len(x)
    d_a2 = back(d_z, z, deviation_2)
    d_h = (d_a2 @ b2) * (np.abs(h) <= 1)
    d_a1 = back(d_h, h, deviation_1)
    return d_a1.T @ x, d_a2.T @ s, (d_h * h).sum(0), d_z.sum(0)


@pytest.mark.parametrize("normalisation", ["running", "batch", "running-per-task", "batch-per-task"])
def test_gradients_are_those_worked_out_in_numpy(normalisation):
    random = np.random.default_rng(5)
    x, labels = random.standard_normal((7, 3)), random.integers(0, 2, 7)
    net = network(normalisation=normalisation)
    loss = torch.nn.functional.cross_entropy(net(torch.tensor(x)), torch.tensor(labels))
    loss.backward()
    w1, w2 = (layer.detach().numpy() for layer in net.hidden)
    expected = numpy_gradients(w1, w2, x, labels)
    normalisers = dict(net.normalisers.named_parameters())
    found = (net.hidden[0].grad, net.hidden[1].grad, normalisers["0.gain"].grad, normalisers["1.shift"].grad)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.numpy(), other, rtol=1e-9, atol=1e-12)


def test_running_statistics_move_a_tenth_of_the_way_and_rule_the_test():
    normaliser = Normaliser("running", 1, 4).double()
    batch = torch.tensor([[2.0], [4.0]]).double()
    normaliser.train()
    assert normaliser(batch).flatten().tolist() == pytest.approx([-1, 1], abs=1e-5)
    state = normaliser.state_dict()
    assert state["mean"].tolist() == pytest.approx([0.3]) and state["variance"].tolist() == pytest.approx([0.9 + 0.1 * 2])
    normaliser.eval()
    assert normaliser(batch)[1].item() == pytest.approx((4 - 0.3) / np.sqrt(1.1 + 1e-5))


def test_a_sample_is_normalised_over_its_own_neurons():
    values = torch.tensor([[1.0, 3.0, 5.0, 7.0]]).double()
    result = Normaliser("sample", 4, 9)(values)
    np.testing.assert_allclose(result.numpy(), (values.numpy() - 4) / np.sqrt(5 + 1e-5))


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_only_batch_statistics_let_a_prediction_depend_on_the_others_in_its_batch(normalisation):
    net = network(normalisation=normalisation).eval()
    inputs = torch.tensor(np.random.default_rng(2).standard_normal((6, 3)))
    alone = torch.allclose(net(inputs)[:3], net(inputs[:3]))
    assert alone == (not normalisation.startswith("batch"))


def test_constant_statistics_keep_the_gradients_of_samples_apart():
    net = network(normalisation="batch").eval()
    inputs = torch.tensor(np.random.default_rng(2).standard_normal((6, 3)))
    for held in (False, True):
        net.hold_statistics(held)
        logits, _, sums = net.trace(inputs)
        (gradient,) = torch.autograd.grad(logits[0, 0], sums[-1])
        assert bool((gradient[1:] == 0).all()) == held


@pytest.mark.parametrize(("layers", "kind"), [((3,), "none"), ((3, 0), "none"), ((3, 2), "bathc")])
def test_bad_networks_are_refused(layers, kind):
    with pytest.raises(ContractError, match="expected"):
        BinaryNetwork(layers, kind, 0.05, 1)


def test_samples_normalised_alone_leave_the_output_to_the_classes():
    # two outputs normalised over themselves would be ±1 whatever the weights are
    net = network((3, 4, 2), "sample")
    inputs = torch.tensor(np.random.default_rng(2).standard_normal((6, 3)))
    logits, _, sums = net.trace(inputs)
    assert torch.equal(logits, sums[-1] / 2)
