"""Swarm calls, with an engine that begins and ends in no Swarm. `peer` is the manager of another one."""

import time

import docker
from recorder import shape

IMAGE = "fairlead-lab/busybox:1"
DEADLINE = 60


def run(step, client, address, peer, token):
    outside(step, client)
    # In a row, as docker-py's own tests do.
    for turn in ("first", "second"):
        step(f"init, {turn}", lambda: len(client.swarm.init(advertise_addr=address, listen_addr=f"{address}:2377")))
        step(f"swarm, {turn}", lambda: client.api.inspect_swarm()["Spec"])
        step(f"init again, {turn}", lambda: client.swarm.init(advertise_addr=address))
        step(f"leave without force, {turn}", client.swarm.leave)
        step(f"containers, {turn}", client.containers.list)
        step(f"leave, {turn}", lambda: client.swarm.leave(force=True))
    client.swarm.init(advertise_addr=address, listen_addr=f"{address}:2377")
    inside(step, client)
    step("leave as manager", lambda: client.swarm.leave(force=True))
    join(step, client, address, peer, token)
    outside(step, client)


def outside(step, client):
    step("leave, outside", client.swarm.leave)
    step("inspect, outside", client.api.inspect_swarm)
    step("nodes, outside", client.nodes.list)
    step("services, outside", client.services.list)
    step("service create, outside", lambda: client.services.create(IMAGE, name="dpy"))
    step("secret create, outside", lambda: client.secrets.create(name="dpy", data=b"x"))
    step("configs, outside", client.configs.list)
    step("state, outside", lambda: client.info()["Swarm"]["LocalNodeState"])
    step("run, outside", lambda: client.containers.run(IMAGE, "echo ran", remove=True))


def inside(step, client):
    swarm = client.swarm
    step("tokens", lambda: sorted(swarm.attrs["JoinTokens"]))
    step("update", lambda: swarm.update(snapshot_interval=5000, rotate_worker_token=True))
    step("updated", lambda: swarm.attrs["Spec"]["Raft"])
    step("update of an old version", lambda: client.api.update_swarm(version=1, swarm_spec=swarm.attrs["Spec"]))
    step("unlock key", lambda: shape(swarm.get_unlock_key()))
    step("unlock what is not locked", lambda: swarm.unlock("SWMKEY-1-nonsense"))
    node = step("nodes", lambda: [n.attrs["Spec"] for n in client.nodes.list()]) and client.nodes.list()[0]
    step("node updated", lambda: node.update({**node.attrs["Spec"], "Labels": {"a": "b"}}))
    step("node that is not there", lambda: client.nodes.get("fairlead-no-such"))
    step("node removed that is the leader", lambda: client.api.remove_node(node.id, force=True))
    secrets(step, client)
    services(step, client)


def secrets(step, client):
    for kind, noun in ((client.secrets, "secret"), (client.configs, "config")):
        made = step(f"{noun} created", lambda: kind.create(name=f"dpy-{noun}", data=b"\x00\xffdata", labels={"a": "b"}))
        step(f"{noun}", lambda: kind.get(made.id).attrs["Spec"])
        step(f"{noun} of the name", lambda: kind.create(name=f"dpy-{noun}", data=b"x"))
        step(f"{noun}s", lambda: [item.name for item in kind.list(filters={"name": f"dpy-{noun}"})])
        step(f"{noun} that is not there", lambda: kind.get("fairlead-no-such"))


def services(step, client):
    secret = docker.types.SecretReference(client.secrets.get("dpy-secret").id, "dpy-secret")
    config = docker.types.ConfigReference(client.configs.get("dpy-config").id, "dpy-config")
    step("overlay", lambda: client.networks.create("dpy-overlay", driver="overlay", attachable=True).name)
    service = step("service created", lambda: client.services.create(
        IMAGE, ["sh", "-c", "md5sum /run/secrets/dpy-secret /dpy-config; exec sleep 600"], name="dpy", labels={"a": "b"}, env=["A=b"],
        secrets=[secret], configs=[config], mode=docker.types.ServiceMode("replicated", replicas=1), networks=["dpy-overlay"],
        endpoint_spec=docker.types.EndpointSpec(mode="dnsrr"), stop_grace_period=0,
        container_labels={"of": "dpy"}, resources=docker.types.Resources(mem_limit=2**26),
        restart_policy=docker.types.RestartPolicy(condition="any")))
    service = client.services.get(service.id)
    step("service", lambda: spec_of(service))
    step("services", lambda: [s.name for s in client.services.list(filters={"name": "dpy"})])
    step("service of the name", lambda: client.services.create(IMAGE, name="dpy"))
    step("bad service", lambda: client.services.create(IMAGE, name="no good"))
    step("a task runs", lambda: running(service, 1))
    step("logs of the service", lambda: eventually(lambda: b"".join(service.logs(stdout=True)), lambda text: text.count(b"\n") > 1))
    step("a secret in use", lambda: client.secrets.get("dpy-secret").remove())
    step("scaled", lambda: service.scale(2))
    step("replicas", lambda: client.services.get(service.id).attrs["Spec"]["Mode"])
    step("update of an old version", lambda: client.api.update_service(
        service.id, 1, task_template=service.attrs["Spec"]["TaskTemplate"], name="dpy"))
    service.reload()
    step("updated service", lambda: service.update(labels={"c": "d"}, force_update=True, fetch_current_spec=True))
    step("task that is not there", lambda: client.api.inspect_task("fairlead-no-such"))
    step("service removed", service.remove)
    step("service removed again", service.remove)
    for kind, name in ((client.secrets, "dpy-secret"), (client.configs, "dpy-config")):
        step(f"{name} removed", kind.get(name).remove)


def spec_of(service):
    spec = service.attrs["Spec"]
    return [spec["Name"], spec["Labels"], spec["Mode"], spec["EndpointSpec"], spec["TaskTemplate"]["ContainerSpec"]]


def running(service, count):
    states = lambda: [task["Status"]["State"] for task in service.tasks({"desired-state": "running"})]
    return eventually(states, lambda found: found == ["running"] * count)


def join(step, client, address, peer, token):
    step("join with a bad token", lambda: client.swarm.join([f"{peer}:2377"], "nonsense", advertise_addr=address))
    step("state", lambda: client.info()["Swarm"]["LocalNodeState"])
    for turn in ("first", "second"):
        step(f"join, {turn}", lambda: client.swarm.join(
            [f"{peer}:2377"], token, advertise_addr=address, listen_addr=f"{address}:2377"))
        step(f"worker, {turn}", lambda: [client.info()["Swarm"][key] for key in ("LocalNodeState", "ControlAvailable")])
        step(f"nodes as a worker, {turn}", client.nodes.list)
        step(f"services as a worker, {turn}", client.services.list)
        step(f"secret as a worker, {turn}", lambda: client.secrets.create(name="dpy", data=b"x"))
        step(f"run as a worker, {turn}", lambda: client.containers.run(IMAGE, "echo ran", remove=True))
        step(f"leave as a worker, {turn}", client.swarm.leave)


def eventually(read, holds):
    """What `read` gives once it `holds`, or at the deadline, where it will show as a difference."""
    deadline = time.monotonic() + DEADLINE
    while True:
        found = read()
        if holds(found) or time.monotonic() > deadline:
            return found
        time.sleep(0.1)
