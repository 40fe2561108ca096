"""Measures hoplint against its goals as ratios of runs on one machine, interleaved. Called by scripts/bench.sh.

Each part prints its figures and the ratio with its goal; the exit code is 1 when a goal is missed. Wall-clock times are
the least of all rounds: whatever else runs on the machine only ever adds to them.
"""

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import repository
import servers

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".cache" / "bench"
HOPLINT = WORK / "bin" / "hoplint"
PARSE_ONLY = WORK / "bin" / "parse_only"
SPECTRAL = WORK / "npm" / "node_modules" / ".bin" / "spectral"
READ_LOG = WORK / "bin" / "read_log"
WALK_ONLY = WORK / "bin" / "walk_only"
READ_DEPLOYED = WORK / "bin" / "read_deployed"
CFN_LINT = WORK / "venv" / "bin" / "cfn-lint"
CROSSPLANE = WORK / "venv" / "bin" / "crossplane"
RUFF = WORK / "venv" / "bin" / "ruff"
ZIZMOR = WORK / "venv" / "bin" / "zizmor"
THREADS = str(len(os.sched_getaffinity(0)))

missed = []


# Running programs

def run(*command, ok=(0, 1)):
    """Wall and processor milliseconds of one run, its output thrown away."""
    argv = [str(part) for part in command]
    quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]
    start = time.perf_counter_ns()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    wall = (time.perf_counter_ns() - start) / 1e6
    code = os.waitstatus_to_exitcode(status)
    if code not in ok:
        sys.exit(f"{' '.join(argv)} ended with {code}")
    return wall, (usage.ru_utime + usage.ru_stime) * 1e3, usage.ru_maxrss / 1024


class Runs:
    """Several commands, run in turn so that the machine's moods hit all of them."""

    def __init__(self, rounds, **commands):
        self.rounds = rounds
        self.all = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                self.all[name].append(run(*command))

    def wall(self, name):
        return min(wall for wall, _, _ in self.all[name])

    def middle(self, name):
        return statistics.median(wall for wall, _, _ in self.all[name])

    def processor(self, name):
        return min(cpu for _, cpu, _ in self.all[name])

    def memory(self, name):
        return max(memory for _, _, memory in self.all[name])

    def show(self):
        for name in self.all:
            print(
                f"  {name:<34} {self.wall(name):10.2f} ms least {self.middle(name):10.2f} ms median"
                f" {self.processor(name):10.2f} ms processor {self.memory(name):8.1f} MB"
            )


def goal(what, value, most, unit=""):
    kept = value <= most
    if not kept:
        missed.append(what)
    print(f"  {'ok  ' if kept else 'MISS'} {what}: {value:.2f}{unit}, goal at most {most:.2f}{unit}")


def goal_least(what, value, least):
    kept = value >= least
    if not kept:
        missed.append(what)
    print(f"  {'ok  ' if kept else 'MISS'} {what}: {value:.0f} times, goal at least {least} times")


def rounds(usual):
    return int(os.environ.get("BENCH_ROUNDS", usual))


# Chains

# Ten hops of an ordinary deployment, each with what such a hop states.
ORDINARY = [
    ("app", "openai-node", "    timeout: {0}s\n    retries: {{attempts: 1}}\n"),
    ("edge", "cloudflare", "    with: {{plan: enterprise}}\n    timeouts: {{proxy-read: {0}s}}\n"),
    ("ingress", "nginx", "    with: {{version: 1.27.0}}\n    timeouts:\n      read: {0}s\n      client-keepalive: 905s\n"),
    ("gateway", "kong", "    # a dead node is seen at once\n    timeouts: {{connect: 5s, read: {0}s}}\n    retries: {{attempts: 1}}\n"),
    ("mesh", "envoy", "    timeouts:\n      route-total: {0}s\n      upstream-keepalive: 60s\n"),
    ("proxy", "haproxy", "    timeouts:\n      server: {0}s\n      client-keepalive: 70s\n"),
    ("sidecar", "traefik", "    timeouts:\n      first-byte: {0}s\n"),
    ("router", "caddy", "    timeouts:\n      first-byte: {0}s\n"),
    ("models", "apisix", "    timeouts:\n      read: {0}s\n      client-keepalive: 130s\n"),
    ("provider", "openai", "    timeout: {0}s\n"),
]


