#!/usr/bin/env bash
# Measures hoplint against its goals, as ratios of runs on this machine: see docs/benchmarks.md.
# scripts/setup-bench.sh first installs the linters that it is compared with; without them the rest is measured.
#   scripts/bench.sh              everything
#   scripts/bench.sh start files  only these parts: start, files, scan, length, plan, simulate, linters, nginx, logs, lsp
#   BENCH_ROUNDS=40               more rounds than usual
#   HOPLINT_CORPUS=folder         real configuration files, as tests/corpus.rs takes them, in place of our own
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet --bin hoplint --example parse_only --example read_deployed \
    --example walk_only --example read_log
# Copies, as they are installed: the linker leaves its output in the page cache in small pieces, and a start reads it
# page by page.
mkdir -p .cache/bench/bin
install -m 755 target/release/hoplint target/release/examples/parse_only target/release/examples/read_deployed \
    target/release/examples/walk_only target/release/examples/read_log .cache/bench/bin/
exec python3 benches/ratios.py "$@"
