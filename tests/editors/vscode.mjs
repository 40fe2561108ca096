// The extension in a real VS Code: code-server, and Chromium as the screen.
//   node vscode.mjs VSIX HOPLINT SCREENSHOTS
// A person opens a chain, sees the squiggle, hovers, takes the quick fix; the same in a deployed nginx.conf that the chain is
// bound to. Each step is asserted on what stands on the screen or, after a fix, in the file.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const [vsix, hoplint, screenshots] = process.argv.slice(2);
const root = new URL("../../", import.meta.url).pathname;
const require = createRequire(join(root, ".cache/code-server/package.json"));
const { chromium } = require("playwright-core");
const entry = join(root, ".cache/code-server/node_modules/code-server/out/node/entry.js");

const CHAIN = `version: 1
order: inward
workload: reasoning

hops:
  - name: app
    platform: openai-python
    timeout: 130s
    retries: {attempts: 1}
  - name: proxy
    platform: nginx
    with: {version: "1.27.4"}
    from: infra/nginx.conf#location /v1/
  - name: provider
    platform: openai
    timeout: 600s
`;
const NGINX = `events {}

http {
    server {
        listen 80;

        location /v1/ {
            proxy_http_version 1.1;
            proxy_read_timeout 75s;
            proxy_pass http://127.0.0.1:4000;
        }
    }
}
`;
const PLAIN = `{
  "version": 1,
  "hops": [
    {
      "platform": "openai-python",
      "timeout": "130s",
      "retrys": 2
    },
    {
      "platform": "nginx",
      "timeouts": {
        "proxy_read_timeout": "140s"
      }
    },
    {"platform": "openai"}
  ]
}
`;
const SHORT = CHAIN.replace("from: infra/nginx.conf#location /v1/", "timeouts: {proxy_read_timeout: 75s}");
const BROKEN = readFileSync(join(root, "examples/chat.chain.yaml"), "utf8");

const began = Date.now();
const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
const step = (what) => console.log(`${seconds().padStart(7)}  ${what}`);

/** Only programs that this test started are ended, each by its own id. */
const ending = [];
async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-child.pid, "SIGTERM");
    const late = setTimeout(() => process.kill(-child.pid, "SIGKILL"), 5000);
    await gone;
    clearTimeout(late);
  }
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

