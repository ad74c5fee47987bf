"""Settings of every test in the repository."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run in parallel processes; threads that wait for each other cost more than they give
