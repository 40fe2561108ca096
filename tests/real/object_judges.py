"""Judges generated files in YAML, all of a kind in one run. Prints what it read as one JSON list.

First argument: the kind. The others: the files.
"""

import json
import sys

import yaml


def kubernetes(texts):
    import kubernetes_validate

    read = [yaml.safe_load(text) for text in texts]
    for data in read:
        kubernetes_validate.validate(data, kubernetes_validate.latest_version(), strict=True)
    return read


def cloudformation(paths, texts):
    from cfnlint.api import lint_file
    from pathlib import Path

    for path in paths:
        for match in lint_file(Path(path)):
            sys.exit(f"{path}: {match}")
    return [yaml.safe_load(text) for text in texts]


kind, *paths = sys.argv[1:]
texts = [open(path, encoding="utf-8").read() for path in paths]
print(json.dumps(kubernetes(texts) if kind == "kubernetes" else cloudformation(paths, texts)))
