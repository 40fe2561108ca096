// Opens pictures and pages in Chromium and prints, as JSON, everything that is wrong with how they look and behave.
// Arguments: the folder of playwright-core, the browser, a folder for screenshots, a file with the cases.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , playwright, executablePath, shots, cases] = process.argv;
const { chromium } = (await import(pathToFileURL(join(playwright, "index.js")))).default;
const flags =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const browser = await chromium.launch({ executablePath, args: flags.split(" ") });
const problems = [];

// Runs inside the page: texts over texts, texts beyond the edge, texts that can hardly be read.
function look() {
  const found = [];
  const visible = (node) => {
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    return box.width > 1 && box.height > 1 && style.visibility !== "hidden" && style.display !== "none";
  };
  const channels = (text) => {
    const numbers = (text.match(/[\d.]+/g) ?? []).map(Number);
    return numbers.length < 3 ? undefined : [...numbers.slice(0, 3), numbers[3] ?? 1];
  };
  const over = (top, below) => [...[0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])), 1];
  const luminance = (colour) => {
    const [r, g, b] = colour.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  const ground = (node) => {
    const above = [];
    for (let at = node; at instanceof Element; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour && colour[3] > 0) above.push(colour);
    }
    return above.reduceRight((below, colour) => over(colour, below), [255, 255, 255, 1]);
  };
  const check = (node, colour, below, what) => {
    const ratio = contrast(over(colour, below), below);
    if (ratio < 4.5) found.push(`${what} has a contrast of ${ratio.toFixed(2)}: ${node.textContent.trim().slice(0, 60)}`);
  };

  for (const picture of document.querySelectorAll("svg.hoplint")) {
    if (!visible(picture)) continue;
    const texts = [...picture.querySelectorAll("text")].filter(visible);
    const shapes = [...picture.querySelectorAll("rect, circle, path, text")].filter((node) => !node.closest("defs"));
    const edge = picture.getBoundingClientRect();
    const scale = edge.width / picture.viewBox.baseVal.width;
    const boxes = texts.map((text) => text.getBoundingClientRect());
    texts.forEach((text, i) => {
      const [box, said] = [boxes[i], text.textContent.slice(0, 60)];
      if (box.left < edge.left - 1 || box.right > edge.right + 1 || box.bottom > edge.bottom + 1) {
        found.push(`a text reaches beyond the edge: ${said}`);
      }
      for (let j = i + 1; j < texts.length; j++) {
        const wide = Math.min(box.right, boxes[j].right) - Math.max(box.left, boxes[j].left);
        const high = Math.min(box.bottom, boxes[j].bottom) - Math.max(box.top, boxes[j].top);
        if (wide > scale && high > 2 * scale) found.push(`a text over a text: ${said} / ${texts[j].textContent.slice(0, 60)}`);
      }
      // What is painted below the middle of the text.
      const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
      let below = ground(picture);
      for (const shape of shapes.slice(0, shapes.indexOf(text))) {
        const style = getComputedStyle(shape);
        const at = shape.getBoundingClientRect();
        const inside = at.left <= x && x <= at.right && at.top <= y && y <= at.bottom;
        const fill = channels(style.fill);
        if (shape.tagName === "text" || !inside || !fill || style.fill.startsWith("url") || !visible(shape)) continue;
        fill[3] *= Number(style.fillOpacity);
        below = over(fill, below);
      }
      for (const piece of [text, ...text.querySelectorAll("tspan")]) {
        check(piece, channels(getComputedStyle(piece).fill), below, "a text of the picture");
      }
    });
  }

  const walker = document.createTreeWalker(document.body ?? document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node || node.closest("svg, script, style, .hidden, .skip") || !visible(node)) continue;
    check(node, channels(getComputedStyle(node).color), ground(node), "a text of the page");
  }
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth + 1 && !root.matches("svg")) found.push(`the page is ${root.scrollWidth} px wide in ${innerWidth}`);
  return found;
}

