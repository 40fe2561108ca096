// Taplo's language server on stdio: the WebAssembly that the extension Even Better TOML runs. (The packaged command-line
// programs are built without it.) It opens no connection.

import { accessSync, promises } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";

const require = createRequire(new URL("../../.cache/editors/package.json", import.meta.url));
const rpc = require("vscode-jsonrpc/node");
const { TaploLsp } = require("@taplo/lsp");

const reader = new rpc.StreamMessageReader(process.stdin);
const writer = new rpc.StreamMessageWriter(process.stdout);
const offline = () => Promise.reject(new Error("offline"));
globalThis.fetch = offline;

const environment = {
  cwd: () => process.cwd(),
  envVar: (name) => (name === "RUST_LOG" ? "off" : process.env[name]),
  envVars: () => Object.entries(process.env),
  findConfigFile: (from) =>
    [".taplo.toml", "taplo.toml"].map((name) => join(from, name)).find((path) => {
      try {
        accessSync(path);
        return true;
      } catch {
        return false;
      }
    }),
  glob: () => [],
  isAbsolute,
  isWindows: () => false,
  now: () => new Date(),
  readFile: (path) => promises.readFile(path),
  writeFile: (path, content) => promises.writeFile(path, content),
  stderr: process.stderr,
  stdErrAtty: () => false,
  stdin: process.stdin,
  stdout: process.stderr,
  urlToFilePath: (url) => decodeURIComponent(url).slice("file://".length),
  fetch: { fetch: offline, Headers, Request, Response },
};

const early = [];
let taplo;
reader.listen((message) => {
  if (message.method === "exit") {
    process.exit(0);
  }
  taplo === undefined ? early.push(message) : taplo.send(message);
});
taplo = await TaploLsp.initialize(environment, { onMessage: (message) => void writer.write(message) });
early.forEach((message) => taplo.send(message));
