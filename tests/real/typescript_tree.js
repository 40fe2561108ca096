// Prints the syntax trees of the TypeScript files named on the command line as one JSON list, read by the compiler.
// First argument: the folder of the package.
const fs = require("fs");
const ts = require(process.argv[2]);

function tree(node) {
  const children = [];
  node.forEachChild((child) => children.push(tree(child)));
  const text = node.text ?? node.rawText;
  return [ts.SyntaxKind[node.kind], text === undefined || node.kind === ts.SyntaxKind.SourceFile ? null : text, children];
}

const read = process.argv.slice(3).map((path) => {
  const file = ts.createSourceFile(path, fs.readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const errors = file.parseDiagnostics.map((d) => ts.flattenDiagnosticMessageText(d.messageText, " "));
  return errors.length > 0 ? { "cannot be read": errors } : tree(file);
});
console.log(JSON.stringify(read));
