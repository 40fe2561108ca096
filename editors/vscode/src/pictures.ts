// The panel that shows the chain of a file, drawn anew when the file changes.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type Picture, nonce, page } from "./picture";
import type { Server } from "./server";
import { asked, drawings } from "./show";

/** The answer to `hoplint/show`. */
interface Shown {
  readonly chains: readonly { readonly chain: string; readonly svg: string }[];
  readonly table: string;
}

type Drawn = { readonly pictures: readonly Picture[]; readonly live: boolean } | { readonly why: string };

export class Pictures implements vscode.Disposable {
  readonly #server: Server;
  readonly #watch: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #file: vscode.Uri | undefined;
  /** The server draws what stands in the editor; the command line what is saved. */
  #live = false;
  #soon: NodeJS.Timeout | undefined;

  constructor(server: Server) {
    this.#server = server;
    this.#watch = vscode.Disposable.from(
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        if (this.#live && uris.some((uri) => this.#shows(uri))) {
          this.#redrawSoon();
        }
      }),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => this.#shows(uri) && this.#redrawSoon()),
    );
  }

  async show(file: vscode.Uri): Promise<void> {
    const drawn = await this.#draw(file);
    if ("why" in drawn) {
      await vscode.window.showErrorMessage(drawn.why);
      return;
    }
    this.#file = file;
    this.#live = drawn.live;
    if (this.#panel === undefined) {
      this.#panel = vscode.window.createWebviewPanel("hoplint.chain", "", vscode.ViewColumn.Beside, {
        enableScripts: false,
        enableCommandUris: false,
        enableForms: false,
        localResourceRoots: [],
      });
      this.#panel.onDidDispose(() => (this.#panel = this.#file = undefined));
    } else {
      this.#panel.reveal(undefined, true);
    }
    this.#panel.title = `Chain: ${vscode.workspace.asRelativePath(file)}`;
    this.#panel.webview.html = page(drawn.pictures, nonce(randomBytes));
  }

  async #draw(file: vscode.Uri): Promise<Drawn> {
    const shown = await asked<Shown | null>(this.#server.client, "hoplint/show", { textDocument: { uri: file.toString() } });
    if (shown && shown.chains.length > 0) {
      const pictures = shown.chains.map(({ chain, svg }) => ({ title: chain, svg, text: shown.table }));
      return { pictures, live: true };
    }
    const program = await this.#server.program();
    const drawn = program && (await drawings(program.path, file.fsPath));
    if (drawn === undefined) {
      return { why: "There is no hoplint to draw the chain." };
    }
    return "why" in drawn ? drawn : { pictures: drawn.drawn, live: false };
  }

  #shows(uri: vscode.Uri): boolean {
    return this.#panel !== undefined && this.#file?.toString() === uri.toString();
  }

  #redrawSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.#redraw(), 250);
  }

  async #redraw(): Promise<void> {
    const file = this.#file;
    const drawn = file && (await this.#draw(file));
    // A chain that is being typed may not be drawable for a moment; the last picture stays.
    if (drawn && "pictures" in drawn && this.#panel && this.#shows(file)) {
      this.#panel.webview.html = page(drawn.pictures, nonce(randomBytes));
    }
  }

  dispose(): void {
    clearTimeout(this.#soon);
    this.#watch.dispose();
    this.#panel?.dispose();
  }
}
