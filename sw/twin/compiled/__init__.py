"""The twin a second time, in C++, one network at a time: for streams of millions of samples.

Three headers follow the clauses of docs/contract.md: `layer.h` has the arithmetic of a layer, `rule.h` the places where
other rules may differ, `machine.h` a sample from its pixels to its last weight; `machine.cpp`, compiled on first use, gives
Python its functions. `tests/twin/test_compiled.py` holds them equal to the twin in every prediction, weight, random word,
count and signature. The twin in PyTorch stays the definition: it has replicas, runs on a GPU and needs no compiler.
"""

from sw.twin.compiled.device import CompiledDevice
from sw.twin.compiled.library import CompilerError, NoCompilerError

__all__ = ["CompiledDevice", "CompilerError", "NoCompilerError"]
