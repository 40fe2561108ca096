// A language client for tests: starts a server on stdio, opens documents, and waits for what the server says of them.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(new URL("../../.cache/editors/package.json", import.meta.url));
const rpc = require("vscode-jsonrpc/node");

export const uri = (path) => pathToFileURL(path).href;

export class Client {
  #child;
  #connection;
  #published = new Map();
  #waiting = [];

  constructor(command, args, configuration = () => null) {
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#connection = rpc.createMessageConnection(
      new rpc.StreamMessageReader(this.#child.stdout),
      new rpc.StreamMessageWriter(this.#child.stdin),
    );
    this.#connection.onNotification("textDocument/publishDiagnostics", ({ uri, diagnostics }) => {
      this.#published.set(uri, diagnostics);
      this.#waiting = this.#waiting.filter((look) => !look());
    });
    this.#connection.onRequest("workspace/configuration", ({ items }) => items.map((item) => configuration(item.section)));
    this.#connection.onRequest("client/registerCapability", () => null);
    this.#connection.onRequest("window/workDoneProgress/create", () => null);
    this.#connection.listen();
  }

  async initialize(root, capabilities = {}) {
    const folder = { uri: uri(root), name: "test" };
    const answer = await this.request("initialize", {
      processId: process.pid, rootUri: folder.uri, workspaceFolders: [folder],
      capabilities: {
        textDocument: {
          completion: { completionItem: { documentationFormat: ["markdown", "plaintext"], snippetSupport: false } },
          hover: { contentFormat: ["markdown"] },
          publishDiagnostics: {},
        },
        workspace: { configuration: true, workspaceFolders: true },
        ...capabilities,
      },
    });
    this.notify("initialized", {});
    return answer;
  }

  request(method, params) {
    return this.#connection.sendRequest(method, params);
  }

  notify(method, params) {
    this.#connection.sendNotification(method, params);
  }

  open(path, languageId, text) {
    this.notify("textDocument/didOpen", { textDocument: { uri: uri(path), languageId, version: 1, text } });
  }

  /** What the server last published of a file, once it fits. */
  diagnostics(path, fits, seconds = 20) {
    const key = uri(path);
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`nothing that fits; the last was ${JSON.stringify(this.#published.get(key), null, 1)}`)),
        seconds * 1000,
      );
      const look = () => {
        const found = this.#published.get(key);
        if (found === undefined || !fits(found)) {
          return false;
        }
        clearTimeout(late);
        resolve(found);
        return true;
      };
      if (!look()) {
        this.#waiting.push(look);
      }
    });
  }

  async end() {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    await this.request("shutdown", null);
    this.notify("exit", null);
    const late = setTimeout(() => this.#child.kill(), 5000);
    await ended;
    clearTimeout(late);
  }
}

/** A text with `|` where the cursor is: the text without it, and the position. */
export function cursor(marked) {
  const at = marked.indexOf("|");
  const before = marked.slice(0, at).split("\n");
  return { text: before.join("\n") + marked.slice(at + 1), position: { line: before.length - 1, character: before.at(-1).length } };
}
