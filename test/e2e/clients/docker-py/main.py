"""Runs sections of the scenario with docker-py against the engine of DOCKER_HOST, and prints what their steps came to as JSON.

main.py SECTION [NAME=VALUE ...]
"""

import importlib
import json
import os
import sys

sys.path.insert(0, os.environ["DOCKER_PY"])

import docker  # noqa: E402
from recorder import Recorder  # noqa: E402


class StreamingClient(docker.APIClient):
    """docker-py reads a stream past the buffer in which it read the answer's head, and loses what came with the head.
    So each process here says nothing before `on_stream` has let it, which comes once the head has been read."""

    on_stream = staticmethod(lambda: None)

    def _get_raw_response_socket(self, response):
        socket = super()._get_raw_response_socket(response)
        self.on_stream()
        return socket


section, *rest = sys.argv[1:]
client = docker.from_env(timeout=30)
client.api = StreamingClient(timeout=30, **docker.utils.kwargs_from_env())
for left in client.containers.list(all=True):
    left.remove(force=True)
recorder = Recorder()
options = dict(pair.split("=", 1) for pair in rest)
importlib.import_module(section).run(recorder.step, client, **options)
json.dump(recorder.steps, sys.stdout)
