import assert from "node:assert/strict";
import { test } from "node:test";
import { type Places, candidates, find, missing, version } from "../src/binary";

const places: Places = {
  setting: "",
  path: "/usr/local/bin::/usr/bin",
  extension: "/ext",
  folders: ["/code/api", "/code/web"],
  home: "/home/ann",
  windows: false,
};
const paths = (changed: Partial<Places>): string[] => candidates({ ...places, ...changed }).map((candidate) => candidate.path);

test("PATH comes first, then what is bundled, then what the workspace built", () => {
  assert.deepEqual(candidates(places).map((candidate) => `${candidate.origin} ${candidate.path}`), [
    "PATH /usr/local/bin/hoplint",
    "PATH /usr/bin/hoplint",
    "bundled /ext/bin/hoplint",
    "workspace /code/api/target/release/hoplint",
    "workspace /code/api/target/debug/hoplint",
    "workspace /code/web/target/release/hoplint",
    "workspace /code/web/target/debug/hoplint",
  ]);
});

test("a workspace that is not trusted runs nothing of its own", () => {
  assert.ok(candidates({ ...places, folders: [] }).every((candidate) => candidate.origin !== "workspace"));
  assert.deepEqual(paths({ folders: [], setting: "tools/hoplint" }), []);
});

test("who names a program gets that one or none", () => {
  assert.deepEqual(paths({ setting: "/opt/hoplint" }), ["/opt/hoplint"]);
  assert.deepEqual(paths({ setting: "~/bin/hoplint" }), ["/home/ann/bin/hoplint"]);
  assert.deepEqual(paths({ setting: "./tools/hoplint" }), ["/code/api/tools/hoplint", "/code/web/tools/hoplint"]);
  assert.deepEqual(paths({ setting: "${workspaceFolder}/x" }), ["/code/api/x", "/code/web/x"]);
  assert.deepEqual(paths({ setting: "hoplint-next" }), ["/usr/local/bin/hoplint-next", "/usr/bin/hoplint-next"]);
});

test("a folder with dollars in its name stays as it is", () => {
  assert.deepEqual(paths({ setting: "${workspaceFolder}/x", folders: ["/w/$&"] }), ["/w/$&/x"]);
  assert.deepEqual(paths({ setting: "~/x", home: "/home/$1" }), ["/home/$1/x"]);
});

test("Windows", () => {
  const windows = { windows: true, path: "C:\\bin;D:\\tools", extension: "C:\\ext", folders: ["C:\\w"] };
  assert.deepEqual(paths(windows), [
    "C:\\bin\\hoplint.exe",
    "D:\\tools\\hoplint.exe",
    "C:\\ext\\bin\\hoplint.exe",
    "C:\\w\\target\\release\\hoplint.exe",
    "C:\\w\\target\\debug\\hoplint.exe",
  ]);
  assert.deepEqual(paths({ ...windows, setting: "C:\\x\\hoplint.exe" }), ["C:\\x\\hoplint.exe"]);
});

test("the first that runs is taken", async () => {
  const found = await find(candidates(places), async (path) => path.startsWith("/ext") || path.includes("web"));
  assert.deepEqual(found, { path: "/ext/bin/hoplint", origin: "bundled" });
  assert.equal(await find(candidates(places), async () => false), undefined);
});

test("who has no program is told where one was looked for", () => {
  assert.match(missing(""), /PATH.*cargo install.*hoplint\.path/s);
  assert.match(missing("/opt/x"), /`\/opt\/x`/);
});

test("the version is read, and another program is not taken for hoplint", () => {
  assert.equal(version("hoplint 0.1.0\n"), "0.1.0");
  assert.equal(version("hoplint 1.2.3-rc.1 (abc)\n"), "1.2.3-rc.1");
  assert.equal(version("eslint 0.1.0"), undefined);
  assert.equal(version(""), undefined);
});
