"""What all tests and benches start from: one thread each."""

import os

# They run side by side, and start processes of their own, which inherit this: torch's threads would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
