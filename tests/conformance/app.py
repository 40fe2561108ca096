"""An application that calls a model through a generated module, for a WSGI and for an ASGI server.

Environment: APP_MODULE (the module's path), APP_UPSTREAM (where the model is), APP_ERRORS (`pass`, `500`).
The first part of a request's path goes on to the model.
"""

import asyncio
import importlib.util
import json
import os

import openai

spec = importlib.util.spec_from_file_location("hop", os.environ["APP_MODULE"])
hop = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hop)

# One client for all requests, as in any program. The first call of a process pays for certificates and imports.
CLIENT = hop.client(api_key="none", base_url="http://127.0.0.1:9")
ASYNC_CLIENT = hop.async_client(api_key="none", base_url="http://127.0.0.1:9")
try:
    CLIENT.with_options(max_retries=0).chat.completions.create(model="m", messages=[])
except openai.APIError:
    pass
MESSAGES = [{"role": "user", "content": "hi"}]


def url(path):
    return f"{os.environ['APP_UPSTREAM']}/{path.split('/')[1]}/v1"


def answered(error):
    """What this application says of a call that failed."""
    if os.environ.get("APP_ERRORS") == "500":
        return 500
    if isinstance(error, openai.APIStatusError):
        return error.status_code
    return 504 if isinstance(error, openai.APITimeoutError) else 502


def wsgi(environ, start_response):
    asked = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    client = CLIENT.with_options(base_url=url(environ["PATH_INFO"]))
    send = lambda c: c.chat.completions.create(model="m", messages=MESSAGES, stream=asked["stream"])
    try:
        answer = hop.call(client, send) if hasattr(hop, "call") else send(client)
    except openai.APIError as error:
        start_response(f"{answered(error)} From the application", [("Content-Type", "text/plain")])
        return [b"failed in the application"]
    if asked["stream"]:
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return (f"data: {event.model_dump_json()}\n\n".encode() for event in answer)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [answer.model_dump_json().encode()]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("only http here")
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    asked = json.loads(body)
    client = ASYNC_CLIENT.with_options(base_url=url(scope["path"]))
    call = lambda c: c.chat.completions.create(model="m", messages=MESSAGES, stream=asked["stream"])

    async def start(status, kind):
        headers = [(b"content-type", kind)]
        await send({"type": "http.response.start", "status": status, "headers": headers})

    async def write(text, more):
        await send({"type": "http.response.body", "body": text, "more_body": more})

    try:
        answer = await (hop.call_async(client, call) if hasattr(hop, "call_async") else call(client))
    except (openai.APIError, asyncio.TimeoutError) as error:
        await start(answered(error), b"text/plain")
        return await write(b"failed in the application", False)
    if not asked["stream"]:
        await start(200, b"application/json")
        return await write(answer.model_dump_json().encode(), False)
    await start(200, b"text/event-stream")
    async for event in answer:
        await write(f"data: {event.model_dump_json()}\n\n".encode(), True)
    await write(b"", False)