async function codeServer(base, workspace) {
  const [config, data, extensions] = ["config.yaml", "data", "extensions"].map((name) => join(base, name));
  writeFileSync(config, "auth: none\n");
  mkdirSync(join(data, "User"), { recursive: true });
  mkdirSync(join(data, "Machine"), { recursive: true });
  const settings = {
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Light Modern",
    "workbench.tips.enabled": false,
    "window.commandCenter": false,
    "telemetry.telemetryLevel": "off",
    "extensions.autoCheckUpdates": false,
    "editor.minimap.enabled": false,
    "editor.hover.delay": 100,
    "files.autoSave": "off",
    "git.enabled": false,
    "chat.commandCenter.enabled": false,
  };
  writeFileSync(join(data, "User/settings.json"), JSON.stringify(settings));
  // Where a program is, each machine says for itself.
  const machine = { "hoplint.path": hoplint, "hoplint.trace.server": "messages" };
  writeFileSync(join(data, "Machine/settings.json"), JSON.stringify(machine));
  const common = ["--config", config, "--user-data-dir", data, "--extensions-dir", extensions];
  const home = { ...process.env, HOME: base, XDG_CONFIG_HOME: join(base, "config"), XDG_DATA_HOME: join(base, "share") };
  const installed = spawnSync(process.execPath, [entry, ...common, "--install-extension", vsix], { encoding: "utf8", env: home });
  assert.equal(installed.status, 0, installed.stdout + installed.stderr);
  assert.match(installed.stdout, /was successfully installed/);
  step("the extension is installed");
  const port = await freePort();
  const flags = ["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"];
  const child = spawn(process.execPath, [entry, ...common, ...flags, workspace], {
    env: home,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  ending.push(() => ended(child));
  await new Promise((resolve, reject) => {
    let said = "";
    const look = (piece) => {
      said += piece;
      if (said.includes("HTTP server listening")) {
        resolve();
      }
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.once("exit", (code) => reject(new Error(`code-server ended with ${code}: ${said}`)));
  });
  return {
    address: `http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`,
    pid: child.pid,
    settings: machine,
  };
}

async function browser() {
  const started = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
  });
  ending.push(() => started.close());
  return started;
}

class Screen {
  constructor(page) {
    this.page = page;
    this.shots = 0;
  }

  async shot(name) {
    await this.page.screenshot({ path: join(screenshots, `${String(++this.shots).padStart(2, "0")}-${name}.png`) });
  }

  /** Opens a file of the explorer by its name, folders first. */
  async open(...names) {
    for (const name of names) {
      const row = this.page.locator(`.explorer-folders-view .monaco-list-row[aria-label^="${name}"]`).first();
      await row.waitFor();
      const folder = (await row.getAttribute("aria-expanded")) !== null;
      if (!folder) {
        await row.dblclick();
      } else if ((await row.getAttribute("aria-expanded")) === "false") {
        await row.click();
      }
    }
    await this.page.locator(`.tab.active[data-resource-name="${names.at(-1)}"]`).first().waitFor();
  }

  /** Closes every editor. The click takes the keys back from a panel that has them. */
  async clear() {
    await this.page.locator(".explorer-folders-view").click();
    await this.page.keyboard.press("Control+K");
    await this.page.keyboard.press("Control+W");
    await this.page.locator(".editor-instance, iframe.webview").first().waitFor({ state: "detached" });
  }

  async command(title) {
    const row = this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first();
    // A palette that was opened too early does not learn of commands that come later.
    for (let tries = 0; tries < 5; tries++) {
      await this.page.keyboard.press("F1");
      await this.page.locator(".quick-input-widget .quick-input-box input").first().fill(`>${title}`);
      const there = await row.waitFor({ timeout: 4_000 }).then(() => true, () => false);
      if (there) {
        return row.click();
      }
      await this.page.keyboard.press("Escape");
    }
    throw new Error(`the palette has no ${title}`);
  }

  /** The line of the editor that holds a text. */
  line(text) {
    return this.page.locator(".editor-instance .view-line").filter({ hasText: text }).first();
  }

  /** Where a text stands on the screen. */
  async place(line, text) {
    return this.line(line).evaluate((element, wanted) => {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      let all = "";
      const nodes = [];
      while (walker.nextNode()) {
        nodes.push([all.length, walker.currentNode]);
        all += walker.currentNode.data.replaceAll("\u00a0", " ");
      }
      const at = all.indexOf(wanted);
      const [from, node] = nodes.filter(([from]) => from <= at).at(-1);
      const range = document.createRange();
      range.setStart(node, at - from);
      range.setEnd(node, Math.min(node.data.length, at - from + wanted.length));
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2, top: y, bottom: y + height, left: x, right: x + width };
    }, text);
  }

  /** Waits until a squiggle of a kind lies under a text. */
  async squiggle(line, text, kind = "error") {
    let seen = {};
    for (let tries = 0; tries < 60; tries++) {
      const place = await this.place(line, text);
      const all = await this.page.locator(`.squiggly-${kind}`).evaluateAll((found) => found.map((one) => one.getBoundingClientRect().toJSON()));
      if (all.some((box) => box.left < place.right && box.right > place.left && box.top < place.bottom && box.bottom > place.top)) {
        return;
      }
      seen = { place, all };
      await this.page.waitForTimeout(250);
    }
    throw new Error(`no squiggle under ${text}: ${JSON.stringify(seen)}`);
  }

  /** What the editor shows over a text. Hints that come late move the text, so the mouse tries again. */
  async hover(line, text) {
    const shown = this.page.locator(".monaco-hover:not(.hidden)").first();
    for (let tries = 0; tries < 4; tries++) {
      await this.unhover();
      const { x, y } = await this.place(line, text);
      await this.page.mouse.move(x - 1, y);
      await this.page.mouse.move(x, y, { steps: 4 });
      const there = await shown.locator(".hover-contents").first().waitFor({ timeout: 5_000 }).then(() => true, () => false);
      if (there) {
        // Several sources answer, one after the other.
        await this.page.waitForTimeout(500);
        return (await shown.innerText()).replaceAll("\u00a0", " ");
      }
    }
    throw new Error(`nothing is shown over ${text}`);
  }

  async unhover() {
    await this.page.mouse.move(5, 5);
    await this.page.locator(".monaco-hover:not(.hidden)").first().waitFor({ state: "detached" });
  }

  /** Opens the quick fixes at a place: their titles. */
  async fixes(line, text) {
    await this.unhover();
    const rows = this.page.locator(".action-widget .monaco-list-row.action");
    for (let tries = 0; tries < 5 && (await rows.count()) === 0; tries++) {
      const { x, y } = await this.place(line, text);
      await this.page.mouse.click(x, y);
      await this.page.keyboard.press("Control+.");
      await rows.first().waitFor({ timeout: 3_000 }).catch(() => undefined);
    }
    return (await rows.allInnerTexts()).map((title) => title.trim());
  }

  /** Takes one of the fixes that are shown, by the keys. */
  async take(title) {
    const focused = this.page.locator(".action-widget .monaco-list-row.focused");
    for (let tries = 0; tries < 20 && !(await focused.innerText()).includes(title); tries++) {
      await this.page.keyboard.press("ArrowDown");
    }
    assert.ok((await focused.innerText()).includes(title), title);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".action-widget").waitFor({ state: "hidden" });
  }

  /** What the status bar says of hoplint, once it fits. */
  async status(fits) {
    const item = this.page.locator(".statusbar-item[id*='hoplint']").first();
    await item.waitFor({ timeout: 60_000 });
    let said = "";
    for (let tries = 0; tries < 150; tries++) {
      said = (await item.getAttribute("aria-label")) ?? "";
      if (fits.test(said)) {
        return said;
      }
      await this.page.waitForTimeout(200);
    }
    throw new Error(`the status bar says ${said}, not ${fits}`);
  }

  /** How many findings the problems panel counts, and what it shows of them. */
  async problems() {
    const panel = this.page.locator(".markers-panel").first();
    if (!(await panel.isVisible())) {
      await this.page.keyboard.press("Control+Shift+M");
    }
    await panel.waitFor();
    const count = await this.page.locator(".panel .composite-bar .action-item", { hasText: "Problems" }).locator(".badge-content").innerText();
    const text = await panel.innerText();
    await this.shot("problems");
    await this.page.keyboard.press("Control+Shift+M");
    return { count: Number(count), text: text.replaceAll("\u00a0", " ") };
  }

  /** Writes the settings of the machine that VS Code runs on, as text. */
  async set(settings) {
    await this.command("Preferences: Open Remote Settings (JSON)");
    await this.page.locator('.tab.active[data-resource-name="settings.json"]').first().waitFor();
    await this.line('"hoplint.path"').click();
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.insertText(JSON.stringify(settings));
    await this.save();
  }

  async save() {
    await this.page.keyboard.press("Control+S");
    await this.page.locator(".tab.active:not(.dirty)").first().waitFor();
  }
}

