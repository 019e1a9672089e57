"""The quadratic binary task of the paper's theory: why a hidden weight that runs away is an important one.

Loss L(b) = ½ (b - W*)ᵀ H (b - W*) of binary weights b = sign(W), H symmetric and positive; the hidden weights W follow
W ← W - η·H·(sign(W) - W*). Unless W* is binary itself the gradient never vanishes: some components oscillate around zero,
the others run away from it for ever. What is said below is exact.

**Switching one weight.** With b' = b but for the sign of b_i, L(b') - L(b) = 2·H_ii - 2·b_i·[H·(b - W*)]_i.

**Speed and importance.** Let b_i keep its sign during T steps. Averaged over these steps the increase is
2·H_ii + 2·b_i·(W_i(T) - W_i(0)) / (η·T): the growth of |W_i| a step, times 2/η, plus 2·H_ii.

**Diagonal H.** Component i runs away iff |W*_i| > 1, at η·H_ii·(|W*_i| - 1) a step, and switching it costs
2·H_ii·|W*_i|. Else it stays within η·H_ii·(1 + |W*_i|) of zero once it has crossed it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class QuadraticTask:
    """H, float64 (d, d), symmetric and positive definite, and the optimum W*, (d,), which need not be binary."""

    curvature: NDArray[np.float64]
    optimum: Vector

    @classmethod
    def random(
        cls, dimensions: int, seed: int, mean: float = 20.0, spread: float = 19.0, reach: float = 4.0
    ) -> "QuadraticTask":
        """As in the paper's figure: eigenvalues uniform in mean ± spread/2, axes uniform in O(d), W* uniform in ± reach."""
        random = np.random.default_rng(seed)
        values = mean + spread * (random.random(dimensions) - 0.5)
        axes, triangle = np.linalg.qr(random.standard_normal((dimensions, dimensions)))
        axes *= np.sign(np.diag(triangle))  # without it QR's axes are not uniform
        curvature = (axes * values) @ axes.T
        optimum = reach * (2 * random.random(dimensions) - 1)
        return cls(curvature=(curvature + curvature.T) / 2, optimum=optimum)

    def loss(self, weights: Vector) -> float:
        """½ (w - W*)ᵀ H (w - W*)."""
        away = weights - self.optimum
        return float(away @ self.curvature @ away) / 2

    def gradient(self, weights: Vector) -> Vector:
        """H (w - W*)."""
        return self.curvature @ (weights - self.optimum)

    def switching_costs(self, binary: Vector) -> Vector:
        """For each component the growth of the loss when its sign alone is turned."""
        return 2 * np.diag(self.curvature) - 2 * binary * self.gradient(binary)


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """Hidden weights (T + 1, d) from the first to the last step, and the mean switching costs (d,) over the T steps."""

    hidden: NDArray[np.float64]
    mean_costs: Vector
    learning_rate: float

    def steady(self) -> NDArray[np.bool_]:
        """Which components had the same sign at every step."""
        positive = self.hidden[:-1] >= 0
        return (positive == positive[0]).all(0)

    def predicted_costs(self, task: QuadraticTask) -> Vector:
        """What "Speed and importance" says of the mean switching costs from the hidden weights at both ends alone."""
        growth = signs(self.hidden[0]) * (self.hidden[-1] - self.hidden[0])
        steps = len(self.hidden) - 1
        return 2 * np.diag(task.curvature) + 2 * growth / (self.learning_rate * steps)


def signs(values: Vector) -> Vector:
    """+1 where a value is >= 0, else -1."""
    return np.where(values >= 0, 1.0, -1.0)


def simulate(task: QuadraticTask, start: Vector, learning_rate: float, steps: int) -> Trajectory:
    """Follow the hidden weights from `start` (d,)."""
    hidden = np.empty((steps + 1, len(start)))
    hidden[0] = start
    costs = np.zeros(len(start))
    for step in range(steps):
        binary = signs(hidden[step])
        costs += task.switching_costs(binary)
        hidden[step + 1] = hidden[step] - learning_rate * task.gradient(binary)
    return Trajectory(hidden=hidden, mean_costs=costs / steps, learning_rate=learning_rate)
