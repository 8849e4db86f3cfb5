import io
import tarfile

import docker
from recorder import shape

IMAGE = "fairlead-lab/busybox:1"


def run(step, client):
    life(step, client)
    output(step, client)
    options(step, client)
    failures(step, client)
    pruned(step, client)


def life(step, client):
    step("create", lambda: client.containers.create(IMAGE, ["sleep", "600"], name="dpy-life", labels={"a": "b"}))
    container = client.containers.get("dpy-life")
    step("status of a created one", lambda: container.status)
    step("start", container.start)
    container.reload()
    step("inspect", lambda: container.attrs)
    step("list", lambda: [c.attrs["Config"] for c in client.containers.list(filters={"label": "a=b"})])
    step("list, sparse", lambda: client.api.containers(filters={"name": "dpy-life"}, size=True))
    step("top", lambda: [row[-1] for row in container.top()["Processes"]])
    step("top, with arguments", lambda: container.top(ps_args="-o comm")["Titles"])
    step("stats once", lambda: shape(container.stats(stream=False)))
    step("stats as they come", lambda: shape(first(container.stats(decode=True))))
    container.exec_run(["sh", "-c", "echo new > /tmp/new; rm /etc/group"])
    step("diff", lambda: sorted(container.diff(), key=lambda change: change["Path"]))
    step("commit", lambda: container.commit("dpy/committed", "1", message="why", author="who", changes="ENV A=b"))
    step("committed", lambda: client.images.get("dpy/committed:1").attrs["Config"])
    step("output of what was committed", lambda: client.containers.run("dpy/committed:1", "cat /tmp/new", remove=True))
    client.images.remove("dpy/committed:1")
    step("export", lambda: sorted(archive(container.export()))[:5])
    step("rename", lambda: container.rename("dpy-renamed"))
    step("name taken", lambda: client.containers.create(IMAGE, name="dpy-renamed"))
    step("pause", container.pause)
    container.reload()
    step("paused", lambda: container.status)
    step("exec in a paused one", lambda: container.exec_run("true"))
    step("unpause", container.unpause)
    step("update", lambda: container.update(mem_limit="64m", memswap_limit="64m", cpu_shares=512))
    container.reload()
    step("updated", lambda: [container.attrs["HostConfig"][key] for key in ("Memory", "CpuShares")])
    step("restart", lambda: container.restart(timeout=0))
    step("kill by a wrong signal", lambda: container.kill("NONSENSE"))
    step("kill", lambda: container.kill("SIGKILL"))
    step("wait", container.wait)
    step("kill one that has ended", container.kill)
    step("start again", container.start)
    step("remove one that runs", container.remove)
    step("stop", lambda: container.stop(timeout=0))
    step("stop again", container.stop)
    step("wait until removed", lambda: container.wait(condition="not-running"))
    step("remove", container.remove)
    step("remove again", container.remove)


def output(step, client):
    script = "seq 1 2000; echo to stderr >&2; exit 3"
    container = client.containers.create(IMAGE, ["sh", "-c", script], name="dpy-output")
    container.start()
    step("exit code", container.wait)
    step("logs of stdout", lambda: container.logs(stderr=False))
    step("logs of stderr", lambda: container.logs(stdout=False))
    step("logs since later", lambda: container.logs(since=4_000_000_000))
    step("logs until earlier", lambda: container.logs(until=1))
    step("logs streamed", lambda: b"".join(container.logs(stream=True, stdout=True, stderr=False)))
    step("logs followed to the end", lambda: len(b"".join(container.logs(stream=True, follow=True))))
    container.remove()

    # With two streams it is undefined which line is the last.
    container = client.containers.run(IMAGE, ["seq", "2000"], name="dpy-output", detach=True)
    container.wait()
    step("last lines", lambda: container.logs(tail=3))
    step("logs with times", lambda: container.logs(tail=2, timestamps=True))
    container.remove()

    container = client.containers.run(IMAGE, ["sh", "-c", "echo ready; read word; echo got $word; cat"], name="dpy-output",
                                      detach=True, stdin_open=True)
    stream = container.logs(stream=True, follow=True)
    step("a line as it is written", lambda: next(stream))
    step("following broken off", stream.close)
    container.kill()
    container.remove()

    terminal = client.containers.run(IMAGE, ["sh", "-c", "tty; stty size"], name="dpy-output", detach=True, tty=True)
    step("exit code of a terminal", terminal.wait)
    step("logs of a terminal", terminal.logs)
    step("logs of a terminal, streamed", lambda: b"".join(terminal.logs(stream=True)))
    step("resize one that has ended", lambda: terminal.resize(10, 20))
    terminal.remove()


