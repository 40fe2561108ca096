// What VS Code calls: wires the parts together, decides nothing.

import * as vscode from "vscode";
import { register } from "./commands";
import { Pictures } from "./pictures";
import { Reports } from "./reports";
import { Server } from "./server";
import { Status } from "./status";

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("hoplint", { log: true });
  const status = new Status();
  const server = new Server(context, output, status);
  const reports = new Reports();
  const pictures = new Pictures(server);
  const look = (): void => void server.startWhenNeeded();
  const created = vscode.workspace.createFileSystemWatcher("**/{hoplint.toml,*.chain.*}", false, true, true);
  context.subscriptions.push(
    output,
    status,
    server,
    reports,
    pictures,
    created,
    ...register(context, server, status, reports, pictures, output),
    created.onDidCreate(look),
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidChangeWorkspaceFolders(look),
    vscode.workspace.onDidGrantWorkspaceTrust(look),
    vscode.workspace.onDidChangeConfiguration((change) => {
      const affects = (...names: string[]): boolean => names.some((name) => change.affectsConfiguration(`hoplint.${name}`));
      if (affects("enable") && !vscode.workspace.getConfiguration("hoplint").get<boolean>("enable", true)) {
        void server.stop();
      } else if (affects("enable")) {
        look();
      } else if (affects("path", "deployed")) {
        void server.restart();
      }
    }),
  );
  await server.startWhenNeeded();
}

export function deactivate(): void {
  // What was registered is disposed of by VS Code, the server with it.
}
