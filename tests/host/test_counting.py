"""What a board must have counted, as it rehearses: the bounds between which its answers lie, whatever was set in between."""

from hypothesis import given
from hypothesis import strategies as st

from sw.contract.rehearsal import Draws, Rehearsal
from sw.host.counting import COUNTS, Counting


@given(st.integers(0, 9), st.integers(1, 5), st.integers(1, 4), st.lists(st.integers(0, 9), max_size=8))
def test_it_knows_how_many_were_rehearsed(size, every, per, parts):
    rehearsal = Rehearsal(size=size, every=every, per=per)
    draws, seen = Draws(rehearsal), 0
    for part in parts:
        drawn = sum(len(draws.next()[0]) for _ in range(part)) if size else 0
        assert rehearsal.rehearsed(seen, part) == drawn
        seen += part


@given(
    st.integers(0, COUNTS - 1),
    st.lists(st.tuples(st.sampled_from(["train", "state", "rehearse"]), st.integers(1, 6)), max_size=12),
)
def test_a_board_s_count_lies_between_the_bounds(begin, steps):
    counting, rehearsal = Counting(), Rehearsal(size=3, every=2, per=3)
    draws, number, count = Draws(rehearsal), begin, begin
    counting.set_state(begin, 0)
    rehearses = False
    for what, many in steps:
        match what:
            case "state":  # the host reads it and sets it again: numbers go on from the count
                counting.set_state(count, number)
                number = count
            case "rehearse":
                counting.set_rehearsal(rehearsal, draws.seen, number)
                rehearses = True
            case _:
                for _ in range(many):
                    number, count = (number + 1) % COUNTS, (count + 1) % COUNTS
                    assert counting.least(number) == count
                    count = (count + (len(draws.next()[0]) if rehearses else 0)) % COUNTS
                    assert counting.most(number) == count
