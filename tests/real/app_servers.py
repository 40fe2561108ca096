"""Says what real application servers make of generated files, as one JSON list.

Arguments: the files; the ending of a name says whose they are.
"""

import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile

import uvicorn

TIMERS = ["timeout_keep_alive", "timeout_graceful_shutdown", "timeout_worker_healthcheck"]


def gunicorn(path):
    from gunicorn.app.wsgiapp import WSGIApplication

    arguments = ["gunicorn", "--config", path, "main:app"]
    # The real command first: it imports the application and looks for the worker class.
    checked = subprocess.run([sys.executable, "-m", *arguments, "--check-config"], capture_output=True, text=True)
    if checked.returncode != 0:
        return {"refused": checked.stderr.strip()}
    sys.argv = arguments
    cfg = WSGIApplication().cfg
    names = ["timeout", "graceful_timeout", "keepalive", "asgi_disconnect_grace_period"]
    return {"worker": cfg.worker_class.__name__, **{name: getattr(cfg, name) for name in names}}


def effective(arguments):
    config = uvicorn.Config(**arguments)
    return {name: getattr(config, name) for name in TIMERS}


def environment(path):
    """What the uvicorn command would run with this environment."""
    # The package has a command of the same name, which hides the module.
    command = sys.modules["uvicorn.main"]
    lines = [line.strip() for line in open(path, encoding="utf-8") if line.strip() and not line.startswith("#")]
    stated = dict(line.split("=", 1) for line in lines)
    caught = {}
    command.run = lambda app, **arguments: caught.update(arguments, app=app)
    before = dict(os.environ)
    try:
        os.environ.update(stated)
        command.main(["main:app"], standalone_mode=False)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return effective({name: caught[name] for name in ["app", *TIMERS]})


def program(path):
    caught = {}
    uvicorn.run = lambda app, **arguments: caught.update(arguments, app=app)
    runpy.run_path(path, run_name="__main__")
    return effective(caught)


# A server that starts after all would never end.
signal.alarm(120)

READERS = {".gunicorn.conf.py": gunicorn, ".uvicorn.env": environment, "_server.py": program}

said = []
with tempfile.TemporaryDirectory() as folder:
    with open(f"{folder}/main.py", "w", encoding="utf-8") as file:
        file.write("def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'']\n")
    os.chdir(folder)
    sys.path.insert(0, folder)
    for path in sys.argv[1:]:
        said.append(next(reader for ending, reader in READERS.items() if path.endswith(ending))(path))
print(json.dumps(said))
