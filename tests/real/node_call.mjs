// Calls a stub server through a generated module and says how it went, as one line of JSON.
// Arguments: SDK, `sdk`, `call` or `stream`, compiled module, base URL. Runs where the packages are found.
import http from "node:http";

const [sdk, how, path, url] = process.argv.slice(2);
const hop = await import(path);

const kinds = {
  openai: async () => {
    const { default: OpenAI } = await import("openai");
    const request = { model: "m", messages: [{ role: "user", content: "hi" }] };
    return {
      client: (baseURL, factory = (options) => new OpenAI(options)) => factory({ apiKey: "none", baseURL: `${baseURL}/v1` }),
      send: (client, attempt, stream) => client.chat.completions.create({ ...request, stream }, attempt),
      collect: (client, attempt) => client.chat.completions.stream(request, attempt).finalChatCompletion(),
    };
  },
  anthropic: async () => {
    const { default: Anthropic } = await import("@anthropic-ai/sdk");
    const request = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] };
    return {
      client: (baseURL, factory = (options) => new Anthropic(options)) => factory({ apiKey: "none", baseURL }),
      send: (client, attempt, stream) => client.messages.create({ ...request, stream }, attempt),
      collect: (client, attempt) => client.messages.stream(request, attempt).finalMessage(),
    };
  },
  vercel: async () => {
    const { generateText, streamText } = await import("ai");
    const { createOpenAI } = await import("@ai-sdk/openai");
    return {
      client: (baseURL, factory) =>
        createOpenAI({ apiKey: "none", baseURL: `${baseURL}/v1`, ...(factory && hop.fetch ? { fetch: hop.fetch } : {}) }).chat("m"),
      send: (model, attempt, stream) =>
        (stream ? streamText : generateText)({ model, prompt: "hi", onError: () => {}, ...(attempt ?? hop.settings ?? {}) }),
    };
  },
};
const { client, send, collect } = await kinds[sdk]();

// The first call of a process pays for its imports; it goes to a server that answers at once.
const answer = JSON.stringify({
  id: "x", type: "message", role: "assistant", content: [], model: "m", object: "chat.completion", created: 1,
  choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, input_tokens: 1, output_tokens: 1 },
});
const warm = http.createServer((request, response) => {
  request.resume();
  request.on("end", () => response.setHeader("content-type", "application/json").end(answer));
});
await new Promise((resolve) => warm.listen(0, "127.0.0.1", resolve));
await send(client(`http://127.0.0.1:${warm.address().port}`, hop.createClient ?? "warm"), sdk === "vercel" ? {} : undefined, false);
warm.close();
warm.closeAllConnections();

const tested = client(url, hop.createClient ?? "tested");
const started = performance.now();
let error = null;
let events = 0;
try {
  if (how === "stream") {
    for await (const _ of hop.stream((attempt) => send(tested, attempt, true))) events += 1;
  } else if (how === "call") {
    await hop.call((attempt) => send(tested, attempt, false), (attempt) => collect(tested, attempt));
  } else {
    await send(tested, undefined, false);
  }
} catch (raised) {
  // The classes of two SDKs leave `name` as it is; in the others it says more than the class.
  error = raised.name === "Error" || raised.name === "TypeError" ? raised.constructor.name : raised.name;
}
console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, error, events }));
process.exit(0);
