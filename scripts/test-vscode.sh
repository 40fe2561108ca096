#!/usr/bin/env bash
# Tries the extension in a real VS Code with a real browser, and leaves screenshots in target/vscode-screenshots.
# The first run installs VS Code into .cache/code-server (scripts/setup-vscode.sh); CHROMIUM names another browser.
set -euo pipefail
cd "$(dirname "$0")/.."
began=$SECONDS

scripts/setup-vscode.sh
if ! cmp -s editors/vscode/package-lock.json editors/vscode/node_modules/installed; then
    npm --prefix editors/vscode ci --silent --no-audit --no-fund
    cp editors/vscode/package-lock.json editors/vscode/node_modules/installed
fi
installed=$SECONDS

cargo build --quiet --bin hoplint
npm --prefix editors/vscode run --silent package
built=$SECONDS

node tests/editors/vscode.mjs editors/vscode/hoplint.vsix "$PWD/target/debug/hoplint" target/vscode-screenshots
echo "installed in $((installed - began)) s, built in $((built - installed)) s, tried in $((SECONDS - built)) s"
