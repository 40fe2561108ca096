// What hoplint says of a chain as a whole. The server knows what stands in the editor; where it has no answer, the command
// line gives one of what is saved, or says why not.

import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type LanguageClient, ResponseError } from "vscode-languageclient/node";
import type { Picture } from "./picture";
import { run } from "./program";

/** What the server answers; nothing where it has no answer. */
export async function asked<T>(client: LanguageClient | undefined, method: string, params: object): Promise<T | undefined> {
  try {
    return await client?.sendRequest<T>(method, params);
  } catch (error) {
    if (error instanceof ResponseError) {
      return undefined;
    }
    throw error;
  }
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
