"""Metrics of an accuracy matrix, worked out by hand."""

import numpy as np
import pytest

from sw.contract.error import ContractError
from sw.experiments import metrics

NAN = np.nan
# Task 0 rises after task 1 and falls after task 2.
MATRIX = np.array([[0.8, 0.1, 0.2], [0.9, 0.7, 0.1], [0.5, 0.6, 1.0]])


def test_each_number_is_what_it_is_called():
    assert metrics.mean_accuracy(MATRIX) == pytest.approx((0.5 + 0.6 + 1.0) / 3)
    assert metrics.mean_accuracy(MATRIX, 2) == pytest.approx(0.8)
    assert metrics.accuracy_when_new(MATRIX) == pytest.approx((0.8 + 0.7 + 1.0) / 3)
    assert metrics.newest_accuracy(MATRIX) == 1.0
    assert metrics.backward_transfer(MATRIX) == pytest.approx(((0.5 - 0.8) + (0.6 - 0.7)) / 2)
    # the best of task 0 was 0.9, after task 1; what was tested before a task was learned is no memory of it
    assert metrics.forgetting(MATRIX) == pytest.approx(((0.9 - 0.5) + (0.7 - 0.6)) / 2)
    early = np.array([[0.8, 0.95, 0.2], [0.9, 0.7, 0.1], [0.5, 0.6, 1.0]])
    assert metrics.forgetting(early) == metrics.forgetting(MATRIX)


def test_what_was_not_tested_is_left_out():
    partly = np.array([[0.8, NAN, NAN], [NAN, 0.7, NAN], [0.5, 0.6, 1.0]])
    assert metrics.forgetting(partly) == pytest.approx((0.3 + 0.1) / 2)
    joint = np.array([[NAN, NAN], [0.5, 0.75]])
    assert metrics.summary(joint, 1) == {
        "accuracy": 0.75,
        "accuracy_of_all": 0.625,
        "accuracy_when_new": 0.75,
        "newest_accuracy": 0.75,
        "backward_transfer": None,
        "forgetting": None,
    }


def test_one_task_has_nothing_to_forget():
    alone = np.array([[0.9]])
    assert metrics.forgetting(alone) is None and metrics.backward_transfer(alone) is None
    assert metrics.mean_accuracy(alone) == metrics.newest_accuracy(alone) == 0.9


@pytest.mark.parametrize("last", [0, 4])
def test_a_last_that_is_no_number_of_tasks_is_refused(last):
    with pytest.raises(ContractError, match=f"last is {last}, expected 1 to 3"):
        metrics.mean_accuracy(MATRIX, last)


def test_the_spread_over_runs_is_that_of_a_sample():
    assert metrics.spread([0.5, 0.7]) == {"mean": 0.6, "deviation": pytest.approx(0.02**0.5), "runs": 2}
    assert metrics.spread([0.5]) == {"mean": 0.5, "deviation": None, "runs": 1}
    assert metrics.spread([0.5, None]) == {"mean": None, "deviation": None, "runs": 2}
