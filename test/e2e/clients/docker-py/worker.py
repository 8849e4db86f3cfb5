"""An engine that has never been a manager where the hub knows it: it joins `peer`'s Swarm as a worker and then creates its own."""

import docker
from swarm import eventually

# A worker refuses calls to its Swarm. So does a hub that knows it as one, with its own message: such calls may carry secrets,
# and it sends them to managers only.
REFUSALS = {
    "engine": "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this"
    " command on a manager node or promote the current node to a manager.",
    "hub": "No manager of this Swarm is reachable: calls to single nodes work, calls to the Swarm do not",
}


def run(step, client, address, peer, token, way="engine"):
    own = {"advertise_addr": address, "listen_addr": f"{address}:2377"}
    step("join", lambda: client.swarm.join([f"{peer}:2377"], token, **own))
    step("known as a worker", lambda: eventually(lambda: refusal(client), REFUSALS[way].__eq__) == REFUSALS[way])
    step("leave", client.swarm.leave)
    step("services outside", client.services.list)
    step("join again", lambda: client.swarm.join([f"{peer}:2377"], token, **own))
    step("known as a worker again", lambda: eventually(lambda: refusal(client), REFUSALS[way].__eq__) == REFUSALS[way])
    step("leave again", client.swarm.leave)
    step("init", lambda: len(client.swarm.init(**own)))
    step("swarm", lambda: client.api.inspect_swarm()["Spec"])
    step("nodes", lambda: len(client.nodes.list()))
    step("leave as a manager", lambda: client.swarm.leave(force=True))
    step("services outside again", client.services.list)


def refusal(client):
    try:
        return client.services.list()
    except docker.errors.APIError as error:
        return error.explanation
