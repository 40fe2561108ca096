import assert from "node:assert/strict";
import { test } from "node:test";
import { NONE, counted, inBox, shown, termAt } from "../src/words";

test("the status bar counts errors and warnings, the tooltip notes too", () => {
  const running = (errors: number, warnings: number, notes: number) =>
    shown({ kind: "running", version: "0.1.0", counts: { errors, warnings, notes } });
  assert.equal(running(2, 1, 0).text, "$(clock) hoplint $(error) 2 $(warning) 1");
  assert.equal(running(0, 0, 3).text, "$(clock) hoplint");
  assert.equal(running(2, 1, 1).tooltip, "hoplint 0.1.0: 2 errors, 1 warning, 1 note");
  assert.equal(running(0, 0, 0).tooltip, "hoplint 0.1.0: no findings");
  assert.equal(running(0, 5, 0).alarm, "none");
  assert.equal(running(1, 0, 0).alarm, "warning");
  assert.equal(counted(NONE), "no findings");
});

test("a server that stopped says why", () => {
  const { alarm, tooltip } = shown({ kind: "stopped", why: "no program" });
  assert.equal(alarm, "error");
  assert.equal(tooltip, "no program");
});

test("the word under the cursor", () => {
  const line = "    timeouts: {proxy_read_timeout: 90s} # hoplint: ignore[order-inverted] x";
  assert.equal(termAt(line, line.indexOf("read")), "proxy_read_timeout");
  assert.equal(termAt(line, line.indexOf("inverted")), "order-inverted");
  assert.equal(termAt(line, 0), "");
  assert.equal(termAt("nginx.proxy_read_timeout.", 24), "nginx.proxy_read_timeout");
});

test("a page in a box has small headings, and its code is as it was", () => {
  const code = "```yaml\n# a comment\n## another\n```";
  assert.equal(inBox(`# read\n\ntext # 1\n\n${code}\n\n## Timers\n`), `#### read\n\ntext # 1\n\n${code}\n\n#### Timers\n`);
  assert.equal(inBox(inBox("# a")), "#### a");
});
