"""Parts on other processes: the same as on one, whatever becomes of a process; and what cannot be is one sentence."""

import os
import signal
import time
from pathlib import Path

import pytest

from sw.cluster import workers as module
from sw.cluster.workers import ClusterError, Workers, _on_this_machine
from sw.contract.error import ContractError


@pytest.fixture(scope="module")
def elsewhere():
    """Two processes behind a scheduler, as a cluster has them."""
    with _on_this_machine(2) as cluster:
        yield Workers(scheduler=cluster.scheduler_address)


def squares():
    def square(i: int) -> int:
        if i == 3:
            raise ValueError("three")
        return i * i

    return square


def found(workers: Workers) -> dict[int, object]:
    outcomes = list(workers.each(squares(), {i: (i,) for i in range(5)}, "squares"))
    assert len(outcomes) == 5
    return {o.name: o.value if o.error is None else (type(o.error), str(o.error)) for o in outcomes}


def test_many_give_what_one_gives_and_a_part_that_fails_leaves_the_others(elsewhere, capsys):
    one = found(Workers(count=1))
    assert one == {0: 0, 1: 1, 2: 4, 3: (ValueError, "three"), 4: 16}
    assert found(elsewhere) == one
    assert "squares: 5 of 5, " in capsys.readouterr().err


def test_a_part_whose_worker_dies_is_carried_out_again(elsewhere, tmp_path):
    def survive(mark: str) -> int:
        if not Path(mark).exists():
            Path(mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return 7

    (outcome,) = elsewhere.each(survive, {"mortal": (str(tmp_path / "died"),)}, "lives")
    assert (outcome.value, outcome.error) == (7, None) and (tmp_path / "died").exists()


def test_a_part_that_ends_every_worker_is_said(elsewhere):
    def end() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    (outcome,) = elsewhere.each(end, {"deadly": ()}, "ends")
    assert isinstance(outcome.error, ClusterError) and "deadly ended every worker that took it" in str(outcome.error)


def test_processes_of_this_machine_are_given_up_when_nobody_waits_any_longer():
    def number(seconds: float) -> int:
        time.sleep(seconds)
        return os.getpid()

    outcomes = Workers(count=2).each(number, {"short": (0,), "long": (3600,)}, "waits")
    first = next(outcomes)
    assert first.name == "short" and first.value != os.getpid()
    outcomes.close()  # and returns
    assert not Path(f"/proc/{first.value}").exists()


def test_a_scheduler_that_goes_away_is_said():
    with _on_this_machine(1) as cluster:
        outcomes = Workers(scheduler=cluster.scheduler_address).each(time.sleep, {"short": (0,), "long": (3600,)}, "waits")
        assert next(outcomes).name == "short"
        cluster.close()
        with pytest.raises(ClusterError, match="the scheduler at tcp://.* went away before all was done"):
            next(outcomes)


def test_a_worker_keeps_the_memory_that_the_next_step_needs(elsewhere):
    (outcome,) = elsewhere.each(os.environ.get, {"": ("MALLOC_MMAP_THRESHOLD_",)}, "memory")
    assert (outcome.value, outcome.error) == (str(32 << 20), None)


def test_no_more_processes_than_parts(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert [Workers().are_elsewhere(parts) for parts in (0, 1, 2)] == [False, False, True]
    assert not Workers(count=1).are_elsewhere(9) and Workers(scheduler="tcp://a:1").are_elsewhere(1)
    assert Workers()._processes(3) == 3 and Workers(count=2)._processes(3) == 2


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"count": 0}, "workers is 0, expected an integer from 1"),
        ({"scheduler": "here"}, "scheduler is 'here', expected an address such as tcp://HOST:8786"),
        ({"count": 2, "scheduler": "tcp://a:1"}, "give --workers or --scheduler, not both"),
    ],
)
def test_what_is_wrong_is_said(given, told):
    with pytest.raises(ContractError, match=told):
        Workers(**given)


def test_a_scheduler_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    with pytest.raises(ClusterError, match="no scheduler answers at tcp://127.0.0.1:1"):
        list(Workers(scheduler="tcp://127.0.0.1:1").each(squares(), {1: (1,)}, "squares"))
