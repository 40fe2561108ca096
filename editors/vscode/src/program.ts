// Finds and runs the hoplint program.

import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import * as vscode from "vscode";
import { type Candidate, candidates, find, missing, version } from "./binary";

export interface Program extends Candidate {
  readonly version: string;
}

export type Located = { readonly program: Program } | { readonly why: string };

export async function locate(context: vscode.ExtensionContext): Promise<Located> {
  const setting = vscode.workspace.getConfiguration("hoplint").get<string>("path", "").trim();
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
  const places = {
    setting,
    path: process.env["PATH"] ?? "",
    extension: context.extensionPath,
    folders: vscode.workspace.isTrusted ? folders.map((folder) => folder.uri.fsPath) : [],
    home: homedir(),
    windows: process.platform === "win32",
  };
  const found = await find(candidates(places), executable);
  if (found === undefined) {
    return { why: missing(setting) };
  }
  const asked = await run(found.path, ["--version"]);
  const said = version(asked.stdout);
  return said === undefined
    ? { why: `${found.path} is not hoplint: \`--version\` says ${JSON.stringify((asked.stdout || asked.stderr).slice(0, 200))}.` }
    : { program: { ...found, version: said } };
}

async function executable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end; an exit code is an answer, not an error. */
export function run(program: string, args: readonly string[], options: { cwd?: string; input?: string } = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const limits = { maxBuffer: 32 << 20, timeout: 30_000, env: { ...process.env, NO_COLOR: "1" } };
    const cwd = options.cwd === undefined ? {} : { cwd: options.cwd };
    const child = execFile(program, [...args], { ...limits, ...cwd }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 2;
      resolve({ code, stdout, stderr: stderr || (error === null ? "" : error.message) });
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input ?? "");
  });
}
