"""How well it has gone so far: every sample is predicted before it is learned, and that is what counts."""

from collections import deque

LATELY = 20  # samples
SHOWN = 60
TIMED = 32  # calls


class Tally:
    """Members: `samples`, those learned; `right` of them before they were."""

    def __init__(self) -> None:
        self.samples = self.right = 0
        self.last: deque[bool] = deque(maxlen=SHOWN)
        self._calls: deque[tuple[int, float]] = deque(maxlen=TIMED)

    def count(self, answers: list[bool], seconds: float) -> None:
        """The next samples: of each whether the prediction was right, and how long the board took for all of them."""
        self.samples += len(answers)
        self.right += sum(answers)
        self.last += answers
        self._calls.append((len(answers), seconds))

    def told(self) -> dict[str, object]:
        """For a page: shares between 0 and 1, None before the first sample; samples a second while the board was at work."""
        lately = list(self.last)[-LATELY:]
        seconds = sum(took for _, took in self._calls)
        return {
            "samples": self.samples,
            "accuracy": self.right / self.samples if self.samples else None,
            "lately": sum(lately) / len(lately) if lately else None,
            "last": "".join("1" if right else "0" for right in self.last),
            "rate": sum(samples for samples, _ in self._calls) / seconds if seconds else None,
        }
