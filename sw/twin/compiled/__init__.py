"""The twin a second time, in C++, one network at a time: for streams of millions of samples.

It is one source file, compiled on first use, that follows the clauses of docs/contract.md; `tests/test_twin_compiled.py`
holds it equal to the twin in every prediction, weight, random word, count and signature. The twin in PyTorch stays the
definition: it has replicas, runs on a GPU and needs no compiler.
"""

from sw.twin.compiled.device import CompiledDevice
from sw.twin.compiled.library import CompilerError

__all__ = ["CompiledDevice", "CompilerError"]
