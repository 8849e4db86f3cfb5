import docker

IMAGE = "fairlead-lab/busybox:1"


def run(step, client):
    networks(step, client)
    connections(step, client)
    volumes(step, client)


def networks(step, client):
    pool = docker.types.IPAMPool(subnet="10.201.0.0/24", iprange="10.201.0.128/25", gateway="10.201.0.254",
                                 aux_addresses={"taken": "10.201.0.129"})
    ipam = docker.types.IPAMConfig(pool_configs=[pool], options={"x": "y"})
    create = lambda name, **how: attrs(client.networks.create(name, **how))
    step("create", lambda: create("dpy-net", ipam=ipam, labels={"a": "b"}, options={"com.docker.network.bridge.name": "dpynet"}))
    # The engine chooses another subnet each time.
    other = lambda net: docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet=net)])
    step("create internal", lambda: create("dpy-internal", internal=True, check_duplicate=True, ipam=other("10.202.0.0/24")))
    step("create attachable", lambda: create("dpy-attachable", attachable=True, driver="bridge", ipam=other("10.203.0.0/24")))
    step("create in a subnet of the engine's choice", lambda: len(create("dpy-chosen")["IPAM"]["Config"]))
    step("duplicate", lambda: create("dpy-net", check_duplicate=True))
    step("overlapping", lambda: create("dpy-over", ipam=ipam))
    step("bad subnet", lambda: create("dpy-bad", ipam=other("x")))
    step("overlay outside a Swarm", lambda: create("dpy-bad", driver="overlay"))
    step("list", lambda: sorted(n.name for n in client.networks.list()))
    step("list by filter", lambda: [attrs(n) for n in client.networks.list(filters={"label": "a=b"}, greedy=True)])
    step("list by names", lambda: [n.name for n in client.networks.list(names=["dpy-internal"])])


def connections(step, client):
    network = client.networks.get("dpy-net")
    one = client.containers.run(IMAGE, ["sleep", "600"], name="dpy-one", detach=True, network="dpy-net")
    other = client.containers.run(IMAGE, ["sleep", "600"], name="dpy-other", detach=True)
    step("connect", lambda: network.connect(other, aliases=["alias"], ipv4_address="10.201.0.200", links=[("dpy-one", "linked")]))
    step("connect again", lambda: network.connect(other))
    step("connect to a bad address", lambda: client.networks.get("dpy-internal").connect(one, ipv4_address="1.2.3.4"))
    other.reload()
    settings = other.attrs["NetworkSettings"]["Networks"]["dpy-net"]
    step("connected", lambda: [settings["IPAMConfig"], settings["Links"], settings["Aliases"][:1]])
    step("reached by its alias", lambda: one.exec_run("ping -c 1 -w 5 alias").exit_code)
    step("members", lambda: sorted(c.name for c in client.networks.get("dpy-net", verbose=True).containers))
    step("remove one in use", network.remove)
    step("disconnect", lambda: network.disconnect(other))
    step("disconnect again", lambda: network.disconnect(other))
    step("disconnect by force", lambda: network.disconnect(one, force=True))
    step("connect to what is not there", lambda: network.connect("fairlead-no-such"))
    for container in (one, other):
        container.remove(force=True)
    step("remove", network.remove)
    step("remove again", network.remove)
    step("remove a built-in one", lambda: client.networks.get("bridge").remove())
    step("prune", lambda: {key: sorted(names) for key, names in client.networks.prune().items()})
    step("networks that are left", lambda: sorted(n.name for n in client.networks.list()))


def volumes(step, client):
    create = lambda *args, **how: client.volumes.create(*args, **how).attrs
    step("create a volume", lambda: create("dpy-volume", labels={"a": "b"}, driver_opts={"type": "tmpfs", "device": "tmpfs"}))
    step("create it again", lambda: create("dpy-volume", labels={"a": "b"}, driver_opts={"type": "tmpfs", "device": "tmpfs"}))
    step("bad name", lambda: create("no good"))
    step("bad option", lambda: create("dpy-bad", driver_opts={"nonsense": "x"}))
    step("without a name", lambda: client.volumes.create(labels={"c": "d"}).remove())
    step("list volumes", lambda: [v.attrs for v in client.volumes.list(filters={"label": "a=b"})])
    step("written", lambda: client.containers.run(IMAGE, "touch /v/x", volumes={"dpy-kept": {"bind": "/v", "mode": "rw"}}, remove=True))
    step("read", lambda: client.containers.run(IMAGE, "ls /v", volumes=["dpy-kept:/v:ro"], remove=True))
    step("not written", lambda: client.containers.run(IMAGE, "touch /v/y", volumes=["dpy-kept:/v:ro"], remove=True))
    holder = client.containers.create(IMAGE, "true", name="dpy-holder", volumes=["dpy-kept:/v"])
    step("remove a volume in use", lambda: client.volumes.get("dpy-kept").remove())
    for container in client.containers.list(all=True):
        container.remove()
    del holder
    step("remove a volume", lambda: client.volumes.get("dpy-kept").remove(force=True))
    client.volumes.get("dpy-volume").remove()
    # From version 1.42 of the API only volumes without a name are pruned.
    name = client.volumes.create().name
    pruned = client.volumes.prune()
    step("prune volumes", lambda: [name in pruned["VolumesDeleted"], len(pruned["VolumesDeleted"])])
    step("prune no volumes", client.volumes.prune)


def attrs(network):
    network.reload()
    return network.attrs
