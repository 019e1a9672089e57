"""The diagonal of the Fisher information: how much the likelihood of a task's labels hangs on each binary weight."""

import torch
from torch import Tensor
from torch.nn import functional

from sw.reference.network import BinaryNetwork
from sw.reference.settings import Likelihood

BLOCK = 500


def fisher(network: BinaryNetwork, inputs: Tensor, labels: Tensor, likelihood: Likelihood) -> list[Tensor]:
    """Mean over samples of (∂ log p(label | input) / ∂ weight)², shape (n_l, n_{l-1}) for each layer.

    Parameters: `inputs` (n, n_0), `labels` (n,); `likelihood`: "given", the label of the data (the empirical Fisher of
    the published code), or "model", the mean over the labels as the network's softmax would draw them (Kirkpatrick et
    al., PNAS 114:3521, 2017). The network is put into evaluation mode; statistics of a batch count as constants.

    The gradient of one sample is the outer product of its δ at the pre-activations and the layer's inputs, so a sum of
    squares over samples is one matrix product of squares: no pass a sample.
    """
    network.eval()
    network.hold_statistics(True)
    total = [torch.zeros_like(hidden, requires_grad=False) for hidden in network.hidden]
    for first in range(0, len(inputs), BLOCK):
        _add_block(network, total, inputs[first : first + BLOCK], labels[first : first + BLOCK], likelihood)
    network.hold_statistics(False)
    return [layer / len(inputs) for layer in total]


def _add_block(network: BinaryNetwork, total: list[Tensor], inputs: Tensor, labels: Tensor, likelihood: Likelihood) -> None:
    logits, entering, sums = network.trace(inputs)
    logarithms = functional.log_softmax(logits, dim=1)
    if likelihood == "given":
        drawn = [(logarithms.gather(1, labels[:, None])[:, 0], torch.ones(len(inputs), device=inputs.device))]
    else:
        drawn = [(logarithms[:, label], logarithms[:, label].detach().exp()) for label in range(logits.shape[1])]
    for logarithm, share in drawn:
        deltas = torch.autograd.grad(logarithm.sum(), sums, retain_graph=True)
        for layer, delta, values in zip(total, deltas, entering, strict=True):
            layer += (share[:, None] * delta.square()).T @ values.detach().square()
