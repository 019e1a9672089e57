"""How many training samples a board must have counted: those that it was given, and those that it rehearsed (clause 19)."""

from sw.contract.rehearsal import NONE, Rehearsal

COUNTS = 1 << 64


class Counting:
    """Of one network on one board, whose own memory may rehearse.

    A *number* is that of a new sample, as TRAIN and PLAY tell it: it begins with the count of the state that was set, and goes
    on by new samples alone. Members: `rehearsal` of the board, `NONE` where it does not rehearse.
    """

    def __init__(self) -> None:
        self.rehearsal = NONE
        self._begin = self._seen = self._rehearsed = 0

    def set_state(self, samples: int, number: int) -> None:
        """The board was given a state with so many samples, before sample `number` by the numbers of before."""
        self._seen += self._since(number)
        self._begin, self._rehearsed = samples, 0

    def set_rehearsal(self, rehearsal: Rehearsal, seen: int, number: int) -> None:
        """The board rehearses from sample `number` on, after `seen` new ones of its reservoir."""
        self._rehearsed = (self.most(number) - number) % COUNTS
        self.rehearsal, self._seen, self._begin = rehearsal, seen, number

    def least(self, number: int) -> int:
        """What is counted when the last new sample before `number` has been learned, and nothing rehearsed behind it."""
        return self._counted(number, max(self._since(number) - 1, 0))

    def most(self, number: int) -> int:
        """What is counted when all is done that comes before sample `number`."""
        return self._counted(number, self._since(number))

    def _since(self, number: int) -> int:
        return (number - self._begin) % COUNTS

    def _counted(self, number: int, rehearsed_after: int) -> int:
        return (number + self._rehearsed + self.rehearsal.rehearsed(self._seen, rehearsed_after)) % COUNTS
