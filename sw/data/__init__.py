"""Data sets, their permutations and the order of their samples. NumPy and the standard library only."""
