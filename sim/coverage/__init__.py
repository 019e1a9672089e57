"""Functional coverage: which cases the benches of the whole machine met, and in which combinations."""
