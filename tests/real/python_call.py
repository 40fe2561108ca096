"""Calls stub servers through generated modules and says how it went: one line of JSON for each job.

The jobs are a list of JSON objects on standard input: `sdk`, `folder`, `module`, `port`, and `how`: `sdk` (the client
alone), `call` or `async`. A module whose call() takes a stream gets one.
"""

import asyncio
import importlib.util
import inspect
import json
import sys
import time

MESSAGES = [{"role": "user", "content": "hi"}]


class OpenAI:
    def __init__(self, module, port):
        self.module = module
        self.options = {"api_key": "none", "base_url": f"http://127.0.0.1:{port}/v1"}
        self.request = {"model": "m", "messages": MESSAGES}

    def client(self):
        self.it = self.module.client(**self.options)

    def sdk(self):
        self.it.chat.completions.create(**self.request)

    def call(self, streams):
        def as_stream(c):
            with c.chat.completions.stream(**self.request) as stream:
                return stream.get_final_completion()

        return self.module.call(self.it, lambda c: c.chat.completions.create(**self.request), *[as_stream] * streams)

    async def call_async(self, streams):
        async def as_stream(c):
            async with c.chat.completions.stream(**self.request) as stream:
                return await stream.get_final_completion()

        it = self.module.async_client(**self.options)
        started = time.monotonic()
        send = lambda c: c.chat.completions.create(**self.request)
        return started, self.module.call_async(it, send, *[as_stream] * streams)


class Anthropic(OpenAI):
    def __init__(self, module, port):
        self.module = module
        self.options = {"api_key": "none", "base_url": f"http://127.0.0.1:{port}"}
        # More than the SDK sends without a stream where it finds its own default timeout.
        self.request = {"model": "m", "messages": MESSAGES, "max_tokens": 30000}

    def sdk(self):
        self.it.messages.create(**self.request)

    def call(self, streams):
        def as_stream(c):
            with c.messages.stream(**self.request) as stream:
                return stream.get_final_message()

        return self.module.call(self.it, lambda c: c.messages.create(**self.request), *[as_stream] * streams)

    async def call_async(self, streams):
        async def as_stream(c):
            async with c.messages.stream(**self.request) as stream:
                return await stream.get_final_message()

        it = self.module.async_client(**self.options)
        started = time.monotonic()
        send = lambda c: c.messages.create(**self.request)
        return started, self.module.call_async(it, send, *[as_stream] * streams)


class Bedrock:
    def __init__(self, module, port):
        self.module = module
        self.options = {
            "endpoint_url": f"http://127.0.0.1:{port}",
            "region_name": "eu-central-1",
            "aws_access_key_id": "none",
            "aws_secret_access_key": "none",
        }
        self.request = {"modelId": "m", "messages": [{"role": "user", "content": [{"text": "hi"}]}]}

    def client(self):
        # What call() will use.
        self.it = getattr(self.module, "shared_client", self.module.client)(**self.options)

    def sdk(self):
        self.it.converse(**self.request)

    def call(self, streams):
        def send(c):
            return c.converse(**self.request)["output"]["message"]["content"][0]["text"]

        def as_stream(c):
            events = c.converse_stream(**self.request)["stream"]
            deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
            return "".join(delta.get("text", "") for delta in deltas)

        return self.module.call(send, *[as_stream] * streams, **self.options)


class Gemini:
    def __init__(self, module, port):
        self.module = module
        self.port = port

    def client(self):
        self.it = self.module.client(base_url=f"http://127.0.0.1:{self.port}", api_key="none")

    def request(self, limits):
        from google.genai import types

        return {"model": "m", "contents": "hi", "config": types.GenerateContentConfig(http_options=limits)}

    def sdk(self):
        self.it.models.generate_content(model="m", contents="hi")

    async def sdk_async(self):
        self.client()
        started = time.monotonic()
        return started, self.it.aio.models.generate_content(model="m", contents="hi")

    def call(self, streams):
        def as_stream(c, limits):
            chunks = c.models.generate_content_stream(**self.request(limits))
            return "".join(chunk.text or "" for chunk in chunks)

        send = lambda c, limits: c.models.generate_content(**self.request(limits)).text
        return self.module.call(self.it, send, *[as_stream] * streams)

    async def call_async(self, streams):
        async def as_stream(c, limits):
            chunks = await c.aio.models.generate_content_stream(**self.request(limits))
            return "".join([chunk.text or "" async for chunk in chunks])

        async def send(c, limits):
            return (await c.aio.models.generate_content(**self.request(limits))).text

        self.client()
        started = time.monotonic()
        return started, self.module.call_async(self.it, send, *[as_stream] * streams)


