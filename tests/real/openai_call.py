"""Calls a stub server through a generated module and says how it went, as one line of JSON.

Arguments: folder and name of the module, base URL, `sdk`, `call` or `async`.
"""

import asyncio
import http.server
import importlib
import json
import sys
import threading
import time

import openai

folder, name, url, how = sys.argv[1:]
sys.path.insert(0, folder)
module = importlib.import_module(name)
options = {"api_key": "none", "base_url": url}
request = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers every call at once: the first call of a process pays for imports and certificates."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[]}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
threading.Thread(target=server.serve_forever, daemon=True).start()
warm = {"api_key": "none", "base_url": f"http://127.0.0.1:{server.server_port}/v1", "timeout": 60}


def timed(run):
    started = time.monotonic()
    try:
        run()
        error = None
    except Exception as raised:
        error = type(raised).__name__
    print(json.dumps({"seconds": time.monotonic() - started, "error": error}))


if how == "async":

    async def main():
        await openai.AsyncOpenAI(**warm).chat.completions.create(**request)
        client = module.async_client(**options)
        started = time.monotonic()
        try:
            await module.call_async(client, lambda c: c.chat.completions.create(**request))
            error = None
        except Exception as raised:
            error = type(raised).__name__
        print(json.dumps({"seconds": time.monotonic() - started, "error": error}))

    asyncio.run(main())
else:
    openai.OpenAI(**warm).chat.completions.create(**request)
    client = module.client(**options)
    if how == "call":
        timed(lambda: module.call(client, lambda c: c.chat.completions.create(**request)))
    else:
        timed(lambda: client.chat.completions.create(**request))
