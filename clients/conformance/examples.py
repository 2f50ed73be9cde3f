#!/usr/bin/env python3
"""Tries the example of each language by HTTP: sign-in, protected pages, devices, sign-out, forged requests, outage."""

import sys

import run

if __name__ == "__main__":
    run.ensure_venv(__file__)
    from harness import examples

    sys.exit(examples.main(run.ROOT))
