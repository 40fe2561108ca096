#!/usr/bin/env bash
# Installs the linters that scripts/bench.sh compares with. Safe to repeat; quick when all is there.
#   .cache/bench/npm     Spectral, a linter for JSON and YAML with rules of one's own
#   .cache/bench/venv    cfn-lint, a linter for CloudFormation templates; crossplane, a parser of nginx files; ruff and
#                        zizmor, linters with language servers
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .cache/bench/npm

if ! [ -x .cache/bench/npm/node_modules/.bin/spectral ]; then
    npm --prefix .cache/bench/npm install --silent --no-audit --no-fund @stoplight/spectral-cli@6
fi

venv=.cache/bench/venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
if ! [ -x "$venv/bin/cfn-lint" ] || ! [ -x "$venv/bin/crossplane" ] || ! [ -x "$venv/bin/ruff" ] || ! [ -x "$venv/bin/zizmor" ]; then
    "$venv/bin/pip" install -q --disable-pip-version-check cfn-lint crossplane ruff zizmor
fi

echo "spectral: $(.cache/bench/npm/node_modules/.bin/spectral --version)"
"$venv/bin/cfn-lint" --version
"$venv/bin/crossplane" --version
"$venv/bin/ruff" --version
"$venv/bin/zizmor" --version
