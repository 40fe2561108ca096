// What hoplint says of a chain as a whole. The server knows what stands in the editor; an older one that does not answer
// leaves it to the command line, which reads what is saved.

import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { type LanguageClient, ResponseError } from "vscode-languageclient/node";
import type { Picture } from "./picture";
import { run } from "./program";

const UNKNOWN_METHOD = -32601;

/** What the server answers; nothing where it does not know the question. */
export async function asked<T>(client: LanguageClient | undefined, method: string, params: object): Promise<T | undefined> {
  try {
    return await client?.sendRequest<T>(method, params);
  } catch (error) {
    if (error instanceof ResponseError && error.code === UNKNOWN_METHOD) {
      return undefined;
    }
    throw error;
  }
}

/** The file, and the place in it where the person is. */
export function place(uri: vscode.Uri): object {
  const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
  const { line, character } = editor?.selection.active ?? new vscode.Position(0, 0);
  return { textDocument: { uri: uri.toString() }, position: { line, character } };
}

export type Drawings = { readonly drawn: readonly Picture[] } | { readonly why: string };

/** Every chain of a saved file, drawn by the command line. */
export async function drawings(program: string, file: string): Promise<Drawings> {
  const folder = await mkdtemp(join(tmpdir(), "hoplint-"));
  try {
    const text = await run(program, ["show", "--format", "table", file], { cwd: dirname(file) });
    const ran = await run(program, ["show", "--format", "svg", "--out", folder, file], { cwd: dirname(file) });
    const names = (await readdir(folder)).filter((name) => name.endsWith(".svg")).sort();
    if (names.length === 0) {
      return { why: (ran.stderr || text.stderr).trim() || `hoplint draws nothing of ${file}.` };
    }
    const drawn = names.map(async (name) => {
      const svg = await readFile(join(folder, name), "utf8");
      return { title: name.replace(/\.svg$/, ""), svg, text: text.stdout };
    });
    return { drawn: await Promise.all(drawn) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
