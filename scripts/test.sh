#!/usr/bin/env bash
# Installs what the tests need, then runs them all: format, lints, unit, property, black-box and real-program tests.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup-tests.sh
export HOPLINT_REQUIRE_REAL=1

echo "== format and lints"
cargo fmt --check
cargo clippy --all-targets --quiet -- -D warnings

echo "== tests"
cargo test --quiet --no-fail-fast

if command -v cargo-deny >/dev/null 2>&1; then
  echo "== dependencies"
  cargo deny --offline check bans licenses sources
else
  echo "== dependencies: skipped, cargo-deny is not installed (cargo install cargo-deny)"
fi