class LiteLLM:
    model = "openai/m"
    path = "/v1"

    def __init__(self, module, port):
        import litellm

        litellm.suppress_debug_info = True
        self.litellm = litellm
        self.module = module
        self.request = {
            "model": self.model,
            "messages": MESSAGES,
            "api_key": "none",
            "api_base": f"http://127.0.0.1:{port}{self.path}",
        }

    def client(self):
        pass

    def sdk(self):
        self.litellm.completion(**self.request, **self.module.LIMITS)

    def call(self, streams):
        def as_stream(limits):
            chunks = self.litellm.completion(stream=True, **self.request, **limits)
            return self.litellm.stream_chunk_builder(list(chunks))

        return self.module.call(lambda l: self.litellm.completion(**self.request, **l), *[as_stream] * streams)

    async def call_async(self, streams):
        async def as_stream(limits):
            chunks = await self.litellm.acompletion(stream=True, **self.request, **limits)
            return self.litellm.stream_chunk_builder([chunk async for chunk in chunks])

        started = time.monotonic()
        send = lambda limits: self.litellm.acompletion(**self.request, **limits)
        return started, self.module.call_async(send, *[as_stream] * streams)


class LiteLLMRouter:
    def __init__(self, module, port):
        import litellm

        litellm.suppress_debug_info = True
        self.litellm = litellm
        self.module = module
        self.request = {"model": "m", "messages": MESSAGES}
        self.params = {"model": "openai/m", "api_key": "none", "api_base": f"http://127.0.0.1:{port}/v1"}

    def client(self):
        self.it = self.litellm.Router(model_list=[{"model_name": "m", "litellm_params": self.params}])

    def call(self, streams):
        def as_stream(limits):
            chunks = self.it.completion(stream=True, **self.request, **limits)
            return self.litellm.stream_chunk_builder(list(chunks))

        return self.module.call(lambda l: self.it.completion(**self.request, **l), *[as_stream] * streams)

    async def call_async(self, streams):
        async def as_stream(limits):
            chunks = await self.it.acompletion(stream=True, **self.request, **limits)
            return self.litellm.stream_chunk_builder([chunk async for chunk in chunks])

        self.client()
        started = time.monotonic()
        send = lambda limits: self.it.acompletion(**self.request, **limits)
        return started, self.module.call_async(send, *[as_stream] * streams)


class LiteLLMOwn(LiteLLM):
    """A provider that LiteLLM calls with its own HTTP client."""

    model = "anthropic/m"
    path = ""


SDKS = {
    "openai": OpenAI,
    "anthropic": Anthropic,
    "boto3": Bedrock,
    "genai": Gemini,
    "litellm": LiteLLM,
    "litellm-own": LiteLLMOwn,
    "litellm-router": LiteLLMRouter,
}


def load(job):
    spec = importlib.util.spec_from_file_location(job["module"], f"{job['folder']}/{job['module']}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(job):
    module = load(job)
    it = SDKS[job["sdk"]](module, job["port"])
    streams = int(hasattr(module, "call") and "as_stream" in inspect.signature(module.call).parameters)
    error, started = None, time.monotonic()
    try:
        if job["how"] in ("async", "sdk-async"):

            async def main():
                nonlocal started
                started, running = await (it.call_async(streams) if job["how"] == "async" else it.sdk_async())
                return await running

            asyncio.run(main())
        else:
            it.client()
            started = time.monotonic()
            it.sdk() if job["how"] == "sdk" else it.call(streams)
    except Exception as raised:
        error = type(raised).__name__
        text = str(raised)[:300]
        return {"seconds": time.monotonic() - started, "error": error, "text": text}
    return {"seconds": time.monotonic() - started, "error": None, "text": ""}


for job in json.load(sys.stdin):
    print(json.dumps(run(job)), file=sys.__stdout__, flush=True)
