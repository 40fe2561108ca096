#!/usr/bin/env bash
# Installs the linters that scripts/bench.sh compares with. Safe to repeat; quick when all is there.
#   .cache/bench/npm     Spectral, a linter for JSON and YAML with rules of one's own
#   .cache/bench/venv    cfn-lint, a linter for CloudFormation templates; crossplane, a parser of nginx files
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .cache/bench/npm

if ! [ -x .cache/bench/npm/node_modules/.bin/spectral ]; then
    npm --prefix .cache/bench/npm install --silent --no-audit --no-fund @stoplight/spectral-cli@6
fi

venv=.cache/bench/venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
if ! [ -x "$venv/bin/cfn-lint" ] || ! [ -x "$venv/bin/crossplane" ]; then
    "$venv/bin/pip" install -q --disable-pip-version-check cfn-lint crossplane
fi

echo "spectral: $(.cache/bench/npm/node_modules/.bin/spectral --version)"
"$venv/bin/cfn-lint" --version
"$venv/bin/crossplane" --version
