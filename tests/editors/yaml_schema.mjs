// yaml-language-server with the schema of chain files and nothing else of hoplint: what it marks, completes and explains.
//   node yaml_schema.mjs FOLDER SCHEMA    a folder to pretend files in; prints what it saw

import assert from "node:assert/strict";
import { join } from "node:path";
import { Client, cursor, uri } from "./client.mjs";

const [folder, schema] = process.argv.slice(2);
const program = new URL("../../.cache/editors/node_modules/.bin/yaml-language-server", import.meta.url).pathname;
const settings = {
  yaml: { schemas: { [uri(schema)]: ["*.chain.yaml"] }, schemaStore: { enable: false }, validate: true, completion: true, hover: true },
};
const client = new Client(program, ["--stdio"], (section) => settings[section] ?? null);
await client.initialize(folder);
client.notify("workspace/didChangeConfiguration", { settings });

let count = 0;
function open(marked) {
  const path = join(folder, `${count++}.chain.yaml`);
  const { text, position } = cursor(marked);
  client.open(path, "yaml", text);
  return { path, at: { textDocument: { uri: uri(path) }, position } };
}
const plain = (text) => (typeof text === "string" ? text : (text?.value ?? ""));
async function completed(marked) {
  const { at } = open(marked);
  const found = await client.request("textDocument/completion", at);
  return new Map((found.items ?? found).map((item) => [item.label, item]));
}
async function hovered(marked) {
  const { at } = open(marked);
  return plain((await client.request("textDocument/hover", at))?.contents);
}
const said = {};

// A broken file: a bare number, a key that does not exist, a preset that does not exist.
const broken = open(`version: 1|
workload: thinking
hops:
  - platform: nginx
    timeout: 90
    retrys: 2
  - platform: openai
`);
const found = await client.diagnostics(broken.path, (list) => list.length > 0);
said.broken = found.map(({ range, message }) => `${range.start.line + 1}: ${message}`);
const lines = new Set(found.map(({ range }) => range.start.line + 1));
assert.ok(lines.has(2), said.broken.join("\n"));
assert.ok(lines.has(4) || lines.has(5) || lines.has(6), said.broken.join("\n"));

// A good one.
const good = open(`version: 1|
order: inward
workload: reasoning
hops:
  - platform: openai-python
    timeout: 130s
  - platform: nginx
    with: {version: "1.27.4"}
    timeouts: {proxy_read_timeout: 140s, connect: 5s}
  - name: ours
    platform: our-own-gateway
    timeouts: {first-byte: 150s}
  - platform: openai
    timeout: 300s
`);
assert.deepEqual(await client.diagnostics(good.path, () => true), []);

// Keys of the file and of a hop, with what they mean.
const top = await completed("version: 1\n|");
for (const key of ["hops", "chains", "order", "margin", "workload", "shared"]) {
  assert.ok(top.has(key), `${key} among ${[...top.keys()]}`);
}
assert.match(plain(top.get("workload").documentation), /What a request needs/);
const keys = await completed("version: 1\nhops:\n  - platform: nginx\n    |");
for (const key of ["timeout", "timeouts", "retries", "with", "from", "deadline", "ignore"]) {
  assert.ok(keys.has(key), `${key} among ${[...keys.keys()]}`);
}
assert.match(plain(keys.get("deadline").documentation), /whole call/);

// Platforms, each with its name in full.
const platforms = await completed("version: 1\nhops:\n  - platform: |");
assert.ok(platforms.size > 140, `${platforms.size} platforms`);
said.platforms = platforms.size;
said.nginx = plain(platforms.get("nginx").documentation);
assert.match(said.nginx, /NGINX/);

// The timers of the platform that the hop names, with default and range.
const timers = await completed("version: 1\nhops:\n  - platform: kong\n    timeouts:\n      |");
assert.ok(timers.has("read_timeout"), [...timers.keys()].join(" "));
assert.ok(!timers.has("proxy_read_timeout"));
said.timer = plain(timers.get("read_timeout").documentation);
assert.match(said.timer, /Default: 60s/);
const facets = await completed("version: 1\nhops:\n  - platform: cloudflare\n    with:\n      plan: |");
assert.ok(facets.has("enterprise"), [...facets.keys()].join(" "));

// Words and their meaning.
const orders = await completed("version: 1\norder: |");
assert.deepEqual([...orders.keys()].sort(), ["inward", "outward", "unordered"]);
const rules = await completed("version: 1\nhops:\n  - platform: nginx\n    ignore:\n      |");
assert.ok(rules.has("order-inverted"));

said.hover = await hovered("version: 1\nhops:\n  - platform: nginx\n    timeouts:\n      proxy_read_ti|meout: 90s\n");
assert.match(said.hover, /Silence between two reads/);
assert.match(await hovered("version: 1\nwork|load: reasoning\nhops: [{platform: nginx}]\n"), /`reasoning`: a model that thinks/);

await client.end();
console.log(JSON.stringify(said, null, 1));
