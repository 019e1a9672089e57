"""Faults planted by a program, one at a time, to see whether the tests and benches of their room find them."""
