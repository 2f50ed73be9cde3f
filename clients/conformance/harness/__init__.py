"""The conformance runner: servers, faults, adapters and the judgement."""
