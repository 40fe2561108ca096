// Asks hoplint to draw the chains of a file.

import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Picture } from "./picture";
import { run } from "./program";

export type Drawings = { readonly drawn: readonly Picture[] } | { readonly why: string };

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
