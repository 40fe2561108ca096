// Starts `hoplint lsp` when there is something for it to do, and keeps it going.

import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, type LanguageClientOptions, State } from "vscode-languageclient/node";
import { type Program, locate } from "./program";
import { EXCLUDE, OWN, isOwn, selector } from "./selector";
import type { Status } from "./status";
import { inBox } from "./words";

export class Server implements vscode.Disposable {
  readonly #context: vscode.ExtensionContext;
  readonly #output: vscode.LogOutputChannel;
  readonly #status: Status;
  #client: LanguageClient | undefined;
  #program: Program | undefined;
  #queue: Promise<void> = Promise.resolve();
  /** From the wish to stop until it has stopped: nobody must talk to it any more. */
  #leaving = false;

  constructor(context: vscode.ExtensionContext, output: vscode.LogOutputChannel, status: Status) {
    this.#context = context;
    this.#output = output;
    this.#status = status;
  }

  get client(): LanguageClient | undefined {
    return !this.#leaving && this.#client?.state === State.Running ? this.#client : undefined;
  }

  /** The program that runs, or that would. */
  async program(): Promise<Program | undefined> {
    if (this.#program === undefined) {
      const located = await locate(this.#context);
      if ("why" in located) {
        this.#fail(located.why);
        return undefined;
      }
      this.#program = located.program;
    }
    return this.#program;
  }

  /** Starts once there is a file that only hoplint reads: in the workspace, or open. */
  async startWhenNeeded(): Promise<void> {
    const enabled = vscode.workspace.getConfiguration("hoplint").get<boolean>("enable", true);
    if (enabled && this.#client === undefined && (await isNeeded())) {
      await this.start();
    }
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#client === undefined) {
        await this.#start();
      }
    });
  }

  restart(): Promise<void> {
    this.#leaving = true;
    return this.#inTurn(async () => {
      await this.#stop();
      this.#program = undefined;
      await this.#start();
    });
  }

  stop(): Promise<void> {
    this.#leaving = true;
    return this.#inTurn(() => this.#stop());
  }

  async dispose(): Promise<void> {
    await this.stop();
  }

  /** One change after the other: a restart while it starts must not leave two servers. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(change, change);
    return this.#queue;
  }

  async #start(): Promise<void> {
    this.#status.set({ kind: "starting" });
    const program = await this.program();
    if (program === undefined) {
      return;
    }
    this.#output.info(`hoplint ${program.version} at ${program.path} (${program.origin})`);
    const client = new LanguageClient("hoplint", "hoplint", { command: program.path, args: ["lsp"] }, this.#options());
    client.onDidChangeState(({ newState }) => {
      if (this.#client === client && newState === State.Running) {
        this.#status.running(program.version);
      }
    });
    this.#client = client;
    try {
      await client.start();
      this.#status.running(program.version);
    } catch (error) {
      this.#client = undefined;
      this.#fail(`hoplint ${program.version} at ${program.path} did not start: ${String(error)}`);
    }
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#status.set({ kind: "idle" });
    if (client !== undefined) {
      await client.stop(2000).catch((error: unknown) => this.#output.warn(String(error)));
      await client.dispose().catch(() => undefined);
    }
    this.#leaving = false;
  }

  #options(): LanguageClientOptions {
    const settings = vscode.workspace.getConfiguration("hoplint");
    let closed: number[] = [];
    return {
      documentSelector: selector(settings.get<boolean>("deployed", true)),
      outputChannel: this.#output,
      traceOutputChannel: this.#output,
      initializationOptions: settings,
      synchronize: { configurationSection: "hoplint" },
      middleware: {
        // A changed path restarts the server, and what stops takes no settings.
        workspace: { didChangeConfiguration: async (sections, next) => (this.client === undefined ? undefined : next(sections)) },
        provideHover: async (document, position, token, next) => {
          const hover = await next(document, position, token);
          hover?.contents.forEach(shrink);
          return hover;
        },
        provideCodeActions: async (document, range, context, token, next) =>
          (await next(document, range, context, token))?.map(askingForTheReason),
      },
      markdown: { isTrusted: false, supportHtml: false },
      errorHandler: {
        // What ends is started again, or told of as closed.
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          const now = Date.now();
          closed = [...closed.filter((at) => now - at < 180_000), now];
          if (closed.length < 4) {
            return { action: CloseAction.Restart };
          }
          const why = "hoplint ended four times within three minutes and stays stopped; the output says more.";
          this.#fail(why);
          return { action: CloseAction.DoNotRestart, handled: true, message: why };
        },
      },
    };
  }

  #fail(why: string): void {
    this.#status.set({ kind: "stopped", why });
    this.#output.error(why);
    // The message may stay for hours; who started us must not wait for it.
    void vscode.window.showErrorMessage(why, "Settings", "Output").then((answer) => {
      if (answer === "Settings") {
        void vscode.commands.executeCommand("hoplint.openSettings");
      } else if (answer === "Output") {
        this.#output.show();
      }
    });
  }
}

function shrink(content: vscode.MarkdownString | vscode.MarkedString | undefined): void {
  if (content instanceof vscode.MarkdownString) {
    content.value = inBox(content.value);
  }
}

/** The server's way to accept a finding writes a reason to be filled in; here it is asked for first. */
function askingForTheReason(action: vscode.Command | vscode.CodeAction): vscode.Command | vscode.CodeAction {
  const rule = /^Accept `([a-z-]+)` here/.exec(action.title)?.[1];
  if (rule === undefined || !(action instanceof vscode.CodeAction)) {
    return action;
  }
  const asking = new vscode.CodeAction(action.title, action.kind);
  asking.command = { title: action.title, command: "hoplint.accept", arguments: [rule] };
  if (action.diagnostics !== undefined) {
    asking.diagnostics = action.diagnostics;
  }
  return asking;
}

async function isNeeded(): Promise<boolean> {
  if (vscode.workspace.textDocuments.some((document) => document.uri.scheme === "file" && isOwn(document.uri.path))) {
    return true;
  }
  // The search is a program of its own and may be missing; then an open file has to do.
  const found = OWN.map(async (pattern) => (await vscode.workspace.findFiles(pattern, EXCLUDE, 1)).length > 0);
  return (await Promise.allSettled(found)).some((search) => search.status === "fulfilled" && search.value);
}