async function scenario(screen, workspace) {
  const { page } = screen;
  const read = (name) => readFileSync(join(workspace, name), "utf8");

  await screen.open("broken.chain.yaml");
  const running = await screen.status(/hoplint \d+\.\d+\.\d+: 4 errors/);
  step(`the status bar says: ${running}`);
  await screen.shot("squiggle");

  await screen.squiggle("integration: 60s", "60s");
  step("a squiggle lies under 60s");
  const told = await screen.hover("integration: 60s", "60s");
  assert.match(told, /timeoutInMillis of edge is set to 60s/);
  assert.match(told, /limit-exceeded/);
  await screen.shot("hover");
  step("the hover tells of the limit");

  const problems = await screen.problems();
  assert.equal(problems.count, 4, problems.text);
  assert.match(problems.text, /backend waits 130s for an answer/);
  step("the problems panel lists 4 findings");

  const offered = await screen.fixes("integration: 60s", "60s");
  step(`offered: ${offered.join(" | ")}`);
  const fix = offered.find((title) => /29s/.test(title));
  assert.ok(fix, `no repair among ${offered.join(" | ")}`);
  await screen.shot("quick-fix");
  // docs/img/vscode.png is this one.
  await page.screenshot({ path: join(screenshots, "readme.png"), clip: { x: 323, y: 66, width: 777, height: 484 } });
  await screen.take(fix);
  await screen.line("integration: 29s").waitFor();
  await screen.save();
  assert.equal(read("broken.chain.yaml"), BROKEN.replace("integration: 60s", "integration: 29s"));
  await screen.status(/: [123] errors?/);
  await screen.shot("repaired");
  step("the repair is in the file, and the finding is gone");

  await screen.open("infra", "nginx.conf");
  await screen.squiggle("proxy_read_timeout 75s", "75s");
  const bound = await screen.hover("proxy_read_timeout 75s", "75s");
  assert.match(bound, /proxy/);
  assert.match(bound, /75s/);
  await screen.shot("deployed");
  step("the deployed nginx.conf has its squiggle and hover");

  const repairs = await screen.fixes("proxy_read_timeout 75s", "75s");
  step(`offered: ${repairs.join(" | ")}`);
  const repair = repairs.find((title) => /proxy_read_timeout|\d+s/.test(title));
  assert.ok(repair, repairs.join(" | "));
  await screen.shot("deployed-quick-fix");
  await screen.take(repair);
  await page.locator(".tab.active.dirty").first().waitFor();
  await page.waitForTimeout(500);
  assert.equal(await page.locator(".squiggly-error").count(), 0);
  await screen.save();
  const value = /proxy_read_timeout (\S+);/.exec(read("infra/nginx.conf"))?.[1];
  assert.notEqual(value, "75s");
  assert.equal(read("infra/nginx.conf"), NGINX.replace("75s", value));
  step(`nginx.conf now waits ${value}`);
  await screen.shot("deployed-repaired");
}

