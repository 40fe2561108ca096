import assert from "node:assert/strict";
import { matchesGlob } from "node:path";
import { test } from "node:test";
import { isChain, isOwn, selector } from "../src/selector";

const takes = (path: string, deployed = true): boolean =>
  selector(deployed).some((filter) => matchesGlob(path, filter.pattern));

test("chain files and settings always go to the server", () => {
  for (const path of ["/w/chat.chain.yaml", "/w/a/b.chain.yml", "/w/x.chain.toml", "/w/x.chain.json", "/w/a/hoplint.toml"]) {
    assert.ok(isOwn(path), path);
    assert.ok(takes(path, false), path);
  }
  assert.ok(isChain("C:\\w\\chat.chain.yaml"));
  assert.ok(!isChain("/w/hoplint.toml"));
});

test("files that only look like it do not start the server", () => {
  for (const path of ["/w/chain.yaml", "/w/.chain.yaml", "/w/x.chain.yaml.bak", "/w/hoplint.toml.orig", "/w/x.chain.md"]) {
    assert.ok(!isOwn(path), path);
  }
});

test("what can be deployed goes to the server, unless that is switched off", () => {
  const deployed = [
    "/w/nginx.conf", "/w/sites-enabled/api", "/w/kong.yml", "/w/k8s/ingress.yaml", "/w/alb.tf", "/w/main.tf.json", "/w/template.json",
    "/w/haproxy.cfg", "/w/envoy.yaml", "/w/Caddyfile", "/w/traefik.toml", "/w/httpd.conf", "/w/.htaccess", "/w/litellm_config.yaml",
    "/w/gunicorn.conf.py", "/w/Procfile", "/w/Dockerfile", "/w/api.Dockerfile", "/w/compose.yaml", "/w/serverless.yml",
  ];
  for (const path of deployed) {
    assert.ok(takes(path), path);
    assert.ok(!takes(path, false), path);
  }
});

test("source code and lock files stay where they are", () => {
  for (const path of ["/w/src/main.rs", "/w/app.py", "/w/package.json", "/w/package-lock.json", "/w/Cargo.toml", "/w/README.md", "/w/tsconfig.json"]) {
    assert.ok(!takes(path), path);
  }
});
