from recorder import shape

IMAGE = "fairlead-lab/busybox:1"
ABSENT = "fairlead-no-such"


def run(step, client):
    api = client.api
    step("ping", client.ping)
    step("version", client.version)
    step("version, unversioned path", lambda: api.version(api_version=False))
    step("info", lambda: shape(client.info()))
    info = client.info()
    step("info of the engine", lambda: [info[key] for key in ("ID", "Name", "ServerVersion", "Driver")])
    step("df", lambda: {key: len(value or []) if isinstance(value, list) else shape(value) for key, value in client.df().items()})
    step("plugins", client.plugins.list)
    step("plugin that is not there", lambda: client.plugins.get(ABSENT))
    step("plugin privileges", lambda: api.plugin_privileges("127.0.0.1:1/no/plugin"))
    step("plugin enabled", lambda: api.enable_plugin(ABSENT))
    step("plugin removed", lambda: api.remove_plugin(ABSENT))
    step("sign-in at a registry that is not there", lambda: client.login("user", "secret", registry="127.0.0.1:1"))
    step("containers of a bad filter", lambda: client.containers.list(filters={"nonsense": "x"}))
    step("container that is not there", lambda: client.containers.get(ABSENT))
    step("image that is not there", lambda: client.images.get(ABSENT))
    step("network that is not there", lambda: client.networks.get(ABSENT))
    step("volume that is not there", lambda: client.volumes.get(ABSENT))
    step("exec that is not there", lambda: api.exec_inspect(ABSENT))
    step("exec started that is not there", lambda: api.exec_start(ABSENT))
    step("exec resized that is not there", lambda: api.exec_resize(ABSENT, 10, 20))
    step("attach to what is not there", lambda: api.attach_socket(ABSENT))
    step("call after refused upgrades", client.ping)
    events(step, client)


def events(step, client):
    since = client.info()["SystemTime"]
    stream = client.events(since=since, decode=True, filters={"type": ["container", "network", "volume"]})
    container = client.containers.create(IMAGE, "true", name="dpy-events", labels={"of": "events"})
    container.start()
    container.wait()
    container.remove()
    client.volumes.create("dpy-events").remove()
    seen = []
    for event in stream:
        seen.append([event["Type"], event["Action"], event["Actor"]])
        if [event["Type"], event["Action"]] == ["volume", "destroy"]:
            break
    stream.close()
    step("events as they come", lambda: sorted(seen, key=lambda event: event[:2]))
    until = client.info()["SystemTime"]
    past = lambda **kind: [event["Action"] for event in client.events(since=since, until=until, decode=True, **kind)]
    step("events of the past", lambda: sorted(past()))
    step("events of the past by label", lambda: past(filters={"label": "of=events", "event": ["create", "destroy"]}))
    step("events undecoded", lambda: len(b"".join(client.events(since=since, until=until)).splitlines()))
    step("events until a bad time", lambda: list(client.events(since=since, until="never")))
