import assert from "node:assert/strict";
import { test } from "node:test";
import { escaped, nonce, page } from "../src/picture";

const hostile = `</pre><script>alert(1)</script><img src=x onerror="alert(2)">`;

test("nothing of a file becomes markup", () => {
  const html = page([{ title: hostile, text: hostile }], "n");
  assert.ok(!html.includes("<script"));
  assert.ok(!html.includes("<img"));
  assert.equal(html.split("&lt;script&gt;").length - 1, 3);
});

test("an SVG is the source of an image, and nothing else", () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`;
  const html = page([{ title: "a", svg, text: "the table" }], "n");
  assert.ok(!html.includes("<svg"));
  const data = /src="data:image\/svg\+xml;base64,([A-Za-z0-9+/=]+)"/.exec(html)?.[1] ?? "";
  assert.equal(Buffer.from(data, "base64").toString("utf8"), svg);
  assert.match(html, /alt="the table"/);
});

test("the policy allows no script, no connection and no style but ours", () => {
  const html = page([{ title: "a", text: "b" }], "abc");
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
  assert.equal(policy, "default-src 'none'; img-src data:; style-src 'nonce-abc'");
  assert.match(html, /<style nonce="abc">/);
  assert.ok(!/ style=/.test(html));
});

test("a nonce is unlike the last, and safe inside a policy", () => {
  let byte = 0;
  const first = nonce((size) => new Uint8Array(size).fill(byte++));
  const second = nonce((size) => new Uint8Array(size).fill(byte++));
  assert.notEqual(first, second);
  assert.match(first, /^[A-Za-z0-9_-]{22}$/);
});

test("every character with a meaning is escaped", () => {
  assert.equal(escaped(`<a href="x">'&'</a>`), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
});
