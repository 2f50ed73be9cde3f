#!/usr/bin/env python3
"""Measures Validate per second of each client beside the bare generated stub, in one run."""

import sys

import run

if __name__ == "__main__":
    run.ensure_venv(__file__)
    from harness import bench

    sys.exit(bench.main(run.ROOT))
