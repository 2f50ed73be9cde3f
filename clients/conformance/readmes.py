#!/usr/bin/env python3
"""Runs the first lines of each README: ten at most, with a page that only signed-in users see."""

import sys

import run

if __name__ == "__main__":
    run.ensure_venv(__file__)
    from harness import readmes

    sys.exit(readmes.main(run.ROOT))
