#!/usr/bin/env bash
# Installs a real VS Code for scripts/test-vscode.sh: code-server from npm with its native parts built here, a browser and
# ripgrep from the system's packages. Safe to repeat; quick when all is there.
#   .cache/code-server        VS Code 1.99 as code-server 4.99.4 serves it; playwright-core, which drives the browser
set -euo pipefail
cd "$(dirname "$0")/.."

system=()
command -v chromium >/dev/null || system+=(chromium)
command -v rg >/dev/null || system+=(ripgrep)
command -v g++ >/dev/null || system+=(build-essential)
command -v krb5-config >/dev/null || system+=(libkrb5-dev)
if [ "${#system[@]}" -gt 0 ]; then
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${system[@]}"
fi

# Pinned: later ones want a newer Node. Their own install script downloads from elsewhere, so the native parts are built
# one by one.
packages=(code-server@4.99.4 node-gyp@11 playwright-core@1.65.1)
root=$PWD/.cache/code-server
if [ "$(cat "$root/installed" 2>/dev/null)" != "${packages[*]}" ]; then
    rm -rf "$root"
    mkdir -p "$root"
    echo '{"private": true}' >"$root/package.json"
    export PATH=$root/node_modules/.bin:$PATH
    quiet=(--silent --no-audit --no-fund)
    npm --prefix "$root" install "${quiet[@]}" --ignore-scripts "${packages[@]}"
    inside=$root/node_modules/code-server/lib/vscode
    (cd "$inside" && npm install "${quiet[@]}" --ignore-scripts --omit=dev)
    (cd "$inside" && npm rebuild "${quiet[@]}" @vscode/spdlog node-pty @parcel/watcher native-watchdog)
    (cd "$root" && npm rebuild "${quiet[@]}" argon2)
    for folder in "$root" "$inside"; do
        [ -d "$folder/node_modules/@vscode/ripgrep" ] || continue
        mkdir -p "$folder/node_modules/@vscode/ripgrep/bin"
        ln -sf "$(command -v rg)" "$folder/node_modules/@vscode/ripgrep/bin/rg"
    done
    echo "${packages[*]}" >"$root/installed"
fi
node "$root/node_modules/code-server/out/node/entry.js" --config "$root/config.yaml" --version
