"""The self-test of a board: stages from the line to learning, so that the first one that fails names the part.

Each stage trusts only what the ones before it have shown. `stages.py` has their order, `docs/first-light.md` what to look at.
"""
