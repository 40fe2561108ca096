// The panel that shows the chain of a file, drawn anew when the file changes.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type Picture, nonce, page } from "./picture";
import type { Server } from "./server";
import { asked, drawings, place } from "./show";

interface Shown {
  readonly chain: string;
  readonly svg?: string | null;
  readonly markdown?: string | null;
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
    const shown = await asked<Shown | null>(this.#server.client, "hoplint/show", place(file));
    if (typeof shown?.svg === "string") {
      return { pictures: [{ title: shown.chain, svg: shown.svg, text: shown.markdown ?? "" }], live: true };
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
