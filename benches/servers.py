"""Language servers over their pipes: from a change to the findings, from the start to the first ones, and memory. The
part `lsp` of benches/ratios.py; ruff's and zizmor's servers are measured by the same client in the same run."""

import json
import os
import random
import select
import statistics
import subprocess
import time
from pathlib import Path


# Changes are measured in so many stretches, of which the first only warms up.
STRETCHES = 11
# Random edits of one file, for the memory.
EDITS = 6000


class Server:
    """One server and a client that only waits."""

    def __init__(self, command, root, language):
        self.root, self.language, self.buffer, self.next = root, language, b"", 0
        self.begun = time.perf_counter_ns()
        self.process = subprocess.Popen(
            [str(part) for part in command], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        self.out = self.process.stdout.fileno()

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def read(self):
        while True:
            head, split, rest = self.buffer.partition(b"\r\n\r\n")
            if split:
                length = int(head.lower().partition(b"content-length:")[2].split()[0])
                if len(rest) >= length:
                    # Reading the JSON is the client's own time.
                    self.heard = time.perf_counter_ns()
                    self.buffer = rest[length:]
                    return json.loads(rest[:length])
            if not select.select([self.out], [], [], 60)[0]:
                raise SystemExit(f"{self.process.args} says nothing")
            self.buffer += os.read(self.out, 1 << 16)

    def wait(self, fits):
        while True:
            message = self.read()
            if "method" in message and "id" in message:
                self.send({"id": message["id"], "result": None})
            if fits(message):
                return message

    def request(self, method, params):
        self.next += 1
        self.send({"id": self.next, "method": method, "params": params})
        return self.wait(lambda message: message.get("id") == self.next and "method" not in message)

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def initialize(self, capabilities=None):
        folder = {"uri": self.root.as_uri(), "name": "bench"}
        said = self.request("initialize", {
            "processId": None, "rootUri": folder["uri"], "workspaceFolders": [folder], "capabilities": capabilities or {},
        })
        sync = said["result"]["capabilities"]["textDocumentSync"]
        self.whole = (sync if isinstance(sync, int) else sync.get("change")) == 1
        self.notify("initialized", {})

    def open(self, path, text):
        document = {"uri": path.as_uri(), "languageId": self.language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def found(self, path, version):
        """Waits for the findings of a version. A server may leave the version out; then any for the file will do."""
        def fits(message):
            params = message.get("params") or {}
            same = message.get("method") == "textDocument/publishDiagnostics" and params["uri"] == path.as_uri()
            return same and params.get("version", version) == version
        return self.wait(fits)["params"]["diagnostics"]

    def changes(self, path, text, at, words, count):
        """Milliseconds from a change of one word to the findings, and how many there were at last."""
        times, found = [], []
        line, column = text[:at].count("\n"), at - (text[:at].rfind("\n") + 1)
        for i in range(count):
            old, new = words[i % 2], words[(i + 1) % 2]
            change = {"text": text[:at] + new + text[at + len(words[0]):]}
            if not self.whole:
                end = {"line": line, "character": column + len(old)}
                change = {"range": {"start": {"line": line, "character": column}, "end": end}, "text": new}
            params = {"textDocument": {"uri": path.as_uri(), "version": i + 2}, "contentChanges": [change]}
            begun = time.perf_counter_ns()
            self.notify("textDocument/didChange", params)
            found = self.found(path, i + 2)
            times.append((self.heard - begun) / 1e6)
        # Of several stretches the quietest: whatever else runs on the machine only ever adds.
        step = max(count // STRETCHES, 1)
        stretches = [sorted(times[i:i + step]) for i in range(step, count - step + 1, step)]
        return min(stretches, key=lambda times: percentile(times, 0.95)), len(found)

    def memory(self, what="VmRSS"):
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition(what + ":")[2].split()[0]) / 1024

    def stop(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.stdin.close()
        self.process.wait(10)


def percentile(times, share):
    return times[min(len(times) - 1, int(len(times) * share))]


def one(name, command, folder, file, text, word, other, count, language):
    """Start, changes and memory of one server with one file."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    server = Server(command, folder, language)
    server.initialize()
    server.open(path, text)
    server.found(path, 1)
    start = (time.perf_counter_ns() - server.begun) / 1e6
    times, found = server.changes(path, text, text.rindex(word), (word, other), count)
    memory = server.memory()
    server.stop()
    middle, high = statistics.median(times), percentile(times, 0.95)
    lines = text.count("\n")
    print(f"  {name:8} {lines:5} lines, {found:3} findings: change {middle:6.2f} ms median, {high:6.2f} ms p95;"
          f" start to findings {start:6.1f} ms; {memory:5.1f} MiB")
    return {"median": middle, "p95": high, "start": start, "memory": memory}


def least_start(command, folder, path, text, count):
    """Milliseconds from the start of a server to its first findings, the least of several."""
    best = None
    for _ in range(count):
        server = Server(command, folder, "yaml")
        server.initialize()
        server.open(path, text)
        server.found(path, 1)
        took = (time.perf_counter_ns() - server.begun) / 1e6
        best = took if best is None else min(best, took)
        server.stop()
    return best


def least_run(command, count):
    """Milliseconds from the start of a program to the end of what it prints, by the same means."""
    best = None
    for _ in range(count):
        begun = time.perf_counter_ns()
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, bufsize=0)
        process.stdout.read()
        took = (time.perf_counter_ns() - begun) / 1e6
        process.wait()
        best = took if best is None else min(best, took)
    return best


def fixtures(command, root):
    """Memory with every fixture open, and its growth over thousands of random edits."""
    server = Server(command, root, "yaml")
    server.initialize()
    server.wait(lambda message: message.get("method") == "hoplint/indexed")
    for path in sorted(root.rglob("*")):
        if path.is_file():
            server.open(path, path.read_bytes().decode("utf-8", "replace"))
            server.found(path, 1)
    opened = server.memory()
    dice, chain = random.Random(1), next(iter(sorted(root.rglob("*.chain.yaml"))))
    text, version, sizes = chain.read_text(encoding="utf-8"), 1, []
    for i in range(EDITS):
        at = dice.randrange(len(text))
        changed = text[:at] + dice.choice(["", "x", "\n", ": ", "5s", "{", "- ", "version: 1.2"]) + text[at + dice.randrange(9):]
        version += 1
        params = {"textDocument": {"uri": chain.as_uri(), "version": version}, "contentChanges": [{"text": changed}]}
        server.notify("textDocument/didChange", params)
        server.found(chain, version)
        if i % (EDITS // 6) == EDITS // 6 - 1:
            sizes.append(server.memory())
    peak = server.memory("VmHWM")
    server.stop()
    return opened, sizes, peak


# What each server is given: a file of its own kind, and a word that changes back and forth.

def chain(hops):
    """Hops that agree but for the last pair."""
    lines = ["version: 1", "order: inward", "margin: 1s", "workload: simple-qa", "hops:"]
    cycle = [("nginx", "read"), ("kong", "read"), ("envoy", "route-total"), ("haproxy", "server")]
    for i in range(hops):
        platform, timer = cycle[i % len(cycle)]
        seconds = 30 + 2 * i - (40 if i == hops - 1 else 0)
        lines += [f"  - name: hop-{i}", f"    platform: {platform}", f"    timeouts: {{{timer}: {seconds}s}}"]
    return "\n".join(lines) + "\n"


def python(functions):
    body = "def f{0}(a, b):\n    x = a + b\n    y = undefined_{0}\n    return x\n\n"
    return "import os\n\n\n" + "".join(body.format(i) for i in range(functions)) + "LAST = 300\n"


def workflow(jobs):
    head = "name: bench\non: pull_request_target\njobs:\n"
    body = "  job{0}:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: echo ${{{{ github.event.pull_request.title }}}}\n"
    return head + "".join(body.format(i) for i in range(jobs)) + "# 300\n"
