// Compares Terraform resources with the schema of their provider, as the bindings made from it hold it.
// Arguments: the folder of TypeScript, the folder of the bindings, and a file with a JSON list of [kind, block].
// Prints what is wrong, one line each.
const fs = require("fs");
const ts = require(process.argv[2]);

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const isBlock = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// Terraform makes a string of a number by itself.
const fits = (value, type) =>
  !["number", "string", "boolean"].includes(type) || typeof value === type || (type === "string" && typeof value === "number");

// Interfaces by name: for each member its type and whether it must be there.
function interfaces(path) {
  const file = ts.createSourceFile(path, fs.readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const found = {};
  for (const node of file.statements.filter(ts.isInterfaceDeclaration)) {
    const members = node.members.map((m) => [m.name.text, { type: m.type.getText(), required: !m.questionToken }]);
    found[node.name.text] = Object.fromEntries(members);
  }
  return found;
}

function compare(block, name, types, where, problems) {
  const members = types[name];
  for (const [key, value] of Object.entries(block)) {
    const member = members[camel(key)];
    if (member === undefined) problems.push(`${where}: no attribute ${key}`);
    else compareValue(value, member.type, types, `${where}.${key}`, problems);
  }
  for (const [key, member] of Object.entries(members)) {
    const there = Object.keys(block).some((own) => camel(own) === key);
    if (member.required && !there) problems.push(`${where}: ${key} is required`);
  }
}

function compareValue(value, type, types, where, problems) {
  const expression = typeof value === "string" && value.startsWith("${");
  const plain = type.split(" | ").filter((part) => part !== "cdktf.IResolvable");
  const inner = plain.find((part) => types[part.replace("[]", "")])?.replace("[]", "");
  if (inner) {
    const blocks = Array.isArray(value) ? value : [value];
    if (!plain[0].endsWith("[]") && blocks.length > 1) problems.push(`${where}: one block only`);
    for (const block of blocks) {
      if (isBlock(block)) compare(block, inner, types, where, problems);
      else problems.push(`${where}: a block, not ${JSON.stringify(block)}`);
    }
  } else if (!expression && !fits(value, plain[0])) {
    problems.push(`${where}: ${plain[0]}, not ${JSON.stringify(value)}`);
  }
}

const problems = [];
for (const [kind, block] of JSON.parse(fs.readFileSync(process.argv[4], "utf8"))) {
  const [provider, ...rest] = kind.split("_");
  const types = interfaces(`${process.argv[3]}/provider-${provider}/${rest.join("-")}/index.d.ts`);
  const config = Object.keys(types).find((name) => name.toLowerCase() === `${rest.join("")}config`);
  compare(block, config, types, kind, problems);
}
console.log(problems.join("\n"));
