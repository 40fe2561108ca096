"""Calls a stub server through a generated module and says how it went, as one line of JSON.

Arguments: folder and name of the module, base URL, `sdk`, `call` or `async`.
"""

import asyncio
import importlib
import json
import sys
import time

folder, name, url, how = sys.argv[1:]
sys.path.insert(0, folder)
module = importlib.import_module(name)
options = {"api_key": "none", "base_url": url}
request = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def timed(run):
    # The first call pays for imports and certificates; only the waiting is of interest.
    started = time.monotonic()
    try:
        run()
        error = None
    except Exception as raised:
        error = type(raised).__name__
    print(json.dumps({"seconds": time.monotonic() - started, "error": error}))


if how == "async":

    async def main():
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
    client = module.client(**options)
    if how == "call":
        timed(lambda: module.call(client, lambda c: c.chat.completions.create(**request)))
    else:
        timed(lambda: client.chat.completions.create(**request))
