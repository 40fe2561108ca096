"""A repository of 20,000 files for scripts/bench.sh: the usual ones of a company's services, and 100 deployed
configuration files of every format that hoplint reads. Same files each time."""

import itertools
import json
import shutil
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "import"

# Hidden files are not searched: each service has one more than these.
TOTAL = 20_000
DEPLOYED = 100
SERVICES = 250

CODE = """// {name}: one of many modules
import {{ request }} from "../lib/request";

export async function {name}(input: Input): Promise<Output> {{
  const answer = await request("/v1/{name}", {{ method: "POST", body: input }});
  if (!answer.ok) {{
    throw new Error(`{name} failed with ${{answer.status}}`);
  }}
  return answer.json();
}}
"""

WORKFLOW = """name: {name}
on:
  push:
    branches: [main]
jobs:
  test:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    strategy:
      matrix:
        version: ["20", "22"]
    steps:
      - uses: actions/checkout@v4
      - run: npm ci
      - run: npm test -- --shard={number}
"""

COMPOSE = """services:
  {name}:
    build: .
    ports: ["8000:8000"]
    environment:
      LOG_LEVEL: info
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8000/health"]
      interval: 30s
      timeout: 5s
  cache:
    image: redis:7
"""

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 16


def package(name, number):
    dependencies = {f"library-{i}": f"^{i}.{number % 10}.0" for i in range(25)}
    return json.dumps({"name": name, "version": "1.0.0", "scripts": {"test": "jest"}, "dependencies": dependencies}, indent=2)


def lock(name, number):
    packages = {
        f"node_modules/library-{i}": {
            "version": f"{i}.{number % 10}.0",
            "resolved": f"https://packages.example.com/library-{i}-{i}.0.0.tgz",
            "integrity": "sha512-" + "A1b2C3d4" * 10,
            "engines": {"node": ">=18"},
        }
        for i in range(300)
    }
    return json.dumps({"name": name, "lockfileVersion": 3, "packages": packages}, indent=2)


def words(name, number):
    return json.dumps({f"{name}.screen.{i}": f"Text {i} of {number}" for i in range(60)}, indent=2)


def answer(name, number):
    rows = [{"id": i, "kind": "message", "name": f"{name}-{i}", "created": 1_700_000_000 + number} for i in range(25)]
    return json.dumps({"data": rows, "next": None}, indent=2)


def api(name, number):
    text = f"openapi: 3.1.0\ninfo:\n  title: {name}\n  version: 1.{number}.0\npaths:\n"
    for i in range(20):
        text += f"  /v1/{name}/{i}:\n    get:\n      operationId: get{i}\n      responses:\n"
        text += "        '200':\n          description: The answer\n          content:\n            application/json:\n"
        text += "              schema: {type: object}\n"
    return text


# What each service has, beside its code: a path in its folder and a text.
ORDINARY = [
    ("package.json", package),
    ("package-lock.json", lock),
    ("tsconfig.json", lambda *_: '{\n  "compilerOptions": {"strict": true, "target": "es2022"},\n  "include": ["src"]\n}\n'),
    ("jest.config.json", lambda *_: '{"testEnvironment": "node", "testTimeout": 20000}\n'),
    ("openapi.yaml", api),
    ("docker-compose.yml", lambda name, _: COMPOSE.format(name=name)),
    ("ci/test.yml", lambda name, number: WORKFLOW.format(name=name, number=number)),
    ("pyproject.toml", lambda name, _: f'[project]\nname = "{name}"\nversion = "1.0"\n\n[tool.ruff]\nline-length = 100\n'),
    ("setup.cfg", lambda *_: "[flake8]\nmax-line-length = 100\n\n[mypy]\nstrict = True\n"),
    ("logging.conf", lambda *_: "[loggers]\nkeys=root\n\n[logger_root]\nlevel=INFO\nhandlers=console\n"),
    ("locales/en.json", words),
    ("locales/de.json", words),
    ("tests/data/answer.json", answer),
    ("tests/data/error.json", answer),
    ("tests/data/cases.yaml", lambda name, _: "".join(f"- name: {name} {i}\n  input: {i}\n  expected: {i * i}\n" for i in range(30))),
    ("README.md", lambda name, _: f"# {name}\n\nOne service.\n" + "It answers questions about one thing.\n" * 20),
    ("docs/design.md", lambda name, _: f"# Design of {name}\n" + "There is a reason for everything.\n" * 40),
    ("docs/runbook.md", lambda name, _: f"# When {name} is down\n" + "Look at the dashboard.\n" * 20),
    ("assets/logo.svg", lambda *_: '<svg viewBox="0 0 10 10"><path d="M0 0h10v10z"/></svg>\n'),
    ("assets/screen.png", lambda *_: PNG),
    ("assets/icon.png", lambda *_: PNG),
    ("styles/main.css", lambda *_: "body { margin: 0 }\n" * 40),
    ("LICENSE", lambda *_: "All rights reserved.\n"),
    ("Makefile", lambda *_: "test:\n\tnpm test\n"),
    (".gitignore", lambda *_: "node_modules/\ndist/\n*.log\n__pycache__/\n.env\n"),
]

FOLDERS = ["api", "api/handlers", "core", "lib", "models", "jobs"]
ENDINGS = ["ts", "ts", "tsx", "py", "py", "go", "js", "test.ts", "sql", "sh"]


def build(root):
    """Fills an empty folder."""
    paths = [*deployed(root), *ordinary(root)]
    for number in itertools.count():
        if len(paths) == TOTAL + SERVICES:
            break
        name = f"module{number // SERVICES}"
        folder = FOLDERS[number // SERVICES % len(FOLDERS)]
        path = root / service(number) / "src" / folder / f"{name}.{ENDINGS[number // SERVICES % len(ENDINGS)]}"
        paths.append(put(path, CODE.format(name=name)))
    assert len(set(paths)) == TOTAL + SERVICES
    return paths


def deployed(root):
    """The test files of all formats that stand alone, in turn, each in the folder of a service of its own."""
    kinds = sorted(path for path in FIXTURES.iterdir() if path.is_dir())
    files = {kind: sorted(path for path in kind.iterdir() if path.is_file()) for kind in kinds}
    turns = ((kind.name, files[kind][turn % len(files[kind])]) for turn in itertools.count() for kind in kinds)
    for number, (kind, path) in zip(range(DEPLOYED), turns):
        copy = root / service(number) / "deploy" / kind / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        yield Path(shutil.copyfile(path, copy))


def ordinary(root):
    for number in range(SERVICES):
        for path, text in ORDINARY:
            yield put(root / service(number) / path, text(f"service{number}", number))


def service(number):
    number %= SERVICES
    return Path("services") / f"team-{number // 10:02}" / f"service-{number:03}"


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
