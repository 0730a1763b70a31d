"""Attackers meet the same bench as the tests of the service."""

import importlib.util
import sys
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "bench_of_the_service", Path(__file__).parents[1] / "service/conftest.py"
)
_bench = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _bench
_spec.loader.exec_module(_bench)

bench, make_bench = _bench.bench, _bench.make_bench
