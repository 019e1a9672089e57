"""The twin a second time, in C++, one network at a time: for streams of millions of samples.

`machine.cpp`, compiled on first use, gives Python its functions. The headers follow the clauses of docs/contract.md, an idea
each: `vector.h` and `bits.h` have what a processor does at once, `pack.h` takes samples in, `count.h` counts ones at hundreds
of places together, by which `forward.h` sums and `backward.h` sends errors back; `layer.h` is what a layer holds, `learn.h` how
its weights change, `rule.h` the places where other rules may differ, `machine.h` a sample from its pixels to its last weight.

`paths.h` has all of it several times, once for each width of registers: one library serves every processor, and the quickest
path that this one runs is chosen when a device is made. `tests/twin/test_compiled.py` holds each of them equal to the twin in
every prediction, weight, random word, count and signature. The twin in PyTorch stays the definition: it has replicas, runs on
a GPU and needs no compiler.
"""

from sw.twin.compiled.device import CompiledDevice
from sw.twin.compiled.library import CompilerError

__all__ = ["CompiledDevice", "CompilerError"]