def ordinary(number):
    """A chain of ten hops that agree; in every tenth file two of them do not."""
    text = f"# Chain {number} of the benchmark\nversion: 1\norder: inward\nmargin: 5s\nworkload: reasoning\nhops:\n"
    for i, (name, platform, body) in enumerate(ORDINARY):
        seconds = 150 + number % 7 + 20 * i
        if number % 10 == 0 and i == 4:
            seconds -= 60
        text += f"  - name: {name}\n    platform: {platform}\n" + body.format(seconds)
    return text


CYCLE = [("nginx", "read"), ("kong", "read"), ("envoy", "route-total"), ("haproxy", "server")]


def long_chain(hops, findings):
    """One chain that grows by 2 ms a hop, or in which every pair is equal."""
    lines = ["version: 1", "order: inward", "margin: 1ms", "hops:"]
    for i in range(hops):
        platform, timer = CYCLE[i % len(CYCLE)]
        value = 200_000 if findings else 60_000 + 2 * i
        lines += [f"  - name: hop-{i}", f"    platform: {platform}", f"    timeouts: {{{timer}: {value}ms}}"]
    return "\n".join(lines) + "\n"


RETRIES = """version: 1
workload: {total: 90s, input-tokens: 8000}
hops:
  - {name: sdk, platform: openai-python, timeout: 600s}
  - {name: edge, platform: nginx, with: {version: "1.27.4"}}
  - {name: model, platform: openai}
"""


def folder(name):
    path = WORK / "files" / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


# The parts

def start():
    chain = write(folder("one") / "one.chain.yaml", ordinary(1))
    runs = Runs(
        rounds(300),
        true=["/bin/true"],
        version=[HOPLINT, "--version"],
        check=[HOPLINT, "check", "--no-config", chain],
    )
    print(f"\nOne chain of ten hops on ten platforms, a fresh process each time ({runs.rounds} rounds, interleaved)")
    runs.show()
    goal("check / --version", runs.wall("check") / runs.wall("version"), 1.5)
    goal("--version", runs.wall("version"), 2 * runs.wall("true") + 2, " ms")


def files():
    many = folder("many")
    for number in range(1000):
        write(many / f"{number:04}.chain.yaml", ordinary(number))
    size = sum(path.stat().st_size for path in many.iterdir())
    runs = Runs(
        rounds(20),
        **{
            f"parse only, {THREADS} threads": [PARSE_ONLY, THREADS, many],
            f"check, {THREADS} threads": [HOPLINT, "check", "--no-config", "-j", THREADS, many],
            "parse only, 1 thread": [PARSE_ONLY, "1", many],
            "check, 1 thread": [HOPLINT, "check", "--no-config", "-j", "1", many],
        },
    )
    print(f"\n1,000 chain files of ten hops, {size / 1000:.0f} kB ({runs.rounds} rounds, interleaved)")
    runs.show()
    for threads in (f"{THREADS} threads", "1 thread"):
        ratio = runs.wall(f"check, {threads}") / runs.wall(f"parse only, {threads}")
        goal(f"check / parse only, {threads}", ratio, 2)


