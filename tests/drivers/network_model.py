"""The model of `tests/drivers/contract_model.py` for a network of the product: the only place where the two meet."""

from collections.abc import Sequence
from dataclasses import replace

from sw.contract.network import Network
from tests.drivers import contract_model
from tests.drivers.contract_model import ContractModel, Layer, Table


def model_of(
    own: Network, tables: Sequence[Table] | None = None, model_class: type[ContractModel] = ContractModel
) -> ContractModel:
    """A model with the settings and initial weights of `own`; `tables` of each layer, where they are not clause 12's."""
    layers = []
    for i in range(own.depth):
        curve = {"lr": own.learning_rate[i], "m": own.metaplasticity[i], "s": own.saturation[i]}
        table = contract_model.table(**curve, function=own.metaplastic_function[i]) if tables is None else tables[i]
        layer = Layer(neurons=own.layers[i + 1], table=table, relax_rate=own.relax_rate[i], relax_floor=own.relax_floor)
        if i < own.depth - 1:
            bounds = {"gate": own.gate[i], "window": own.window[i], "scaling": own.scaling[i]}
            layer = replace(layer, mode=own.activation[i], **bounds)
        layers.append(layer)
    weights = contract_model.initial_weights(list(own.layers), init_range=own.init_range, init_seed=own.init_seed)
    return model_class(inputs=own.layers[0], layers=layers, margin=own.margin, prng=own.prng, weights=weights)
