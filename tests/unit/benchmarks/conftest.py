"""The benchmarks are programs, not a package: what they import stands beside them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
