"""Where independent parts of a work run: in this process, in several of this machine, or on the workers of a Dask scheduler.

A part is a function with its arguments, which says all that it needs; so what comes out does not depend on who computes it, nor
on how many do. Dask gives a part whose worker died to another one.
"""

import logging
import os
import signal
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from distributed import Client, LocalCluster, WorkerPlugin, as_completed
from distributed.scheduler import KilledWorker

from sw.cluster.progress import PartsProgress
from sw.contract.error import ContractError, require, require_integer

MOST = 4096
PATIENCE = 20.0  # seconds for a scheduler to answer
# By another variable, which Dask sets, glibc no longer learns which sizes to keep: each step of a floating-point learner would
# take the memory of its matrices anew from the system, page by page, in several times the time of the step.
KEEPS_MEMORY = "MALLOC_MMAP_THRESHOLD_", str(2**25)  # bytes, the most there is

Name = TypeVar("Name", bound=Hashable)
Value = TypeVar("Value")


class ClusterError(ContractError):
    """There are no workers, or a part ends every one that takes it. One sentence."""


@dataclass(frozen=True)
class Outcome(Generic[Name, Value]):
    """What became of the part `name`: its `value`, or the `error` that it raised."""

    name: Name
    value: Value | None = None
    error: Exception | None = None


class LeavesCtrlC(WorkerPlugin):
    """Ctrl-C, which a terminal sends to every process of a command, is for the one that gives out the parts."""

    def setup(self, worker: Any) -> None:
        """On the worker, in its main thread."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@dataclass(frozen=True, kw_only=True)
class Workers:
    """`count` processes of this machine (None: one a core; 1: this process), or the workers of the `scheduler`, "tcp://HOST:PORT".

    Raises `ContractError`.
    """

    count: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.count is not None:
            require_integer("workers", self.count, 1, MOST)
        if self.scheduler is not None:
            require(self.count is None, "workers are those of the scheduler: give --workers or --scheduler, not both")
            require("://" in self.scheduler, f"scheduler is {self.scheduler!r}, expected an address such as tcp://HOST:8786")

    def are_elsewhere(self, parts: int) -> bool:
        """Whether so many parts run in other processes than this one."""
        return self.scheduler is not None or self._processes(parts) > 1

    def each(self, work: Callable[..., Value], parts: Mapping[Name, tuple], what: str) -> Iterator[Outcome[Name, Value]]:
        """Carry out `work` with the arguments of each of `parts`: what became of it, as soon as it is known, in any order.

        `work` and arguments are pickled for another process. `what` stands beside the progress. Where the caller ends early,
        what runs is given up. Raises `ClusterError` where there is no scheduler, or no longer.
        """
        outcomes = self._elsewhere(work, parts) if self.are_elsewhere(len(parts)) else _here(work, parts)
        with PartsProgress(what, len(parts)) as progress:
            for outcome in outcomes:
                progress.finished(str(outcome.name))
                yield outcome

    def _processes(self, parts: int) -> int:
        return min(self.count or len(os.sched_getaffinity(0)), parts)

    def _elsewhere(self, work: Callable[..., Value], parts: Mapping[Name, tuple]) -> Iterator[Outcome[Name, Value]]:
        with ExitStack() as stack:
            client = self._client(len(parts), stack)
            names = {client.submit(work, *arguments, pure=False): name for name, arguments in parts.items()}
            try:
                for future in as_completed(list(names)):
                    if future.cancelled():  # by nobody here
                        raise ClusterError(f"the scheduler at {self.scheduler} went away before all was done")
                    name, error = names[future], future.exception()
                    if isinstance(error, KilledWorker):
                        error = ClusterError(f"{name} ended every worker that took it: is there memory enough for it?")
                    yield Outcome(name, error=error) if error is not None else Outcome(name, value=future.result())
            finally:
                client.cancel(list(names))

    def _client(self, parts: int, stack: ExitStack) -> Client:
        address: Any = self.scheduler
        if address is None:
            address = stack.enter_context(_on_this_machine(self._processes(parts)))
        try:
            client = stack.enter_context(Client(address, timeout=PATIENCE))
        except (OSError, ValueError) as error:
            raise ClusterError(f"no scheduler answers at {self.scheduler}: start one with `dask scheduler`") from error
        if self.scheduler is None:
            client.register_plugin(LeavesCtrlC())
        else:  # one that goes away is said in a sentence
            logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        return client


def _on_this_machine(processes: int) -> AbstractContextManager:
    """A cluster of one thread a process, without a limit of memory, that nobody outside this machine reaches."""
    os.environ.setdefault(*KEEPS_MEMORY)
    return LocalCluster(
        n_workers=processes,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",  # another port than that of a cluster that is there already
        memory_limit=0,
        silence_logs=logging.CRITICAL,
    )


def _here(work: Callable[..., Value], parts: Mapping[Name, tuple]) -> Iterator[Outcome[Name, Value]]:
    for name, arguments in parts.items():
        try:
            value = work(*arguments)
        except Exception as error:
            yield Outcome(name, error=error)
        else:
            yield Outcome(name, value=value)
