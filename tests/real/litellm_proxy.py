"""Loads a configuration file as the LiteLLM proxy does and says what came of it, as one line of JSON.

Arguments: a folder with config.yaml, which includes the generated file, and `call` for one call through the router.
"""

import asyncio
import json
import sys
import time

import litellm
import yaml
from litellm.proxy.proxy_server import ProxyConfig

folder, *what = sys.argv[1:]
litellm.suppress_debug_info = True


async def main():
    router, _, _ = await ProxyConfig().load_config(router=None, config_file_path=f"{folder}/config.yaml")
    with open(f"{folder}/generated.yaml", encoding="utf-8") as file:
        read = yaml.safe_load(file)
    said = {
        "yaml": read,
        "request_timeout": litellm.request_timeout,
        "timeout": router.timeout,
        "stream_timeout": router.stream_timeout,
        "num_retries": router.num_retries,
    }
    if what:
        message = [{"role": "user", "content": "hi"}]
        # The first call of a process pays for imports.
        await router.acompletion(model="warm", messages=message)
        started = time.monotonic()
        try:
            await router.acompletion(model="m", messages=message)
        except Exception as error:
            said["error"] = type(error).__name__
        said["seconds"] = time.monotonic() - started
    print("\n" + json.dumps(said))


asyncio.run(main())