def scan():
    many = folder("repository")
    count = len(repository.build(many)) - repository.SERVICES
    known = folder("deployed")
    list(repository.deployed(known))
    runs = Runs(
        rounds(20),
        **{
            "walk only, 1 thread": [WALK_ONLY, "1", many],
            f"walk only, {THREADS} threads": [WALK_ONLY, THREADS, many],
            "check, 1 thread": [HOPLINT, "check", "--no-config", "-j", "1", many],
            f"check, {THREADS} threads": [HOPLINT, "check", "--no-config", "-j", THREADS, many],
            "check of the deployed files alone": [HOPLINT, "check", "--no-config", "-j", "1", known],
        },
    )
    print(f"\nA repository of {count:,} files with {repository.DEPLOYED} deployed ones ({runs.rounds} rounds, interleaved)")
    runs.show()
    walk = runs.wall("walk only, 1 thread")
    for threads in ("1 thread", f"{THREADS} threads"):
        same = runs.wall(f"check, {threads}") / runs.wall(f"walk only, {threads}")
        print(f"  check / walk only, both with {threads}: {same:.2f}")
    goal(f"check with {THREADS} threads / walk only", runs.wall(f"check, {THREADS} threads") / walk, 1.5)


def length():
    long = folder("long")
    sizes = [10, 100, 1_000, 10_000, 100_000]
    for findings in (False, True):
        kind = "with a finding on every pair" if findings else "without findings"
        commands = {}
        for hops in sizes:
            chain = write(long / f"{hops}-{findings}.chain.yaml", long_chain(hops, findings))
            commands[f"{hops:,} hops"] = [HOPLINT, "check", "--no-config", chain]
        runs = Runs(rounds(5), **commands, start=[HOPLINT, "--version"])
        print(f"\nOne chain from 10 to 100,000 hops, {kind} ({runs.rounds} rounds, interleaved)")
        runs.show()
        base = runs.wall("start")
        per_hop = {hops: (runs.wall(f"{hops:,} hops") - base) * 1e3 / hops for hops in sizes}
        for hops, time_of_one in per_hop.items():
            memory = (runs.memory(f"{hops:,} hops") - runs.memory("start")) * 1024 / hops
            print(f"  {hops:>9,} hops: {time_of_one:8.2f} us and {memory:8.1f} kB per hop, without the start")
        longest = per_hop[100_000] / min(per_hop[1_000], per_hop[10_000])
        goal(f"time per hop of 100,000 hops / of a shorter chain, {kind}", longest, 2)


def linters():
    some = folder("some")
    count = 20
    for number in range(count):
        write(some / f"{number:04}.chain.yaml", ordinary(number))
    print(f"\nOther linters on {count} files (least of the rounds)")
    if SPECTRAL.exists():
        ruleset = ROOT / "benches" / "spectral" / "ruleset.yaml"
        runs = Runs(
            rounds(3),
            hoplint=[HOPLINT, "check", "--no-config", some],
            spectral=[SPECTRAL, "lint", "--quiet", "-r", ruleset, f"{some}/*.yaml"],
        )
        runs.show()
        goal_least("spectral with the order rule / hoplint", runs.wall("spectral") / runs.wall("hoplint"), 100)
    else:
        print("  spectral is not installed: run scripts/setup-bench.sh")
    if CFN_LINT.exists():
        size = len(ordinary(1))
        templates = [write(some / f"{number:04}.template.json", template(number, size)) for number in range(count)]
        runs = Runs(
            rounds(3),
            **{
                "hoplint": [HOPLINT, "check", "--no-config", some],
                "cfn-lint": [CFN_LINT, *templates],
            },
        )
        runs.show()
        goal_least("cfn-lint on templates as large / hoplint", runs.wall("cfn-lint") / runs.wall("hoplint"), 100)
    else:
        print("  cfn-lint is not installed: run scripts/setup-bench.sh")


