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


def merged(base, patch):
    """A JSON merge patch."""
    if not isinstance(patch, dict):
        return patch
    kept = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        kept[key] = merged(kept.get(key), value)
        if value is None:
            del kept[key]
    return kept


def patched(texts):
    """The first text is an object, the others are patches of it."""
    import jsonpatch

    base, *patches = [yaml.safe_load(text) for text in texts]
    return [jsonpatch.JsonPatch(p).apply(base) if isinstance(p, list) else merged(base, p) for p in patches]


def cloudformation(paths, texts):
    from cfnlint.api import lint_file
    from pathlib import Path

    for path in paths:
        for match in lint_file(Path(path)):
            sys.exit(f"{path}: {match}")
    return [yaml.safe_load(text) for text in texts]


kind, *paths = sys.argv[1:]
texts = [open(path, encoding="utf-8").read() for path in paths]
judges = {
    "kubernetes": lambda: kubernetes(texts),
    "cloudformation": lambda: cloudformation(paths, texts),
    "patched": lambda: patched(texts),
    "read": lambda: [yaml.safe_load(text) for text in texts],
}
print(json.dumps(judges[kind]()))
