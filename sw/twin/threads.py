"""How many threads PyTorch computes in: the twin's choice ends with its call."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread within: the twin's tensors are small, and a second thread takes more time than it gives, many times more on
    a busy machine. Whoever sets OMP_NUM_THREADS has chosen otherwise. As a decorator: within each call.
    """
    before = torch.get_num_threads()
    if before == 1 or "OMP_NUM_THREADS" in os.environ:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