/** The picture of the chain in front: its size once it is drawn, and the policy of its page. */
async function picture(screen) {
  const { page } = screen;
  await screen.open("broken.chain.yaml");
  await screen.command("hoplint: Show Chain as Picture");
  const inside = page.frameLocator("iframe.webview").frameLocator("iframe#active-frame");
  const image = inside.locator("img").first();
  await image.waitFor();
  const drawn = await image.evaluate(async (img) => {
    await img.decode();
    const policy = document.querySelector("meta[http-equiv=Content-Security-Policy]")?.content;
    return { width: img.naturalWidth, height: img.naturalHeight, policy, scripts: document.querySelectorAll("body script").length };
  });
  assert.ok(drawn.width > 200 && drawn.height > 100, JSON.stringify(drawn));
  assert.match(drawn.policy, /^default-src 'none'; img-src data:; style-src 'nonce-[\w-]+'$/);
  await screen.shot("picture");
  step(`the chain is drawn, ${drawn.width} by ${drawn.height}`);
}

/** A chain file in JSON, where VS Code itself reads the schema that the extension brings. */
async function schema(screen) {
  await screen.open("plain.chain.json");
  await screen.squiggle('"retrys": 2', '"retrys"', "warning");
  assert.match(await screen.hover('"retrys": 2', '"retrys"'), /Property retrys is not allowed/);
  const key = await screen.hover('"proxy_read_timeout"', "proxy_read");
  assert.match(key, /Silence between two reads.*Default: 60s/s);
  await screen.shot("schema");
  await screen.unhover();
  step("the schema marks and explains a chain in JSON");
}

/** A restart ends in the same findings; a first chain is written for who has none. */
async function commands(screen, workspace) {
  const { page } = screen;
  await screen.open("broken.chain.yaml");
  const before = await screen.status(/: [234] errors/);
  await screen.command("hoplint: Restart");
  await page.waitForTimeout(300);
  assert.equal(await screen.status(/: [234] errors/), before);
  step("restarted, with the same findings");

  await screen.command("hoplint: New Chain File");
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "vercel-ai" }).first().click();
  await page.locator('.tab.active[data-resource-name="llm.chain.yaml"]').waitFor();
  await screen.line("platform: vercel-ai-sdk").waitFor();
  await screen.shot("new-chain");
  await screen.save();
  assert.match(readFileSync(join(workspace, "llm.chain.yaml"), "utf8"), /^ {4}platform: vercel-ai-sdk$/m);
  step("a first chain is written");
}

