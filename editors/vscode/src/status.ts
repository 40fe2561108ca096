// The status bar item: whether hoplint runs, and what it finds in all files that it was asked about.

import * as vscode from "vscode";
import { type Counts, NONE, type State, shown } from "./words";

const COLOURS = {
  none: undefined,
  warning: new vscode.ThemeColor("statusBarItem.warningBackground"),
  error: new vscode.ThemeColor("statusBarItem.errorBackground"),
};

export class Status implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("hoplint.status", vscode.StatusBarAlignment.Right, 90);
  readonly #watch: vscode.Disposable;
  #state: State = { kind: "idle" };

  constructor() {
    this.#item.name = "hoplint";
    this.#item.command = "hoplint.menu";
    this.#watch = vscode.languages.onDidChangeDiagnostics(() => this.#count());
    this.set(this.#state);
    this.#item.show();
  }

  set(state: State): void {
    this.#state = state;
    const { text, tooltip, alarm } = shown(state);
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: tooltip };
    this.#item.backgroundColor = COLOURS[alarm];
  }

  running(version: string): void {
    this.set({ kind: "running", version, counts: counts() });
  }

  get state(): State {
    return this.#state;
  }

  #count(): void {
    if (this.#state.kind === "running") {
      this.set({ ...this.#state, counts: counts() });
    }
  }

  dispose(): void {
    this.#watch.dispose();
    this.#item.dispose();
  }
}

function counts(): Counts {
  const all = vscode.languages.getDiagnostics().flatMap(([, found]) => found);
  return all
    .filter((diagnostic) => diagnostic.source === "hoplint")
    .reduce((sum, { severity }) => {
      switch (severity) {
        case vscode.DiagnosticSeverity.Error:
          return { ...sum, errors: sum.errors + 1 };
        case vscode.DiagnosticSeverity.Warning:
          return { ...sum, warnings: sum.warnings + 1 };
        default:
          return { ...sum, notes: sum.notes + 1 };
      }
    }, NONE);
}
