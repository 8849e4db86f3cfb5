"""What a scenario came to, step by step, without what two runs never have in common."""

import re

import docker

IDS = re.compile(r"\b(?:sha256:)?(?:(?=[0-9a-f]*[0-9])(?:[0-9a-f]{64}|[0-9a-f]{12})|(?=[a-z]*[0-9])[0-9a-z]{25})\b")
TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# What is another on each run: shown by its type.
OTHER = {
    "Created", "Gateway", "IPAddress", "Index", "LastTagTime", "MacAddress", "MemFree", "NEventsListener",
    "NFd", "NGoroutines", "Pid", "SystemTime", "UsageData", "created", "time", "timeNano",
}


class Recorder:
    def __init__(self):
        self.steps = []

    def step(self, name, act):
        """Does it and keeps what it came to; returns it, or `None` where it failed."""
        try:
            result = act()
        except docker.errors.DockerException as error:
            self.steps.append([name, failure(error)])
            return None
        self.steps.append([name, plain(result)])
        return result


def failure(error):
    """The error's class, its status, and what the engine says."""
    return {
        "error": type(error).__name__,
        "status": getattr(error, "status_code", None),
        "message": text(str(getattr(error, "explanation", None) or getattr(error, "msg", None) or error)),
    }


def plain(value):
    """As JSON, with IDs, times and the like taken out."""
    if isinstance(value, dict):
        return {text(key): kind(item) if key in OTHER else plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return text(value.decode("latin1"))
    if isinstance(value, str):
        return text(value)
    if isinstance(value, (int, float)) or value is None:
        return value
    return type(value).__name__


def shape(value):
    """Which members there are, and of which type: for what is measured."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    return kind(value)


def kind(value):
    if isinstance(value, (int, float)):
        return "number"
    return type(value).__name__


def text(value):
    return IDS.sub("ID", TIMES.sub("TIME", value))