/** What is typed is completed, what is not written is hinted, and a finding is accepted with the reason that was asked for. */
async function typing(screen, workspace) {
  const { page } = screen;
  await screen.open("broken.chain.yaml");
  await screen.status(/: [234] errors/);
  await screen.squiggle("timeout: 130s", "130s");
  const hints = page.locator(".editor-instance .view-line span[class*='dyn-rule']").filter({ hasText: /\w/ });
  await hints.first().waitFor();
  const hinted = (await hints.allInnerTexts()).map((text) => text.replaceAll("\u00a0", " ").trim());
  step(`hinted: ${hinted.join(" | ")}`);
  assert.ok(hinted.some((text) => /60s|600s|\d+s/.test(text)), hinted.join(" | "));

  const at = await screen.place('version: "1.27.4"', '"1.27.4"}');
  await page.mouse.click(at.right + 2, at.y);
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.type("timeouts: {proxy_re");
  const rows = page.locator(".suggest-widget.visible .monaco-list-row");
  for (let tries = 0; tries < 5 && (await rows.filter({ hasText: "proxy_read_timeout" }).count()) === 0; tries++) {
    await page.keyboard.press("Control+Space");
    await rows.filter({ hasText: "proxy_read_timeout" }).first().waitFor({ timeout: 3_000 }).catch(() => undefined);
  }
  const names = (await rows.allInnerTexts()).map((text) => text.trim().split("\n")[0]);
  step(`completed: ${names.join(" | ")}`);
  assert.ok((await rows.filter({ hasText: "proxy_read_timeout" }).count()) > 0);
  assert.equal(new Set(names).size, names.length);
  await screen.shot("completion");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await screen.command("File: Revert File");
  await page.locator(".tab.active:not(.dirty)").first().waitFor();

  const offered = await screen.fixes("timeout: 130s", "130s");
  const accept = offered.find((title) => title.includes("Accept `order-inverted`"));
  assert.ok(accept, offered.join(" | "));
  await screen.take(accept);
  const input = page.locator(".quick-input-widget .quick-input-box input").first();
  await input.waitFor();
  await screen.shot("reason");
  await input.fill("the gateway moves in May");
  await page.keyboard.press("Enter");
  await screen.line("ignore[order-inverted] the gateway moves in May").waitFor();
  await screen.save();
  const text = readFileSync(join(workspace, "broken.chain.yaml"), "utf8");
  assert.match(text, /# hoplint: ignore\[order-inverted\] the gateway moves in May\n/);
  await screen.shot("accepted");
  step("a finding is accepted with its reason");
}

/** The plan of a chain is shown, and written when the person says so. */
async function planned(screen, workspace) {
  const { page } = screen;
  await screen.open("short.chain.yaml");
  await screen.squiggle("proxy_read_timeout: 75s", "75s");
  await screen.command("hoplint: Plan: Values that Agree");
  await page.locator('.tab.active[data-resource-name="plan of short.chain.yaml.txt"]').first().waitFor();
  await screen.line("1 change to make").waitFor();
  const write = page.locator(".notification-toast .monaco-button").filter({ hasText: "Write it" });
  await write.waitFor();
  await screen.shot("plan");
  await write.click();
  await page.locator('.tab.dirty[data-resource-name="short.chain.yaml"]').first().waitFor();
  await page.locator(".squiggly-error").first().waitFor({ state: "detached" });
  await screen.open("short.chain.yaml");
  await screen.save();
  const value = /proxy_read_timeout: (\d+)s/.exec(readFileSync(join(workspace, "short.chain.yaml"), "utf8"))?.[1];
  assert.ok(Number(value) > 130, value);
  step("a plan is shown and written");
}

/** The server is killed: it comes back, and so do its findings. Then the program is nowhere: the person is told. */
async function trouble(screen, workspace, server) {
  const { page } = screen;
  await screen.open("broken.chain.yaml");
  const before = await screen.status(/: [234] errors/);
  const [pid, ...others] = descendants(server.pid).filter((id) => commandOf(id).includes("hoplint\0lsp"));
  assert.deepEqual(others, []);
  process.kill(pid, "SIGKILL");
  await page.waitForTimeout(1000);
  assert.equal(await screen.status(/: [234] errors/), before);
  assert.equal(descendants(server.pid).filter((id) => commandOf(id).includes("hoplint\0lsp")).length, 1);
  step("a killed server comes back, once");

  await screen.set({ ...server.settings, "hoplint.path": "/nowhere/hoplint" });
  await screen.status(/names `\/nowhere\/hoplint`/);
  await page.locator(".notification-list-item-message").filter({ hasText: "there is no program at that place" }).waitFor();
  await screen.open("broken.chain.yaml");
  await screen.line("timeout: 130s").waitFor();
  assert.equal(await page.locator(".squiggly-error").count(), 0);
  const told = await page.locator(".notification-list-item-message").allInnerTexts();
  assert.ok(!told.some((text) => text.includes("didChangeConfiguration")), told.join("\n"));
  await screen.shot("no-program");
  await screen.set(server.settings);
  assert.equal(await screen.status(/: [234] errors/), before);
  step("a program that is not there is told of, and found again");

  await screen.set({ ...server.settings, "hoplint.enable": false });
  await screen.status(/waits/);
  await screen.open("broken.chain.yaml");
  await screen.line("timeout: 130s").waitFor();
  assert.equal(await page.locator(".squiggly-error").count(), 0);
  await screen.set(server.settings);
  assert.equal(await screen.status(/: [234] errors/), before);
  step("switched off and on");
}

/** The processes below one that this test started. */
function descendants(pid) {
  let children = [];
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

async function explanation(screen) {
  const { page } = screen;
  await screen.command("hoplint: Explain a Rule, Platform or Timer");
  await page.locator(".quick-input-widget .quick-input-box input").first().fill("nginx.proxy_read_timeout");
  await page.keyboard.press("Enter");
  const inside = page.frameLocator("iframe.webview >> nth=-1").frameLocator("iframe#active-frame");
  await inside.getByText("Silence between two reads").first().waitFor();
  await screen.shot("explanation");
  step("a timer is explained");
}

async function main() {
  rmSync(screenshots, { recursive: true, force: true });
  mkdirSync(screenshots, { recursive: true });
  const base = mkdtempSync(join(tmpdir(), "hoplint-vscode-"));
  ending.push(() => rmSync(base, { recursive: true, force: true, maxRetries: 5 }));
  const workspace = join(base, "shop");
  mkdirSync(join(workspace, "infra"), { recursive: true });
  writeFileSync(join(workspace, "broken.chain.yaml"), BROKEN);
  writeFileSync(join(workspace, "plain.chain.json"), PLAIN);
  writeFileSync(join(workspace, "short.chain.yaml"), SHORT);
  writeFileSync(join(workspace, "bound.chain.yaml"), CHAIN);
  writeFileSync(join(workspace, "infra/nginx.conf"), NGINX);

  const server = await codeServer(base, workspace);
  const page = await (await browser()).newPage({ viewport: { width: 1100, height: 720 } });
  page.setDefaultTimeout(30_000);
  await page.goto(server.address);
  await page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
  step("VS Code is on the screen");
  const screen = new Screen(page);
  try {
    for (const part of process.env.PARTS?.split(",") ?? Object.keys(parts)) {
      await screen.clear();
      await parts[part](screen, workspace, server);
    }
  } catch (error) {
    await screen.shot("failed").catch(() => undefined);
    const logs = join(base, "data/logs");
    if (existsSync(logs)) {
      cpSync(logs, join(screenshots, "logs"), { recursive: true });
    }
    throw error;
  }
}

const parts = { scenario, schema, picture, explanation, commands, typing, planned, trouble };

try {
  await main();
  step("done");
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  for (const end of ending.reverse()) {
    await end();
  }
}
