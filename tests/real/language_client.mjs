// The client library of VS Code talks to `hoplint lsp` over its pipes: every request once, and what the server asks.
// Arguments: the server, the folder of vscode-jsonrpc, a workspace with a.chain.yaml and nginx.conf.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , server, library, folder] = process.argv;
const rpc = createRequire(import.meta.url)(join(library, "node"));
const uri = (name) => pathToFileURL(join(folder, name)).href;
const read = (name) => readFileSync(join(folder, name), "utf8");

const child = spawn(server, ["lsp", "--stdio"], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
const ended = new Promise((resolve) => child.on("exit", resolve));
const connection = rpc.createMessageConnection(
  new rpc.StreamMessageReader(child.stdout),
  new rpc.StreamMessageWriter(child.stdin),
);
const published = new Map();
const waiting = [];
const asked = [];
const told = new Map();
connection.onNotification("textDocument/publishDiagnostics", (params) => {
  published.set(params.uri, params);
  for (const wait of [...waiting]) wait();
});
connection.onNotification("hoplint/indexed", (params) => {
  told.set("indexed", params);
  for (const wait of [...waiting]) wait();
});
connection.onRequest("client/registerCapability", (params) => {
  asked.push(...params.registrations.map((one) => one.method));
  return null;
});
connection.onRequest("workspace/configuration", (params) => {
  asked.push("workspace/configuration");
  assert.equal(params.items[0].section, "hoplint");
  return [{ inlayHints: { enable: true, defaults: true, margins: true } }];
});
connection.onRequest("workspace/diagnostic/refresh", () => null);
connection.onRequest("workspace/inlayHint/refresh", () => null);
connection.listen();

function until(what, holds) {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = holds();
      if (found === undefined) return;
      clearTimeout(timer);
      waiting.splice(waiting.indexOf(look), 1);
      resolve(found);
    };
    const timer = setTimeout(() => reject(new Error(`${what}: nothing for a minute`)), 60_000);
    waiting.push(look);
    look();
  });
}

const texts = new Map();
const open = (name, languageId) => {
  texts.set(name, read(name));
  const document = { uri: uri(name), languageId, version: 1, text: texts.get(name) };
  return connection.sendNotification("textDocument/didOpen", { textDocument: document });
};
const findings = (name, version) =>
  until(`findings of ${name} ${version}`, () => {
    const found = published.get(uri(name));
    return found !== undefined && (version === undefined || found.version === version) ? found.diagnostics : undefined;
  });
const place = (name, word, more = 0) => {
  const at = texts.get(name).indexOf(word) + more;
  const before = texts.get(name).slice(0, at).split("\n");
  return { line: before.length - 1, character: before.at(-1).length };
};
const at = (name, word, more) => ({ textDocument: { uri: uri(name) }, position: place(name, word, more) });
const whole = { start: { line: 0, character: 0 }, end: { line: 999, character: 0 } };
const ask = (method, params) => connection.sendRequest(method, params);
const says = (what, value) => console.log(`${what}: ${value}`);

const said = await ask("initialize", {
  processId: process.pid,
  rootUri: pathToFileURL(folder).href,
  workspaceFolders: [{ uri: pathToFileURL(folder).href, name: "root" }],
  capabilities: {
    general: { positionEncodings: ["utf-16"] },
    textDocument: { publishDiagnostics: { relatedInformation: true } },
    workspace: {
      configuration: true,
      didChangeWatchedFiles: { dynamicRegistration: true },
      didChangeConfiguration: { dynamicRegistration: true },
      workspaceEdit: { documentChanges: true },
    },
  },
});
assert.equal(said.capabilities.positionEncoding, "utf-16");
assert.equal(said.capabilities.textDocumentSync.change, 2);
await connection.sendNotification("initialized", {});
await until("the search", () => told.get("indexed"));
says("indexed", JSON.stringify([told.get("indexed").chains, told.get("indexed").deployed]));
assert.deepEqual(asked.sort(), [
  "workspace/configuration",
  "workspace/didChangeConfiguration",
  "workspace/didChangeWatchedFiles",
]);

await open("a.chain.yaml", "yaml");
const found = await findings("a.chain.yaml", 1);
const wrong = found.find((one) => one.code === "order-inverted");
assert.ok(wrong, JSON.stringify(found));
assert.equal(wrong.relatedInformation[0].location.uri, uri("nginx.conf"), "the other hop stands in another file");
assert.match(wrong.codeDescription.href, /docs\/rules\/order-inverted\.md$/);
says("findings", found.map((one) => one.code).join(", "));