def nginx():
    """Real files where HOPLINT_CORPUS names some, else those of the tests and large ones of our own."""
    own = [path for path in (ROOT / "fixtures" / "import" / "nginx").iterdir() if path.is_file()]
    corpus = os.environ.get("HOPLINT_CORPUS")
    real = sorted((Path(corpus) / "nginx").iterdir()) if corpus else []
    every, whole = folder("nginx"), folder("nginx-whole")
    for path in real or own:
        shutil.copy(path, every)
    if not real:
        for number in range(20):
            write(every / f"large-{number:02}.conf", large_nginx(number, 40))
    size = sum(path.stat().st_size for path in every.iterdir())
    count = len(list(every.iterdir()))
    print(f"\n{count} nginx files, {size / 1000:.0f} kB{'' if real else ' of our own (HOPLINT_CORPUS names no real ones)'}")
    if CROSSPLANE.exists():
        python = CROSSPLANE.with_name("python")
        script = ROOT / "benches" / "crossplane_parse.py"
        inside = {"one": [], "all": [], "crossplane": []}
        for _ in range(rounds(5)):
            inside["one"].append(told(READ_DEPLOYED, "nginx", 20, every, threads=1))
            inside["all"].append(told(READ_DEPLOYED, "nginx", 20, every))
            inside["crossplane"].append(told(python, script, 3, every))
        one, ours, theirs = (min(inside[name]) for name in inside)
        print(f"  without the start of the program: crossplane {theirs:.2f} ms, hoplint {ours:.2f} ms, on one thread {one:.2f} ms")
        print(f"  crossplane / hoplint on one thread: {theirs / one:.0f} times")
        if real:
            goal_least("crossplane / hoplint, real files, without the start", theirs / ours, 50)
        else:
            print(f"  crossplane / hoplint: {theirs / ours:.0f} times; the goal is for real files")
        runs = Runs(rounds(5), hoplint=[READ_DEPLOYED, "nginx", 1, every], crossplane=[python, script, 1, every])
        runs.show()
        print(f"  crossplane / hoplint, with the start: {runs.wall('crossplane') / runs.wall('hoplint'):.0f} times")
    else:
        print("  crossplane is not installed: run scripts/setup-bench.sh")
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        print("  nginx is not installed: run scripts/setup-tests.sh")
        return
    alone = standing_alone(program, every, whole)
    if not alone:
        print("  no file stands alone")
        return
    ours, theirs = 0.0, 0.0
    for path in alone:
        runs = Runs(
            rounds(20),
            hoplint=[READ_DEPLOYED, "nginx", 1, path],
            nginx=[program, "-t", "-q", "-p", whole, "-c", path],
        )
        ours, theirs = ours + runs.wall("hoplint"), theirs + runs.wall("nginx")
    print(f"  {len(alone)} files that stand alone, each in a run of its own: {ours:.1f} ms and {theirs:.1f} ms")
    goal("hoplint / nginx -t", ours / theirs, 1)


def told(*command, threads=None):
    """The milliseconds that a program measured itself."""
    argv = [str(part) for part in command]
    env = os.environ | ({"RAYON_NUM_THREADS": str(threads)} if threads else {})
    return float(subprocess.run(argv, check=True, capture_output=True, text=True, env=env).stdout.split()[0])


def standing_alone(program, every, whole):
    """The files that nginx takes as they are, with the files beside them that its packages bring; nothing is looked up."""
    system = Path("/etc/nginx")
    for name in ["mime.types", "fastcgi_params", "uwsgi_params", "scgi_params", "proxy_params", "fastcgi.conf"]:
        if (system / name).exists():
            shutil.copy(system / name, whole)
    offline = ["unshare", "-n"] if os.getuid() == 0 and shutil.which("unshare") else []
    found = []
    for path in sorted(every.iterdir()):
        copy = Path(shutil.copy(path, whole))
        test = [*offline, program, "-t", "-q", "-p", whole, "-c", copy]
        if subprocess.run(test, capture_output=True, check=False).returncode == 0:
            found.append(copy)
    return found


def large_nginx(number, locations):
    """A whole configuration of one server with many locations."""
    text = f"# Configuration {number} of the benchmark\nevents {{ worker_connections 1024; }}\nhttp {{\n"
    text += "    proxy_read_timeout 60s;\n    upstream llm {\n        server 127.0.0.1:8000;\n        keepalive 16;\n    }\n"
    text += "    server {\n        listen 127.0.0.1:8080;\n        server_name chat.example.com;\n"
    for location in range(locations):
        text += f"        # Answers of kind {location}\n        location /v1/{location}/ {{\n"
        text += "            proxy_pass http://llm;\n            proxy_http_version 1.1;\n"
        text += '            proxy_set_header Connection "";\n            proxy_set_header Host $host;\n'
        text += f"            proxy_read_timeout {60 + location}s;\n            proxy_buffering off;\n        }}\n"
    return text + "    }\n}\n"


