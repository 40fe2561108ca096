// The commands of the palette.

import { dirname } from "node:path";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import type { Pictures } from "./pictures";
import { type Ran, run } from "./program";
import type { Reports } from "./reports";
import { isChain } from "./selector";
import type { Server } from "./server";
import { asked } from "./show";
import type { Status } from "./status";
import { counted, termAt } from "./words";

export function register(
  context: vscode.ExtensionContext,
  server: Server,
  status: Status,
  reports: Reports,
  pictures: Pictures,
  output: vscode.LogOutputChannel,
): vscode.Disposable[] {
  const commands: Record<string, (...args: never[]) => unknown> = {
    "hoplint.showChain": (uri?: vscode.Uri) => showChain(pictures, uri),
    "hoplint.plan": (uri?: vscode.Uri) => plan(server, reports, uri),
    "hoplint.explain": (term?: string) => explain(server, reports, term),
    "hoplint.accept": (rule?: string) => accept(server, typeof rule === "string" ? rule : undefined),
    "hoplint.newChain": () => newChain(server),
    "hoplint.restart": () => server.restart(),
    "hoplint.openSettings": () =>
      vscode.commands.executeCommand("workbench.action.openSettings", `@ext:${context.extension.id}`),
    "hoplint.showOutput": () => output.show(),
    "hoplint.menu": () => menu(status),
  };
  return Object.entries(commands).map(([name, command]) => vscode.commands.registerCommand(name, command));
}

/** The chain file that a command is for: named, the one in front, or chosen. */
async function chainFile(uri: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const front = uri ?? vscode.window.activeTextEditor?.document.uri;
  if (front !== undefined && isChain(front.path)) {
    return front;
  }
  const found = await vscode.workspace.findFiles("**/*.chain.{yaml,yml,toml,json}", "**/node_modules/**", 200);
  if (found.length < 2) {
    if (found.length === 0) {
      const answer = await vscode.window.showInformationMessage("There is no chain file in this workspace.", "Write a first one");
      if (answer !== undefined) {
        await vscode.commands.executeCommand("hoplint.newChain");
      }
    }
    return found[0];
  }
  const items = found
    .map((chain) => ({ label: vscode.workspace.asRelativePath(chain), chain }))
    .sort((a, b) => a.label.localeCompare(b.label));
  return (await vscode.window.showQuickPick(items, { placeHolder: "Which chain file?" }))?.chain;
}

/** What stands in the editor is what the program reads. */
async function saved(uri: vscode.Uri): Promise<string> {
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
  if (document?.isDirty) {
    await document.save();
  }
  return uri.fsPath;
}

async function showChain(pictures: Pictures, uri?: vscode.Uri): Promise<void> {
  const file = await chainFile(uri);
  if (file !== undefined) {
    await pictures.show(file);
  }
}

/** The answer to `hoplint/plan`. */
interface Planned {
  readonly feasible: boolean;
  readonly text: string;
  readonly edit: object | null;
}

async function plan(server: Server, reports: Reports, uri?: vscode.Uri): Promise<void> {
  const [program, file] = [await server.program(), await chainFile(uri)];
  if (program === undefined || file === undefined) {
    return;
  }
  const shown = vscode.workspace.asRelativePath(file);
  const name = `plan of ${shown}.txt`.replaceAll("/", " ");
  const client = server.client;
  const params = { textDocument: { uri: file.toString() }, deployed: true };
  const planned = await asked<Planned | null>(client, "hoplint/plan", params);
  if (client === undefined || planned === undefined || planned === null) {
    const path = await saved(file);
    await reports.text(name, outcome(await run(program.path, ["plan", path], { cwd: dirname(path) })));
    return;
  }
  await reports.text(name, planned.text);
  if (planned.edit === null) {
    return;
  }
  const answer = await vscode.window.showInformationMessage(`Write the plan of ${shown}, into the deployed files too?`, "Write it");
  if (answer !== undefined) {
    await apply(client, planned.edit);
  }
}

async function apply(client: LanguageClient, edit: object): Promise<void> {
  const converted = await client.protocol2CodeConverter.asWorkspaceEdit(edit);
  if (converted !== undefined) {
    await vscode.workspace.applyEdit(converted);
  }
}

/** Accepts a finding at the cursor; the reason is asked for, and goes into the file. */
async function accept(server: Server, named?: string): Promise<void> {
  const [client, editor] = [server.client, vscode.window.activeTextEditor];
  if (client === undefined || editor === undefined) {
    return;
  }
  const here = findingsAt(editor).filter((finding) => named === undefined || ruleOf(finding) === named);
  if (here.length === 0) {
    await vscode.window.showInformationMessage("There is no finding of hoplint at the cursor.");
    return;
  }
  const items = here.map((finding) => ({ label: ruleOf(finding), detail: finding.message.split("\n")[0] ?? "", finding }));
  const chosen = items.length === 1 ? items[0] : await vscode.window.showQuickPick(items, { placeHolder: "Accept which finding?" });
  const reason = chosen && (await vscode.window.showInputBox({
    prompt: `Why is ${chosen.label} accepted here?`,
    validateInput: (text) => (text.trim() === "" ? "A reason is asked for: who reads the file next will want it." : undefined),
  }));
  if (chosen === undefined || reason === undefined) {
    return;
  }
  const answer = await asked<{ edit: object | null } | null>(client, "hoplint/accept", {
    textDocument: { uri: editor.document.uri.toString() },
    range: client.code2ProtocolConverter.asRange(chosen.finding.range),
    rule: chosen.label,
    reason: reason.trim(),
  });
  if (answer?.edit) {
    await apply(client, answer.edit);
  } else {
    await vscode.window.showWarningMessage(`${chosen.label} cannot be accepted here.`);
  }
}

