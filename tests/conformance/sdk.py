"""Calls through generated modules of the Python SDKs: a line of JSON for each job in, a line for each outcome out.

A job has `id`, `sdk`, `folder`, `module`, `url` and `streams`. All jobs run beside each other. One that `prepares` only
loads the module.
"""

import importlib.util
import json
import sys
import threading
import time

MESSAGES = [{"role": "user", "content": "hi"}]


class OpenAI:
    path = "/v1"

    def send(self, client, streams):
        return client.chat.completions.create(model="m", messages=MESSAGES, stream=streams)


class Anthropic:
    path = ""

    def send(self, client, streams):
        return client.messages.create(model="m", messages=MESSAGES, max_tokens=64, stream=streams)


SDKS = {"openai": OpenAI(), "anthropic": Anthropic()}
LOCK = threading.Lock()
LOADED = {}


def load(job):
    """The module of a chain, once."""
    if job["module"] in LOADED:
        return LOADED[job["module"]]
    spec = importlib.util.spec_from_file_location(job["module"], f"{job['folder']}/{job['module']}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    LOADED[job["module"]] = module
    return module


def run(job):
    sdk = SDKS[job["sdk"]]
    with LOCK:
        module = load(job)
        client = module.client(api_key="none", base_url=job["url"] + sdk.path)
    said = {"id": job["id"], "error": None, "status": None, "text": "", "first": None}
    if job.get("prepares"):
        return say(said)
    said["clicked"] = time.time()
    try:
        if hasattr(module, "call"):
            answer = module.call(client, lambda c: sdk.send(c, job["streams"]))
        else:
            answer = sdk.send(client, job["streams"])
        if job["streams"]:
            for _ in answer:
                said["first"] = said["first"] or time.time()
        said["status"] = 200
    except Exception as raised:
        said["error"] = type(raised).__name__
        said["status"] = getattr(raised, "status_code", None)
        said["text"] = str(raised)[:300]
    said["ended"] = time.time()
    say(said)


def say(said):
    with LOCK:
        print(json.dumps(said), file=sys.__stdout__, flush=True)


import anthropic  # noqa: E402
import openai  # noqa: E402

# The first client of a process pays for certificates and imports, the first call for the rest.
for warm in (openai.OpenAI(api_key="none", base_url="http://127.0.0.1:9/", max_retries=0),
             anthropic.Anthropic(api_key="none", base_url="http://127.0.0.1:9/", max_retries=0)):
    try:
        SDKS["openai" if isinstance(warm, openai.OpenAI) else "anthropic"].send(warm, False)
    except Exception:
        pass
print(json.dumps({"ready": True, "openai": openai.__version__, "anthropic": anthropic.__version__}), flush=True)
for line in sys.stdin:
    threading.Thread(target=run, args=(json.loads(line),), daemon=True).start()
