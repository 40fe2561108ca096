// Taplo with the schema of hoplint.toml and nothing else of hoplint: what it refuses, completes and explains.
//   node toml_schema.mjs FOLDER SCHEMA    a folder to write files in; prints what it saw

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client, cursor, uri } from "./client.mjs";

const [folder, schema] = process.argv.slice(2);
const program = new URL("../../.cache/taplo/bin/taplo", import.meta.url).pathname;

function checked(name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  const ran = spawnSync(program, ["check", "--colors", "never", "--schema", uri(schema), path], { encoding: "utf8" });
  return { code: ran.status, said: ran.stderr };
}
const said = {};

const good = checked("good.toml", `required-version = ">=0.1"
order = "inward"
margin = "5s"
[rules]
default-relied-on = "off"
[thresholds]
orphaned-work = "60s"
[[generate]]
target = "nginx"
chain = "chat.chain.yaml"
out = "deploy/nginx.conf"
[[ignore]]
rule = "order-inverted"
reason = "goes in May"
`);
assert.equal(good.code, 0, good.said);
for (const [name, wrong] of Object.entries({
  level: '[rules]\norder-inverted = "fatal"\n',
  key: 'ordering = "inward"\n',
  unit: "[thresholds]\norphaned-work = 60\n",
})) {
  const bad = checked(`${name}.toml`, wrong);
  assert.notEqual(bad.code, 0, `${name} passed`);
  said[name] = bad.said.split("\n").find((line) => line.startsWith("error")) ?? bad.said;
}

// The same schema in an editor, named in the first line of the file.
const client = new Client(process.execPath, [new URL("taplo_lsp.mjs", import.meta.url).pathname]);
await client.initialize(folder);
let count = 0;
async function open(marked) {
  const path = join(folder, `lsp-${count++}.toml`);
  const { text, position } = cursor(`#:schema ${uri(schema)}\n${marked}`);
  writeFileSync(path, text);
  client.open(path, "toml", text);
  return { path, at: { textDocument: { uri: uri(path) }, position } };
}
const plain = (text) => (typeof text === "string" ? text : (text?.value ?? ""));
async function completed(marked) {
  const { at } = await open(marked);
  // The schema is read while the first questions come in.
  for (let tries = 0; tries < 40; tries++) {
    const found = await client.request("textDocument/completion", at);
    const items = found?.items ?? found ?? [];
    if (items.length > 0) {
      return new Map(items.map((item) => [item.label, item]));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing is offered in ${marked}`);
}

const broken = await open('[rules]|\norder-inverted = "fatal"\n');
const found = await client.diagnostics(broken.path, (list) => list.length > 0);
assert.equal(found[0].range.start.line, 2);
said.marked = found[0].message;

const top = await completed("|\n");
for (const key of ["order", "margin", "rules", "generate"]) {
  assert.ok([...top.keys()].some((label) => label.startsWith(key)), `${key} among ${[...top.keys()]}`);
}
const rules = await completed("[rules]\n|\n");
assert.ok(rules.has("order-inverted"), [...rules.keys()].join(" "));
said.rule = plain(rules.get("order-inverted").documentation);
assert.match(said.rule, /wrong order/);
const { at } = await open("ord|er = \"inward\"\n");
const hover = await client.request("textDocument/hover", at);
said.hover = plain(hover?.contents);
assert.match(said.hover, /Which way timeouts grow/);

await client.end();
console.log(JSON.stringify(said, null, 1));