const hover = await ask("textDocument/hover", at("a.chain.yaml", "timeout: 700s", 9));
assert.match(hover.contents.value, /700s/);
const completion = await ask("textDocument/completion", at("a.chain.yaml", "openai-python", 6));
const platform = completion.items.find((item) => item.label === "openai-python");
const resolved = await ask("completionItem/resolve", platform);
assert.match(resolved.documentation.value, /^# /);
says("completion", `${completion.items.length > 100} ${resolved.detail}`);
const actions = await ask("textDocument/codeAction", {
  textDocument: { uri: uri("a.chain.yaml") },
  range: wrong.range,
  context: { diagnostics: [wrong] },
});
says("actions", actions.map((action) => action.kind).join(", "));
const fixAll = await ask("codeAction/resolve", actions.find((action) => action.kind === "source.hoplint.fixAllUnsafe"));
assert.ok(fixAll.edit.documentChanges.length > 0);
const hints = await ask("textDocument/inlayHint", { textDocument: { uri: uri("a.chain.yaml") }, range: whole });
says("hints", hints.map((hint) => hint.label).join("; "));
const definition = await ask("textDocument/definition", at("a.chain.yaml", "nginx.conf", 2));
assert.equal(definition[0].uri, uri("nginx.conf"));
const symbols = await ask("textDocument/documentSymbol", { textDocument: { uri: uri("a.chain.yaml") } });
says("symbols", symbols[0].children.map((one) => one.name).join(", "));
const links = await ask("textDocument/documentLink", { textDocument: { uri: uri("a.chain.yaml") } });
assert.ok(links.some((link) => link.target.startsWith(uri("nginx.conf"))));
const folds = await ask("textDocument/foldingRange", { textDocument: { uri: uri("a.chain.yaml") } });
assert.ok(folds.length > 1);
const prepared = await ask("textDocument/prepareRename", at("a.chain.yaml", "name: web", 7));
assert.equal(prepared.placeholder, "web");
const renamed = await ask("textDocument/rename", { ...at("a.chain.yaml", "name: web", 7), newName: "edge" });
assert.equal(renamed.documentChanges[0].edits[0].newText, "edge");
for (const method of ["hoplint/show", "hoplint/plan", "hoplint/text"]) {
  assert.ok(await ask(method, { textDocument: { uri: uri("a.chain.yaml") } }), method);
}
assert.match((await ask("hoplint/explain", { name: "order-inverted" })).markdown, /^# order-inverted/);

await open("nginx.conf", "nginx");
await findings("nginx.conf", 1);
const back = await ask("textDocument/references", {
  ...at("nginx.conf", "location", 2),
  context: { includeDeclaration: true },
});
assert.equal(back[0].uri, uri("a.chain.yaml"));

// The deployed file changes, and the finding in the chain file goes.
const start = place("nginx.conf", "60s");
const change = { range: { start, end: { line: start.line, character: start.character + 3 } }, text: "900s" };
published.delete(uri("a.chain.yaml"));
await connection.sendNotification("textDocument/didChange", {
  textDocument: { uri: uri("nginx.conf"), version: 2 },
  contentChanges: [change],
});
const after = await findings("a.chain.yaml");
assert.ok(!after.some((one) => one.code === "order-inverted"), JSON.stringify(after));
says("after a change of nginx.conf", after.map((one) => one.code).join(", "));

// A request that is called off.
const source = new rpc.CancellationTokenSource();
const late = connection.sendRequest("textDocument/hover", at("a.chain.yaml", "timeout", 2), source.token);
source.cancel();
says("called off", await late.then(() => "answered first", (error) => (error.code === -32800 ? "answered first" : error)));

// Settings that come to be on the disk.
writeFileSync(join(folder, "hoplint.toml"), '[rules]\ndefault-relied-on = "off"\nnone-such = "off"\n');
await connection.sendNotification("workspace/didChangeWatchedFiles", { changes: [{ uri: uri("hoplint.toml"), type: 1 }] });
const settings = await findings("hoplint.toml");
says("hoplint.toml", settings.map((one) => one.code).join(", "));

await ask("shutdown");
await connection.sendNotification("exit");
says("exit", await ended);
connection.dispose();