def template(number, size):
    """A CloudFormation template of load balancers, of about so many bytes."""
    resources = {}
    while len(json.dumps({"Resources": resources})) < size:
        resources[f"Balancer{len(resources)}"] = {
            "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Properties": {
                "Name": f"chat-{number}-{len(resources)}",
                "Subnets": ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"],
                "LoadBalancerAttributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "300"}],
            },
        }
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}, indent=1)


def shared_chains(count):
    """Chains of a hundred hops, each tenth hop in ten chains, with one value in each chain out of order."""
    lines, chains = ["version: 1", "order: inward", "margin: 1ms", "shared:"], ["chains:"]
    for chain in range(count):
        names = []
        for i in range(100):
            shared = i % 10 == 0
            name = f"s{chain // 10}-{i}" if shared else f"c{chain}-{i}"
            names.append(name)
            if shared and chain % 10:
                continue
            platform, timer = CYCLE[i % len(CYCLE)]
            value = 60_000 + 2 * i + (5_000 if i == 1 + chain % 90 else 0)
            lines.append(f"  {name}: {{platform: {platform}, timeouts: {{{timer}: {value}ms}}}}")
        chains.append(f"  chain-{chain}: {{hops: [{', '.join(names)}]}}")
    return "\n".join(lines + chains) + "\n"


def plan():
    planned = folder("plan")
    texts = {f"{hops:,} hops": long_chain(hops, False) for hops in (1_000, 10_000, 100_000)}
    texts["1,000 chains of 100 hops that share hops"] = shared_chains(1_000)
    commands = {}
    for name, text in texts.items():
        chain = write(planned / f"{len(commands)}.chain.yaml", text)
        commands[f"check, {name}"] = [HOPLINT, "check", "--no-config", chain]
        commands[f"plan, {name}"] = [HOPLINT, "plan", "--no-config", "--check", chain]
    runs = Runs(rounds(5), **commands, start=[HOPLINT, "--version"])
    print(f"\nPlans and checks of the same files ({runs.rounds} rounds, interleaved)")
    runs.show()
    for name in texts:
        # A plan has all chains that share hops in memory at once, a check one after the other.
        most = 2.5 if "chains" in name else 1.5
        goal(f"plan / check, {name}", runs.processor(f"plan, {name}") / runs.processor(f"check, {name}"), most)
    base = runs.processor("start")
    each = {hops: (runs.processor(f"plan, {hops:,} hops") - base) / hops for hops in (1_000, 10_000, 100_000)}
    goal("time per hop of a plan of 100,000 hops / of a shorter chain", each[100_000] / min(each[1_000], each[10_000]), 2)


def simulate():
    numbers = random.Random(1)
    lines = [f"{numbers.lognormvariate(3, 1):.6f}" for _ in range(1_000_000)]
    files = folder("simulate")
    unsorted = write(files / "numbers.txt", "\n".join(lines) + "\n")
    drawn = ["--requests", "1000000", "--p50", "60s", "--p99", "400s", "-j", "1"]
    commands = {"sort -g, a million numbers": [shutil.which("sort"), "--parallel=1", "-g", unsorted]}
    for hops, text in (("3 hops, retries", RETRIES), ("10 hops", ordinary(1))):
        chain = write(files / f"{len(commands)}.chain.yaml", text)
        commands[f"simulate, {hops}"] = [HOPLINT, "simulate", "--no-config", *drawn, chain]
        commands[f"simulate, {hops}, errors"] = [*commands[f"simulate, {hops}"], "--fresh", "--error-rate", "503=5%"]
    runs = Runs(rounds(5), **commands)
    print(f"\nA million requests on one thread ({runs.rounds} rounds, interleaved)")
    runs.show()
    base = runs.processor("sort -g, a million numbers")
    for name in list(commands)[1:]:
        goal(f"{name} / sort", runs.processor(name) / base, 2)


