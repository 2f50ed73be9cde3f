"""Converts the expressions of a Grafana dashboard (standard input) to recording rules (standard output).

This lets promtool check them. Grafana's variables are replaced by example values.
"""

import json
import sys


def expressions(node):
    """Yields the title of the panel and the expression of every target."""
    if isinstance(node, dict):
        for target in node.get("targets", []):
            yield node.get("title", ""), target["expr"]
        for child in node.values():
            yield from expressions(child)
    elif isinstance(node, list):
        for child in node:
            yield from expressions(child)


rules = [
    {
        "record": f"panel:{number}",
        "labels": {"title": title},
        "expr": expr.replace("$__rate_interval", "5m").replace("$job", ".*").replace("$instance", ".*"),
    }
    for number, (title, expr) in enumerate(expressions(json.load(sys.stdin)))
]
if not rules:
    sys.exit("dashboard-rules: the dashboard has no expression")
# JSON is valid YAML.
json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, sys.stdout, indent=2)
