"""The accelerator from Python: boards, networks, checkpoints, and estimators for scikit-learn and River.

    from metaplast import open_board

    with open_board("compiled") as board:
        board.begin(layers=(784, 500, 10))
        predictions = board.train(images > 127, labels)
        board.save("trained.npz")

    from metaplast import MetaplasticClassifier

    classifier = MetaplasticClassifier(board="compiled").fit(X, y)

Names are imported when they are first used: a computer beside a board needs neither scikit-learn nor River. Whatever is
refused raises a `MetaplastError`, except where scikit-learn's users expect a `ValueError`.
"""

import importlib
from typing import TYPE_CHECKING, Any

from sw.tree.extras import lacking

if TYPE_CHECKING:
    from sw.contract.error import MetaplastError
    from sw.contract.network import Network
    from sw.contract.rehearsal import Rehearsal
    from sw.data.thermometer import ThermometerEncoder
    from sw.estimators.classifier import MetaplasticClassifier
    from sw.estimators.online_classifier import OnlineMetaplasticClassifier
    from sw.host.checkpoint import Checkpoint
    from sw.host.notebook import OpenBoard, open_board

__all__ = [
    "Checkpoint",
    "MetaplastError",
    "MetaplasticClassifier",
    "Network",
    "OnlineMetaplasticClassifier",
    "OpenBoard",
    "Rehearsal",
    "ThermometerEncoder",
    "open_board",
]

PLACES = {
    "Checkpoint": "sw.host.checkpoint",
    "MetaplastError": "sw.contract.error",
    "MetaplasticClassifier": "sw.estimators.classifier",
    "Network": "sw.contract.network",
    "OnlineMetaplasticClassifier": "sw.estimators.online_classifier",
    "OpenBoard": "sw.host.notebook",
    "Rehearsal": "sw.contract.rehearsal",
    "ThermometerEncoder": "sw.data.thermometer",
    "open_board": "sw.host.notebook",
}


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module 'metaplast' has no attribute {name!r}: it has {', '.join(__all__)}")
    try:
        return getattr(importlib.import_module(PLACES[name]), name)
    except ModuleNotFoundError as error:
        raise ImportError(lacking(f"metaplast.{name}", error.name or name)) from error


def __dir__() -> list[str]:
    return sorted(__all__)
