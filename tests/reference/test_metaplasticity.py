"""The metaplastic rule against numbers worked out by hand, and Adam under it against numpy."""

import numpy as np
import pytest
import torch

from sw.reference.metaplasticity import MetaplasticAdam, MetaplasticSgd, metaplastic, plasticity

F_HALF = 0.7864477329659274  # 1 - tanh(0.5)²


def stepped(kind, weight, gradients, m=(1.0,), rate=0.1, decay=0.0):
    layer = torch.nn.Parameter(torch.tensor(np.array([weight]), dtype=torch.float64))
    optimiser = kind([layer], [], m, rate, decay)
    for gradient in gradients:
        layer.grad = torch.tensor(np.array([gradient]).reshape(1, -1), dtype=torch.float64)
        optimiser.step()
    return layer.detach().numpy()[0]


def test_plasticity_falls_with_the_hidden_weight_and_with_m():
    hidden = torch.tensor([0.0, 0.5, -0.5, 1.0], dtype=torch.float64)
    np.testing.assert_allclose(plasticity(hidden, 1.0), [1, F_HALF, F_HALF, 1 - np.tanh(1) ** 2], rtol=1e-14)
    np.testing.assert_allclose(plasticity(hidden, 0.5)[3], F_HALF, rtol=1e-14)


def test_only_a_step_toward_zero_is_scaled():
    # W = 0.5: a gradient of +0.2 leads down, toward zero; -0.2 leads up. W = -0.5: the other way round.
    found = stepped(MetaplasticSgd, [0.5, 0.5, -0.5, -0.5, 0.0], [[0.2, -0.2, -0.2, 0.2, 0.2]])
    toward = 0.1 * 0.2 * F_HALF
    np.testing.assert_allclose(found, [0.5 - toward, 0.52, -0.5 + toward, -0.52, -0.02], rtol=1e-14)


def test_m_zero_is_plain_gradient_descent():
    np.testing.assert_allclose(stepped(MetaplasticSgd, [3.0, -3.0], [[1.0, 1.0]], m=(0.0,)), [2.9, -3.1], rtol=1e-14)
    update = torch.tensor([1.0, -1.0])
    assert metaplastic(update, torch.tensor([9.0, 9.0]), 0.0) is update


def test_weight_decay_is_a_gradient_and_can_turn_the_step():
    # gradient -0.04 + 0.1 · 0.5 = +0.01: toward zero
    found = stepped(MetaplasticSgd, [0.5], [[-0.04]], decay=0.1)
    np.testing.assert_allclose(found, [0.5 - 0.1 * 0.01 * F_HALF], rtol=1e-13)


def test_each_layer_has_its_own_m_and_gains_have_none():
    layers = [torch.nn.Parameter(torch.full((1, 1), 0.5, dtype=torch.float64)) for _ in range(3)]
    optimiser = MetaplasticSgd(layers[:2], layers[2:], (1.0, 3.0), 0.1, 0.0)
    for layer in layers:
        layer.grad = torch.full((1, 1), 0.2, dtype=torch.float64)
    optimiser.step()
    expected = [0.5 - 0.02 * F_HALF, 0.5 - 0.02 * (1 - np.tanh(1.5) ** 2), 0.48]
    np.testing.assert_allclose([float(layer.detach()) for layer in layers], expected, rtol=1e-13)


def test_the_first_step_of_adam_is_the_learning_rate_times_the_plasticity():
    # M / √V is the sign of the gradient once both are corrected for their beginning
    found = stepped(MetaplasticAdam, [0.5, 0.5], [[0.3, -0.02]], rate=0.01)
    np.testing.assert_allclose(found, [0.5 - 0.01 * F_HALF, 0.51], rtol=1e-5)


def numpy_adam(weight, gradients, m, rate, decay):
    weight, first, second = np.array(weight), 0.0, 0.0
    for t, gradient in enumerate(gradients, 1):
        gradient = np.array(gradient) + decay * weight
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        update = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * first / (np.sqrt(second) + 1e-8)
        toward = np.sign(first) == np.sign(weight)
        weight = weight - np.where(toward, update * (1 - np.tanh(m * np.abs(weight)) ** 2), update)
    return weight


@pytest.mark.parametrize("m", [0.0, 1.35, 8.0])
def test_adam_is_that_of_numpy_over_many_steps(m):
    random = np.random.default_rng(3)
    weight, gradients = random.uniform(-0.05, 0.05, 50), random.standard_normal((30, 50))
    found = stepped(MetaplasticAdam, weight, gradients, m=(m,), rate=0.02, decay=1e-3)
    np.testing.assert_allclose(found, numpy_adam(weight, gradients, m, 0.02, 1e-3), rtol=1e-10)


def test_without_metaplasticity_it_is_the_adam_of_pytorch_but_for_epsilon():
    random = np.random.default_rng(4)
    weight, gradients = random.standard_normal(20), 1e4 * random.standard_normal((10, 20))
    layer = torch.nn.Parameter(torch.tensor(weight))
    optimiser = torch.optim.Adam([layer], lr=0.05, eps=1e-12)
    for gradient in gradients:
        layer.grad = torch.tensor(gradient)
        optimiser.step()
    found = stepped(MetaplasticAdam, weight, gradients, m=(0.0,), rate=0.05)
    np.testing.assert_allclose(found, layer.detach().numpy(), rtol=1e-7)
