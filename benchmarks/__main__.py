"""`make bench`: every benchmark, one after the other. Nothing is asserted; read `benchmarks/README.md` for what the figures mean."""

import subprocess
import sys

BENCHMARKS = ("stages", "flow", "latency", "rooms", "guard", "growth", "recovery", "store", "j1")

for name in BENCHMARKS:
    print(f"\n== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
