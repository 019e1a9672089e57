"""The benchmarks of `make bench`, one file for what is measured together."""
