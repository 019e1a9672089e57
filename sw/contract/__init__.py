"""The contract between hardware and software: every number, width and order that both need, written once.

Standard library only. `hw` builds gateware from it, `sw.twin` computes with it, `sw.host` speaks it.
Clause numbers in docstrings refer to the contract, version 1 (`docs/contract.md`).
"""

CONTRACT_VERSION = 1
