import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path: string): string => readFileSync(path, "utf8");
const manifest = JSON.parse(read("package.json"));
const contributes = manifest.contributes;

test("the extension has the version of the program", () => {
  const version = /^version = "(.*)"$/m.exec(read("../../Cargo.toml"))?.[1];
  assert.equal(manifest.version, version);
});

test("the lock file names no host that packages come from", () => {
  const lock = JSON.parse(read("package-lock.json"));
  for (const [name, entry] of Object.entries<Record<string, unknown>>(lock.packages)) {
    assert.equal(entry["resolved"], undefined, name);
  }
  assert.ok(read(".npmrc").includes("omit-lockfile-registry-resolved=true"));
  assert.ok(!/regis[t]ry\./.test(read("package-lock.json")));
});

test("every command of the palette is registered, and every registered one is in the palette", () => {
  const registered = [...read("src/commands.ts").matchAll(/^ {4}"(hoplint\.\w+)":/gm)].map((match) => match[1]);
  const offered = contributes.commands.map((entry: { command: string }) => entry.command);
  assert.deepEqual(offered.sort(), registered.sort());
  const used = [...JSON.stringify(contributes).matchAll(/command:(hoplint\.\w+)/g)].map((match) => match[1]);
  for (const command of used) {
    assert.ok(offered.includes(command), command);
  }
});

test("every setting is described, and stands in the README", () => {
  const readme = read("README.md");
  for (const [name, setting] of Object.entries<Record<string, unknown>>(contributes.configuration.properties)) {
    assert.ok(setting["markdownDescription"], name);
    assert.notEqual(setting["default"], undefined, name);
    assert.ok(readme.includes(`\`${name}\``) || readme.includes(`\`.${name.split(".").at(-1)}\``), name);
  }
});

test("whatever the manifest names is there", () => {
  const media = contributes.walkthroughs.flatMap((walk: { steps: { media: { markdown: string } }[] }) =>
    walk.steps.map((step) => step.media.markdown),
  );
  for (const path of [manifest.icon, ...media]) {
    assert.ok(existsSync(path), path);
  }
  for (const { url } of [...contributes.yamlValidation, ...contributes.jsonValidation]) {
    assert.ok(existsSync(`../../${url}`), url);
  }
});
