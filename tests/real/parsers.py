"""Reads files with parsers that know nothing of hoplint, all in one run. Prints what they read as one JSON list.

Arguments: the files; the ending of a name says the language. What has no reader stops the run.
"""

import ast
import json
import shlex
import sys


def nginx(path, text):
    import crossplane

    # A part to include stands in no block yet.
    read = crossplane.parse(path, single=True, check_ctx=False, check_args=False)
    if read["errors"]:
        raise ValueError(read["errors"])

    def block(directives):
        return [[d["directive"], d["args"], block(d.get("block", []))] for d in directives]

    return block(read["config"][0]["parsed"])


def settings(path, text):
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    pairs = [line.split(" = ") for line in lines]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(lines)
    return pairs


def yaml(path, text):
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def python(path, text):
    def tree(node):
        if isinstance(node, ast.AST):
            return [type(node).__name__, {name: tree(value) for name, value in ast.iter_fields(node)}]
        if isinstance(node, list):
            return [tree(item) for item in node]
        return node if node is None or isinstance(node, (str, int, float, bool)) else repr(node)

    return tree(ast.parse(text))


def xml(path, text):
    from xml.dom import minidom

    def tree(node):
        attributes = dict(node.attributes.items()) if node.attributes else {}
        return [node.nodeName, node.nodeValue, attributes, [tree(child) for child in node.childNodes]]

    document = minidom.parse(path)
    # How many lines the head takes is no matter of shape.
    document.childNodes[:] = [n for n in document.childNodes if n.nodeType != n.COMMENT_NODE]
    return tree(document)


def shell(path, text):
    words = shlex.shlex(text, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    return list(words)


def lines(path, text):
    """Languages of lines of words: those of HAProxy, Caddy and Apache."""
    read = [shlex.split(line, comments=True) for line in text.splitlines()]
    return [words for words in read if words]


def toml(path, text):
    import tomllib

    return tomllib.loads(text)


READERS = {
    ".cfg": lines,
    ".toml": toml,
    ".caddy": lines,
    ".Caddyfile": lines,
    ".kong.conf": settings,
    ".httpd.conf": lines,
    ".conf": nginx,
    ".xml": xml,
    ".yaml": yaml,
    ".yml": yaml,
    ".py": python,
    ".sh": shell,
    ".env": shell,
}

read = []
for path in sys.argv[1:]:
    reader = next(reader for ending, reader in READERS.items() if path.endswith(ending))
    with open(path, encoding="utf-8") as file:
        try:
            read.append(reader(path, file.read()))
        except Exception as error:
            read.append({"cannot be read": repr(error)})
print(json.dumps(read))
