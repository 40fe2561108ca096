"""Parses every file of a folder with crossplane and prints the milliseconds of the fastest round.

Called by benches/ratios.py: python crossplane_parse.py ROUNDS FOLDER
"""

import sys
import time
from pathlib import Path

import crossplane

rounds, folder = int(sys.argv[1]), Path(sys.argv[2])
paths = sorted(str(path) for path in folder.iterdir() if path.is_file())
least = float("inf")
for _ in range(rounds):
    start = time.perf_counter()
    for path in paths:
        crossplane.parse(path, catch_errors=True, single=True, check_ctx=False, check_args=False)
    least = min(least, (time.perf_counter() - start) * 1e3)
print(f"{least:.3f} ms for {len(paths)} files")
