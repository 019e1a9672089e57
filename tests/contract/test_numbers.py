"""Numbers as a program has them: of NumPy's types or PyTorch's, in lists or arrays; kept as Python's own."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from sw.contract.configuration import configuration_to_json
from sw.contract.error import ContractError, shown, tuple_of
from sw.contract.geometry import Geometry
from sw.contract.network import Network

PLAIN = Network.of(layers=(64, 20, 10), margin=5, window=(3,), learning_rate=(0.25, 0.5), relax_rate=(3, 4))
FIELDS = {
    "a NumPy integer in a tuple": {"layers": (64, 20, np.int64(10))},
    "an array of integers": {"layers": np.array([64, 20, 10], np.uint16)},
    "a tensor of integers": {"layers": torch.tensor([64, 20, 10])},
    "a list of arrays without dimensions": {"layers": [np.array(64), np.array(20), torch.tensor(10)]},
    "a NumPy integer": {"margin": np.int8(5)},
    "an array of one integer": {"margin": np.array(5), "relax_floor": torch.tensor(1)},
    "a range": {"relax_rate": range(3, 5)},
    "NumPy's numbers in single precision": {"learning_rate": (np.float32(0.25), np.float64(0.5))},
    "an array in half precision": {"learning_rate": np.array([0.25, 0.5], np.float16)},
    "a tensor of numbers": {"learning_rate": torch.tensor([0.25, 0.5])},
    "fractions": {"learning_rate": (Fraction(1, 4), Fraction(1, 2))},
    "words of NumPy": {"metaplastic_function": np.array(["tanh", "tanh"])},
}


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
def test_numbers_of_every_type_are_taken_and_kept_as_python_s(fields):
    given = {"layers": (64, 20, 10), "margin": 5, "window": (3,), "learning_rate": (0.25, 0.5), "relax_rate": (3, 4)}
    network = Network.of(**(given | fields))
    assert network == PLAIN and hash(network) == hash(PLAIN)
    assert configuration_to_json(network) == configuration_to_json(PLAIN)
    values = [value for field in vars(network).values() for value in (field if isinstance(field, tuple) else (field,))]
    assert {type(value) for value in values} == {int, float, str}


WRONG = {
    "a bool": ({"margin": True}, "margin is True, expected an integer"),
    "a bool of NumPy": ({"margin": np.True_}, "margin is True, expected an integer"),
    "a bool of PyTorch": ({"margin": torch.tensor(True)}, "margin is True, expected an integer"),
    "a number that is whole": ({"margin": np.float64(5)}, "margin is 5.0, expected an integer"),
    "an array of one": ({"margin": np.array([5])}, r"margin is array\(\[5\]\), expected an integer"),
    "too large": ({"margin": np.int64(2**15)}, "margin is 32768, expected an integer"),
    "two dimensions": ({"learning_rate": np.ones((2, 2))}, r"learning_rate has array\(\[1., 1.\]\), expected a finite number"),
    "no dimensions": ({"learning_rate": np.array(0.5)}, r"learning_rate is array\(0.5\), expected a list of 2"),
    "a complex number": ({"learning_rate": np.array([1j, 1])}, "learning_rate has 1j, expected a finite number"),
    "no number": ({"learning_rate": np.array([np.nan, 1], np.float32)}, "learning_rate has nan"),
    "bools": ({"learning_rate": np.array([True, False])}, "learning_rate has True, expected a finite number"),
    "a set": ({"layers": {64, 20, 10}}, "expected a list of 2 to 5 sizes"),
    "a word": ({"layers": "642010"}, "layers is '642010', expected a list of 2 to 5 sizes"),
}


@pytest.mark.parametrize(("fields", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_number_of_the_kind_is_refused(fields, said):
    with pytest.raises(ContractError, match=said):
        Network.of(**({"layers": (64, 20, 10)} | fields))


def test_a_geometry_takes_them_too():
    numbers: dict[str, Any] = {"columns": 64, "rows": 32, "grid_height": 2, "grid_width": 2, "folds": 1}
    numbers |= {"synapses_per_cell": 16, "slices": 2}
    given: dict[str, Any] = {name: np.int32(number) for name, number in numbers.items()}
    found = Geometry(**given)
    assert found == Geometry(**numbers) and {type(value) for value in vars(found).values()} == {int}
    with pytest.raises(ContractError, match="slices is True, expected 1, 2 or 4"):
        Geometry(**numbers | {"slices": True})
    with pytest.raises(ContractError, match="synapses_per_cell is 5, expected 4, 8 or 16"):
        given["synapses_per_cell"] = np.int16(5)
        Geometry(**given)


def test_a_value_is_shown_on_one_line_however_long_it_is():
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    assert shown("word") == "'word'"
    assert (shown("a" * 118), shown("a" * 119)) == (f"'{'a' * 118}'", f"'{'a' * 119}…")
    assert len(shown(list(range(10_000)))) < 130
    assert shown(1 << 20_000) == "too long to be shown (int)"
    assert shown(deep) == "too long to be shown (list)"
    assert tuple_of(5) is None and tuple_of(None) is None and tuple_of({"a": 1}) is None
