"""Watches an engine that computes several samples at a time, and holds it against the twin, sample by sample."""

from collections import Counter

from sim.drivers.engine_observer import EngineObserver


class GroupObserver(EngineObserver):
    """An `EngineObserver` for groups: sums of the first layer come for all samples of a group, and again for changed rows.

    `groups` counts the groups by their size, `again` the rows that came again.
    """

    again = 0

    async def _watch_sums(self) -> None:
        g, row = self.geometry, self.engine.fold_sum
        self.groups: Counter[int] = Counter()
        width, first = len(row.row__matches), self.network.layers[1]
        rest = self.network.row_count - first
        samples: list[list[int]] = []  # by the sample of the group, the matches of the first layer
        taken = number = 0
        async for _ in self._each_cycle_of(row.row__valid):
            of_first = int(row.row__matches.value)
            others = int(row.row__others.value)
            matches = [of_first, *(others >> width * i & (1 << width) - 1 for i in range(g.group - 1))]
            if row.row__again.value == 1:
                self.again += 1
                for sample, value in zip(samples, matches, strict=True):
                    sample[int(row.row__neuron.value)] = value
                continue
            if taken == 0:
                samples = [[] for _ in range(g.group)]
            if taken < first:
                for sample, value in zip(samples, matches, strict=True):
                    sample.append(value)
            else:
                self.matches.append(of_first)
            taken += 1
            if taken == first:
                count, number = int(self.engine.sequencer.forward.count.value), 0
                self.groups[count] += 1
            if taken >= first and len(self.matches) == rest:
                self.matches = samples[number] + self.matches
                self._compare_sample()
                number += 1
                taken = 0 if number == count else first
