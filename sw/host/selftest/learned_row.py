"""One sample that is learned, with a table that lets every weight step: what it does to each weight can be said beforehand.

A network of one layer with learning rate 1 and no metaplasticity has thresholds of 128 throughout (clause 12), so by clauses
7, 10 and 11 the row of the label moves one level up and the row of its rival one down, wherever a pixel is on.
"""

import numpy as np

from sw.contract.network import Network
from sw.host.learning_device import LearningDevice

CLASSES = 10
LABEL = 1
ALWAYS = 2**15 - 1  # the margin that is never reached: every sample is learned
FAR = 100  # hidden weights up to here, away from the ends of their range
SEED = 4


def fault(device: LearningDevice, inputs: int) -> str | None:
    """The first weight of a network with so many inputs that is not as it should be after one sample, in words, or None."""
    random = np.random.default_rng(SEED)
    weights = random.integers(-FAR, FAR, (CLASSES, inputs), dtype=np.int8)
    pixels = random.integers(0, 2, inputs, dtype=np.uint8)
    device.configure(
        Network.of(layers=(inputs, CLASSES), learning_rate=(1.0,), metaplasticity=(0.0,), saturation=(0.0,), margin=ALWAYS)
    )
    device.write_weights([weights])
    scores = np.where(weights >= 0, 1, -1) @ pixels.astype(int)
    rival = max((c for c in range(CLASSES) if c != LABEL), key=lambda c: (scores[c], -c))
    (prediction,) = device.train(pixels[None], np.array([LABEL]))
    if prediction != np.argmax(scores):
        return f"its prediction is {prediction}, expected {np.argmax(scores)}"
    right = weights.copy()
    right[LABEL] += pixels.astype(np.int8)
    right[rival] -= pixels.astype(np.int8)
    (read_back,) = device.read_weights()
    wrong = np.argwhere(read_back != right)
    if not len(wrong):
        return None
    row, column = map(int, wrong[0])
    role = {LABEL: "the label's", rival: "the rival's"}.get(row, "neither the label's nor the rival's")
    lit = "on" if pixels[column] else "off"
    return (
        f"row {row}, {role}, column {column}, whose pixel is {lit}: the weight was {weights[row, column]} and reads "
        f"{read_back[row, column]}, expected {right[row, column]} ({len(wrong)} of {read_back.size} differ)"
    )