def logs():
    """A million lines of nginx's log to cliffs, beside counting the lines."""
    log = folder("logs") / "access.log"
    run(READ_LOG, "write", 1_000_000, log)
    size = log.stat().st_size / 1e6
    runs = Runs(rounds(3), hoplint=[HOPLINT, "diagnose", "--no-chain", "--no-config", "--log", log], wc=[shutil.which("wc"), "-l", log])
    print(f"\nA log of 1,000,000 lines, {size:.0f} MB ({runs.rounds} rounds, interleaved)")
    runs.show()
    print(f"  {size / runs.wall('hoplint') * 1e3:.0f} MB/s; wc -l {size / runs.wall('wc') * 1e3:.0f} MB/s")
    goal("a million lines, processor time", runs.processor("hoplint") / 1e3, 2, " s")
    goal("memory", runs.memory("hoplint"), 60, " MB")
    log.unlink()


def lsp():
    count = rounds(500)
    print(f"\nLanguage servers over their pipes ({count} changes of one word in each file)")
    ours = [HOPLINT, "lsp"]
    at = lambda name: folder(f"lsp/{name}")
    small = servers.one("hoplint", ours, at("small"), "a.chain.yaml", servers.chain(8), "4s", "5s", count, "yaml")
    large = servers.one("hoplint", ours, at("large"), "a.chain.yaml", servers.chain(332), "2s", "3s", count, "yaml")
    for name, command, file, text, word, language in (
        ("ruff", [RUFF, "server"], "a.py", servers.python(5), "300", "python"),
        ("ruff", [RUFF, "server"], "a.py", servers.python(200), "300", "python"),
        ("zizmor", [ZIZMOR, "--lsp"], ".github/workflows/a.yml", servers.workflow(5), "300", "yaml"),
        ("zizmor", [ZIZMOR, "--lsp"], ".github/workflows/a.yml", servers.workflow(200), "300", "yaml"),
    ):
        if command[0].exists():
            few = count if text.count("\n") < 100 else max(count // 10, 20)
            servers.one(name, command, at(name), file, text, word, "301", few, language)
        else:
            print(f"  {name} is not installed: scripts/setup-bench.sh")
    goal("change to findings, 30 lines, p95", small["p95"], 1, " ms")
    goal("change to findings, 1,000 lines, p95", large["p95"], 5, " ms")
    path = write(at("start") / "a.chain.yaml", servers.chain(8))
    starts = servers.least_start(ours, path.parent, path, servers.chain(8), 50)
    version = servers.least_run([HOPLINT, "--version"], 50)
    print(f"  start to first findings {starts:.2f} ms, --version {version:.2f} ms")
    goal("start to first findings / --version", starts / version, 3)
    root = at("fixtures")
    shutil.copytree(ROOT / "fixtures", root, dirs_exist_ok=True)
    opened, sizes, peak = servers.fixtures(ours, root)
    print(f"  all fixtures open {opened:.1f} MiB, then every 1,000 edits {', '.join(f'{s:.1f}' for s in sizes)}; at most {peak:.1f}")
    goal("memory on the fixtures", max(opened, *sizes), 20, " MiB")
    goal("growth over 5,000 edits", sizes[-1] - sizes[0], 0.5, " MiB")


def main():
    parts = {"start": start, "files": files, "scan": scan, "length": length, "plan": plan, "simulate": simulate, "linters": linters, "nginx": nginx, "logs": logs, "lsp": lsp}
    wanted = sys.argv[1:] or list(parts)
    unknown = [name for name in wanted if name not in parts]
    if unknown:
        sys.exit(f"no part is called {', '.join(unknown)}; there are {', '.join(parts)}")
    for name in wanted:
        parts[name]()
    print("\n" + (f"missed: {'; '.join(missed)}" if missed else "every goal is met"))
    sys.exit(1 if missed else 0)


main()
