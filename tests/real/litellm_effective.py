"""Loads a configuration file as the LiteLLM proxy does and says what its router does for each deployment.

Argument: the file. One line of JSON: a list of objects with the model's name, the timeouts of a call and of a stream, and
the number of retries.
"""

import asyncio
import json
import sys

import litellm
from litellm.proxy.proxy_server import ProxyConfig

litellm.suppress_debug_info = True


async def main():
    router, _, _ = await ProxyConfig().load_config(router=None, config_file_path=sys.argv[1])
    said = []
    for deployment in router.model_list:
        params = deployment["litellm_params"]
        own = params.get("num_retries")
        said.append(
            {
                "model": deployment["model_name"],
                "read": router._get_timeout(kwargs={}, data=params),
                "stream": router._get_timeout(kwargs={"stream": True}, data=params),
                "retries": router.num_retries if own is None else own,
            }
        )
    print("\n" + json.dumps(said))


asyncio.run(main())