def options(step, client):
    container = client.containers.create(
        IMAGE, ["sh", "-c", 'hostname; pwd; id -u; echo "$A"; tail -n 2 /etc/hosts | head -n 1; ulimit -n; touch /x; echo $?'],
        hostname="own", working_dir="/tmp", user="7", environment={"A": "ä b"}, extra_hosts={"there": "10.9.8.7"},
        ulimits=[docker.types.Ulimit(name="nofile", soft=99, hard=99)], tmpfs={"/tmp": "size=3m"}, cap_drop=["ALL"],
        init=True, name="dpy-options", read_only=True, mem_limit="32m", pids_limit=20, ports={"80/tcp": None, "53/udp": ("127.0.0.1", None)},
        healthcheck={"test": ["CMD", "true"], "interval": 10**9}, restart_policy={"Name": "on-failure", "MaximumRetryCount": 1},
        log_config=docker.types.LogConfig(type="json-file", config={"max-size": "1m"}), stop_signal="SIGUSR1",
        mounts=[docker.types.Mount("/mounted", "dpy-mounted", type="volume")],
    )
    container.start()
    step("exit code with options", container.wait)
    step("output with options", lambda: [container.logs(stderr=False), container.logs(stdout=False)])
    container.reload()
    step("inspect with options", lambda: [container.attrs["Config"], container.attrs["HostConfig"], container.attrs["Mounts"]])
    step("remove with volumes", lambda: container.remove(v=True, force=True))
    client.volumes.get("dpy-mounted").remove()
    step("many, with their ports", lambda: many(client))


def many(client):
    made = [client.containers.run(IMAGE, ["sleep", "600"], detach=True, name=f"dpy-many-{n}", ports={"80/tcp": None}) for n in range(3)]
    listed = client.containers.list(filters={"name": "dpy-many"})
    for container in listed:
        container.reload()
    ports = [kind for container in listed for kind in container.ports]
    for container in made:
        container.remove(force=True)
    return [sorted(container.name for container in listed), ports]


def failures(step, client):
    step("run to the end", lambda: client.containers.run(IMAGE, "echo hello", name="dpy-run", remove=True))
    step("run that fails", lambda: client.containers.run(IMAGE, ["sh", "-c", "echo why >&2; exit 9"], name="dpy-run", remove=True))
    step("run without a program", lambda: client.containers.run(IMAGE, "no-such-program", name="dpy-run", remove=True))
    step("create from no image", lambda: client.containers.create("fairlead-no-such:1"))
    step("bad name", lambda: client.containers.create(IMAGE, name="no good"))
    step("bad mount", lambda: client.containers.create(IMAGE, volumes=["/a:/b:nonsense"], name="dpy-bad"))
    step("runtime that is not there", lambda: client.containers.create(IMAGE, runtime="nonsense", name="dpy-bad"))
    step("link to what is not there", lambda: client.containers.create(IMAGE, links={"fairlead-no-such": "x"}, name="dpy-bad"))
    for name in ("dpy-run", "dpy-bad"):
        for container in client.containers.list(all=True, filters={"name": name}):
            container.remove(force=True)


def pruned(step, client):
    client.containers.create(IMAGE, "true", name="dpy-pruned", labels={"prune": "me"})
    step("prune of nothing", lambda: client.containers.prune(filters={"label": "prune=nothing"}))
    step("prune", lambda: client.containers.prune(filters={"label": "prune=me"}))
    step("nothing is left", lambda: client.containers.list(all=True))


def first(stream):
    found = next(stream)
    stream.close()
    return found


def archive(chunks):
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        return tar.getnames()
