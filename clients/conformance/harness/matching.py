"""Comparison of results with expectations."""

from __future__ import annotations

import re
from typing import Any


def mismatch(expected: Any, actual: Any, path: str = "") -> str | None:
    """Returns the first difference, or None if the result is as expected.

    An object matches if each expected member does; others may follow. Lists match member by member. A missing member
    matches a default value (0, false, "", []). Names may be in camel case. `{"$…": value}` are conditions.
    """
    if isinstance(expected, dict) and any(key.startswith("$") for key in expected):
        return condition(expected, actual, path)
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return f"{path or 'result'}: {actual!r} is not an object"
        for key, value in expected.items():
            found = mismatch(value, member(actual, key), f"{path}.{key}" if path else key)
            if found:
                return found
        return None
    if isinstance(expected, list):
        actual = actual or []
        if not isinstance(actual, list) or len(actual) != len(expected):
            return f"{path}: {actual!r} does not have {len(expected)} members"
        found = (mismatch(value, actual[index], f"{path}[{index}]") for index, value in enumerate(expected))
        return next(filter(None, found), None)
    if actual is None and not expected:
        return None
    # 64-bit numbers are strings in the JSON of protobuf.
    same = str(actual) == str(expected) if isinstance(expected, int) and isinstance(actual, str) else actual == expected
    return None if same else f"{path or 'result'}: {actual!r} instead of {expected!r}"


def condition(expected: dict[str, Any], actual: Any, path: str) -> str | None:
    checks = {
        "$exists": lambda value: (actual not in (None, "", [], {})) == value,
        "$any_of": lambda value: any(mismatch(option, actual) is None for option in value),
        "$not": lambda value: mismatch(value, actual) is not None,
        "$matches": lambda value: isinstance(actual, str) and re.search(value, actual) is not None,
        "$contains": lambda value: any(mismatch(value, item) is None for item in actual or []),
        "$without": lambda value: all(value not in str(item) for item in actual or []),
        "$each": lambda value: all(mismatch(value, item) is None for item in actual or []),
        "$length": lambda value: len(actual or []) == value,
        "$at_least": lambda value: actual is not None and float(actual) >= value,
        "$at_most": lambda value: actual is not None and float(actual) <= value,
    }
    for name, value in expected.items():
        if not checks[name](value):
            return f"{path or 'result'}: {str(actual)[:500]} is not {name[1:]} {value!r}"
    return None


def member(value: dict[str, Any], name: str) -> Any:
    """Returns a member by its name in snake case or in camel case."""
    if name in value:
        return value[name]
    return value.get(re.sub(r"_(\w)", lambda match: match[1].upper(), name))


def select(value: Any, path: str) -> Any:
    """Returns the member of a result at a path such as `response.session.session_id` or `results.0.session`."""
    for name in path.split("."):
        value = value[int(name)] if isinstance(value, list) else member(value, name)
    return value