function findingsAt(editor: vscode.TextEditor): vscode.Diagnostic[] {
  const found = vscode.languages.getDiagnostics(editor.document.uri);
  return found.filter(({ source, range }) => source === "hoplint" && range.intersection(editor.selection) !== undefined);
}

function ruleOf({ code }: vscode.Diagnostic): string {
  return String(typeof code === "object" ? code.value : code);
}

function outcome(ran: Ran): string {
  return [ran.stdout, ran.stderr].filter((text) => text !== "").join("\n") || "hoplint said nothing.\n";
}

/** The answer to `hoplint/explain`. */
interface Page {
  readonly name: string;
  readonly markdown: string;
}

/** A rule, a platform or a timer: the one under the cursor, or what is typed. */
async function explain(server: Server, reports: Reports, named?: string): Promise<void> {
  const program = await server.program();
  if (program === undefined) {
    return;
  }
  const term = typeof named === "string" && named !== "" ? named : await askedFor();
  if (term === undefined || term === "") {
    return;
  }
  const uri = vscode.window.activeTextEditor?.document.uri;
  const beside = uri?.scheme === "file" ? { textDocument: { uri: uri.toString() } } : {};
  const answer = await asked<Page>(server.client, "hoplint/explain", { name: term, ...beside });
  if (answer !== undefined) {
    await reports.markdown(answer.name, answer.markdown);
    return;
  }
  const ran = await run(program.path, ["explain", "--", term]);
  if (ran.code === 0) {
    await reports.markdown(term, ran.stdout);
  } else {
    await vscode.window.showWarningMessage(ran.stderr.trim() || `hoplint knows no ${term}.`);
  }
}

function askedFor(): Thenable<string | undefined> {
  const editor = vscode.window.activeTextEditor;
  const at = editor?.selection.active;
  const finding = editor && findingsAt(editor)[0];
  const here = editor && at ? termAt(editor.document.lineAt(at.line).text, at.character) : "";
  return vscode.window.showInputBox({
    prompt: "A rule, a platform, or a timer as platform.timer",
    value: finding === undefined ? here : ruleOf(finding),
    placeHolder: "order-inverted, nginx, nginx.proxy_read_timeout",
  });
}

const PRESETS = [
  ["openai-nginx-fastapi", "A Python service behind nginx that calls OpenAI"],
  ["aws-apigw-lambda-bedrock", "API Gateway, Lambda and Bedrock"],
  ["cloudflare-alb-litellm", "Cloudflare, an ALB and LiteLLM"],
  ["kubernetes-ingress-vllm", "Kubernetes, an Ingress and vLLM"],
  ["vercel-ai", "The AI SDK on Vercel"],
] as const;

/** A first chain, unsaved, under the name that it would have. */
async function newChain(server: Server): Promise<void> {
  const program = await server.program();
  const items = PRESETS.map(([label, description]) => ({ label, description }));
  const chosen = program && (await vscode.window.showQuickPick(items, { placeHolder: "What does the chain look like?" }));
  if (program === undefined || chosen === undefined) {
    return;
  }
  const ran = await run(program.path, ["init", "--preset", chosen.label, "--out", "-"]);
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (ran.code !== 0 || folder === undefined) {
    const text = ran.code === 0 ? ran.stdout : outcome(ran);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: "yaml", content: text }));
    return;
  }
  const target = vscode.Uri.joinPath(folder.uri, "llm.chain.yaml").with({ scheme: "untitled" });
  const document = await vscode.workspace.openTextDocument(target);
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, new vscode.Position(0, 0), ran.stdout);
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(document);
}

async function menu(status: Status): Promise<void> {
  const state = status.state;
  const says = state.kind === "running" ? `hoplint ${state.version}: ${counted(state.counts)}` : state.kind;
  const items: (vscode.QuickPickItem & { command: string })[] = [
    { label: "$(graph) Show the chain as a picture", command: "hoplint.showChain" },
    { label: "$(checklist) Plan: values that agree", command: "hoplint.plan" },
    { label: "$(question) Explain a rule, a platform or a timer", command: "hoplint.explain" },
    { label: "$(warning) Problems", command: "workbench.actions.view.problems" },
    { label: "$(output) Output", command: "hoplint.showOutput" },
    { label: "$(debug-restart) Restart", command: "hoplint.restart" },
    { label: "$(gear) Settings", command: "hoplint.openSettings" },
  ];
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: says });
  if (chosen !== undefined) {
    await vscode.commands.executeCommand(chosen.command);
  }
}
