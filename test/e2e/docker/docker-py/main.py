"""Runs sections of the scenario with docker-py against an engine, and prints what their steps came to as JSON.

main.py URL SECTION [NAME=VALUE ...]
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


url, section, *rest = sys.argv[1:]
client = docker.DockerClient(base_url=url, timeout=30)
client.api = StreamingClient(base_url=url, timeout=30)
for left in client.containers.list(all=True):
    left.remove(force=True)
recorder = Recorder()
options = dict(pair.split("=", 1) for pair in rest)
importlib.import_module(section).run(recorder.step, client, **options)
json.dump(recorder.steps, sys.stdout)
