"""The picture of `metaplast experiment permuted-mnist`."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sw.figures import accuracy_matrix


def figures(result: dict[str, Any]) -> dict[str, Figure]:
    """Its accuracy matrix."""
    return {"-matrix": accuracy_matrix.draw(np.array(result["matrix"]))}