async function open(file, options, work) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const name = `${file.split("/").pop()} ${options.colorScheme} ${options.viewport.width}`;
  const wrong = (what) => problems.push(`${name}: ${what}`);
  const url = pathToFileURL(file).href;
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong(`error: ${error.message}`));
  page.on("dialog", (dialog) => { wrong(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => request.url().split("#")[0] === url || wrong(`request: ${request.url()}`));
  await page.goto(url);
  await work(page, wrong);
  await context.close();
}

async function said(page, wrong, wanted) {
  const text = await page.locator(".said").first().textContent();
  if (!new RegExp(wanted).test(text)) wrong(`it says "${text}" and not ${wanted}`);
}

// The slider by keyboard, the direct input, the other kinds of answers.
async function tried(page, wrong, steps) {
  for (const [keys, wanted, marked] of steps) {
    if (keys.startsWith("type ")) await page.locator(".try input[type=text]").first().fill(keys.slice(5));
    else if (keys.startsWith("choose ")) await page.locator(".try input[type=radio]").nth(Number(keys.slice(7))).press("Space");
    else await page.locator(".try input[type=range]").first().press(keys);
    await said(page, wrong, wanted);
    const hops = await page.locator(".chain").first().locator("svg .hop.fires").evaluateAll((all) => all.map((hop) => hop.dataset.hop));
    const others = hops.filter((hop) => Number(hop) !== marked);
    if (marked !== undefined && (others.length > 0 || (marked === null) !== (hops.length === 0))) {
      wrong(`after ${keys} the picture marks ${hops} and not ${marked}`);
    }
  }
  const range = page.locator(".try input[type=range]").first();
  await range.focus();
  await page.keyboard.press("Home");
  const ring = await range.evaluate((node) => getComputedStyle(node).outlineStyle);
  if (ring === "none") wrong("the slider has no focus ring");
  const label = await range.getAttribute("aria-valuetext");
  const places = () => page.locator(".plot.trying .now").evaluateAll((all) => all.map((line) => line.getAttribute("x1")).join());
  const before = await places();
  await page.keyboard.press("PageUp");
  if (before !== "" && before === (await places())) wrong("the line in the picture stays where it is");
  if (!label?.startsWith("0s: ")) wrong(`the slider tells "${label}" to a screen reader`);
}

const { files } = JSON.parse(readFileSync(cases, "utf8"));
async function of_file({ file, steps }) {
  const page_ = file.endsWith(".html");
  for (const colorScheme of ["light", "dark"]) {
    const widths = colorScheme === "light" ? [1280, 360, 320] : [1280, 360];
    for (const width of page_ ? widths : [1280]) {
      await open(file, { colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" }, async (page, wrong) => {
        (await page.evaluate(look)).forEach(wrong);
        const shot = file.split("/").pop().replace(/\.\w+$/, "");
        if (width !== 320) {
          const path = join(shots, `${shot}-${page_ ? "page-" : ""}${colorScheme}-${width}.png`);
          // A picture alone has no page to scroll.
          if (page_) await page.screenshot({ path, fullPage: true });
          else {
            const context = await browser.newContext({ colorScheme, viewport: { width: 980, height: 600 } });
            const sheet = await context.newPage();
            await sheet.setContent(readFileSync(file, "utf8"));
            await sheet.screenshot({ path, fullPage: true });
            await context.close();
          }
        }
        if (steps && (width === 1280) === (colorScheme === "light")) {
          await tried(page, wrong, steps);
          (await page.evaluate(look)).forEach(wrong);
        }
      });
    }
  }
  if (!page_) return;
  await open(file, { colorScheme: "light", viewport: { width: 360, height: 900 }, javaScriptEnabled: false }, async (page, wrong) => {
    if (await page.locator(".try").first().isVisible()) wrong("without scripts there is a slider that does nothing");
    if (steps && !(await page.locator("table.sweep").first().isVisible())) wrong("without scripts nothing tells what happens");
  });
  await open(file, { colorScheme: "light", viewport: { width: 700, height: 900 } }, async (page, wrong) => {
    await page.emulateMedia({ media: "print" });
    (await page.evaluate(look)).forEach(wrong);
    if (await page.locator(".try").first().isVisible()) wrong("a printed page has a slider");
  });
}
await Promise.all(files.map(of_file));
await browser.close();
console.log(JSON.stringify(problems, null, 1));
