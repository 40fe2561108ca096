// Calls through generated modules of the Node SDKs: a line of JSON for each job in, a line for each outcome out.
// A job has `id`, `sdk`, `module`, `url`, `streams` and, for plain fetch, `limits`. All jobs run beside each other. One
// that `prepares` only loads the module.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Agent, fetch as undiciFetch } from "undici";
import ts from "typescript";
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";
import { generateText, streamText } from "ai";
import { createOpenAI } from "@ai-sdk/openai";

const messages = [{ role: "user", content: "hi" }];
const now = () => (performance.timeOrigin + performance.now()) / 1000;

const sdks = {
  openai: {
    client: (hop, url) => hop.createClient({ apiKey: "none", baseURL: `${url}/v1` }),
    send: (client, attempt, stream) => client.chat.completions.create({ model: "m", messages, stream }, attempt),
  },
  anthropic: {
    client: (hop, url) => hop.createClient({ apiKey: "none", baseURL: url }),
    send: (client, attempt, stream) => client.messages.create({ model: "m", max_tokens: 9, messages, stream }, attempt),
  },
  vercel: {
    client: (hop, url) => createOpenAI({ apiKey: "none", baseURL: `${url}/v1`, ...(hop.fetch ? { fetch: hop.fetch } : {}) }).chat("m"),
    send: (model, attempt, stream, hop) =>
      (stream ? streamText : generateText)({ model, prompt: "hi", onError: () => {}, ...(attempt ?? hop.settings ?? {}) }),
  },
};

const loaded = new Map();

/** The module of a chain, once. */
function load(path) {
  if (!loaded.has(path)) loaded.set(path, compiled(path));
  return loaded.get(path);
}

async function compiled(path) {
  const out = path.replace(/\.ts$/, ".mjs");
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  writeFileSync(out, ts.transpileModule(readFileSync(path, "utf8"), { compilerOptions: options }).outputText);
  return import(out);
}

async function viaFetch(job, said) {
  const { headers, body, connect, signal } = job.limits;
  const dispatcher = new Agent({ headersTimeout: headers, bodyTimeout: body, connect: { timeout: connect } });
  said.clicked = now();
  const response = await undiciFetch(`${job.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ stream: job.streams }),
    dispatcher,
    signal: signal ? AbortSignal.timeout(signal) : undefined,
  });
  for await (const _ of response.body) said.first ??= now();
  said.status = response.status;
}

async function viaSdk(job, said) {
  const sdk = sdks[job.sdk];
  const hop = await load(job.module);
  const client = sdk.client(hop, job.url);
  said.clicked = now();
  const send = (attempt) => sdk.send(client, attempt, job.streams, hop);
  if (job.streams) {
    const answer = hop.stream ? hop.stream(send) : await send();
    // The answer of Vercel's SDK is an object with streams in it.
    for await (const part of answer.fullStream ?? answer) {
      if (part?.type === "error") throw part.error;
      if (part?.type === "abort") throw Object.assign(new Error("aborted"), { name: "TimeoutError" });
      said.first ??= now();
    }
  } else {
    await (hop.call ? hop.call(send) : send());
  }
  said.status = 200;
}

async function run(job) {
  const said = { id: job.id, error: null, status: null, text: "", first: null };
  try {
    if (job.prepares) await (job.sdk === "fetch" || load(job.module));
    else await (job.sdk === "fetch" ? viaFetch(job, said) : viaSdk(job, said));
  } catch (raised) {
    // The classes of two SDKs leave `name` as it is; in the others it says more than the class.
    const plain = raised.name === "Error" || raised.name === "TypeError";
    said.error = plain ? raised.constructor.name : raised.name;
    said.status = raised.status ?? raised.statusCode ?? raised.lastError?.statusCode ?? null;
    said.text = `${raised.message} ${raised.cause?.message ?? ""} ${raised.cause?.code ?? ""}`;
  }
  said.ended = now();
  said.clicked ??= said.ended;
  console.log(JSON.stringify(said));
}

process.on("unhandledRejection", () => {});
console.log(JSON.stringify({ ready: true, openai: OpenAI.name, anthropic: Anthropic.name }));
for await (const line of createInterface({ input: process.stdin })) run(JSON.parse(line));
process.exit(0);
