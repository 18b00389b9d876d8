"""The app with the catalog in the folder that BENCH_CATALOG names, for benchmarks of many models."""

import os
import sys
from pathlib import Path

from glm_playground.catalog import loader

loader.DATA = Path(os.environ["BENCH_CATALOG"])
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import app as app  # noqa: E402 - once the catalog is named
