"""Exec and attach: what hijacks a connection."""

import io
import tarfile

from docker.utils.socket import frames_iter, read

IMAGE = "fairlead-lab/busybox:1"
GO = "until [ -e /tmp/go ]; do sleep 0.02; done; rm /tmp/go; "


def run(step, client):
    container = client.containers.run(IMAGE, ["sleep", "600"], name="dpy-streams", detach=True)
    container.exec_run("chmod 777 /tmp")
    client.api.on_stream = lambda: container.put_archive("/tmp", tar_of("go"))
    execs(step, client, container)
    sockets(step, client, container)
    container.remove(force=True)
    client.api.on_stream = lambda: None
    attached(step, client)
    attach_sockets(step, client)


def execs(step, client, container):
    sh = lambda script, **how: container.exec_run(["sh", "-c", GO + script], **how)
    step("exec", lambda: sh("echo err >&2; exit 4"))
    step("exec, streams apart", lambda: sh("echo out; echo err >&2", demux=True))
    step("exec, stdout alone", lambda: sh("echo out; echo err >&2", stderr=False))
    step("exec, streamed", lambda: b"".join(sh("seq 1 5000", stream=True).output))
    step("exec, streamed apart", lambda: joined(sh("seq 1 9; seq 1 9 >&2", stream=True, demux=True).output))
    step("exec in a terminal", lambda: sh("tty; echo on a line", tty=True))
    step("exec with user, folder and environment",
         lambda: sh('id -u; pwd; echo "$A"', user="5", workdir="/etc", environment={"A": "b c"}))
    step("exec, privileged", lambda: sh("true", privileged=True))
    step("exec of 4 MB", lambda: len(sh("head -c 4000000 /dev/zero").output))
    step("exec, detached", lambda: container.exec_run("true", detach=True).output)
    step("exec of what is not there", lambda: container.exec_run("no-such-program"))
    container.exec_run(["rm", "-f", "/tmp/go"])


def sockets(step, client, container):
    api = client.api
    # Python cannot end one direction of TLS: each process reads as much as it gets.
    made = api.exec_create(container.id, ["sh", "-c", GO + "read a; echo got $a; head -c 12; exit 6"], stdin=True)
    step("inspect before", lambda: api.exec_inspect(made))
    stream = api.exec_start(made, socket=True)
    send(stream, b"a line\nand the rest")
    step("stdin sent, output read", lambda: frames(stream, tty=False))
    stream.close()
    step("exit code", lambda: api.exec_inspect(made))
    step("start again", lambda: api.exec_start(made, detach=True))

    made = api.exec_create(container.id, ["sh", "-c", GO + "head -c 4000000 | md5sum"], stdin=True)
    stream = api.exec_start(made, socket=True)
    send(stream, b"0123456789abcdef" * 250_000)
    step("stdin of 4 MB", lambda: frames(stream, tty=False))
    stream.close()

    script = "stty -echo; echo ready; until [ \"$(stty size 2>/dev/null)\" = '41 123' ]; do sleep 0.02; done; echo resized; read a; echo got $a"
    made = api.exec_create(container.id, ["sh", "-c", GO + script], stdin=True, tty=True)
    stream = api.exec_start(made, socket=True, tty=True)
    step("terminal", lambda: until(stream, b"ready\r\n"))
    step("resize", lambda: api.exec_resize(made, height=41, width=123))
    step("resized", lambda: until(stream, b"resized\r\n"))
    send(stream, b"keys\n")
    step("keys", lambda: frames(stream, tty=True))
    stream.close()
    step("exit code of the terminal", lambda: api.exec_inspect(made)["ExitCode"])


def attached(step, client):
    """The container waits for a line on its stdin, so that nothing is written before the attach."""
    for tty, demux in ((False, False), (False, True), (True, False)):
        script = "stty -echo 2>/dev/null; read a; echo $a" + ("; echo err >&2" if demux else "")
        container = client.containers.create(IMAGE, ["sh", "-c", script], name="dpy-attach", stdin_open=True, tty=tty)
        stdin = client.api.attach_socket(container.id, params={"stdin": 1, "stream": 1})
        container.start()
        client.api.on_stream = lambda: send(stdin, b"a word\n")
        output = container.attach(stream=True, demux=demux)
        client.api.on_stream = lambda: None
        step(f"attach, demux {demux}, tty {tty}", lambda: joined(output) if demux else b"".join(output))
        stdin.close()
        step("exit code of the attached", container.wait)
        container.remove()


def attach_sockets(step, client):
    api = client.api
    script = "echo ready; read a; echo got $a; head -c 8; read a; echo end >&2"
    container = client.containers.create(IMAGE, ["sh", "-c", script], name="dpy-attach", stdin_open=True)
    stream = api.attach_socket(container.id, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    container.start()
    send(stream, b"a line\nthe rest")
    step("attach socket", lambda: written(stream, b"the rest"))
    send(stream, b"\n")
    step("the end", lambda: frames(stream, tty=False))
    stream.close()
    step("exit code after it", container.wait)
    container.remove()

    container = client.containers.create(IMAGE, "sh", name="dpy-attach", stdin_open=True, tty=True)
    stream = api.attach_socket(container.id, params={"stdin": 1, "stdout": 1, "stream": 1, "detachKeys": "ctrl-x"})
    container.start()
    step("resize of a container", lambda: container.resize(41, 123))
    send(stream, b"stty size; echo $((40 + 2))\n")
    step("terminal of a container", lambda: "41 123\r\n42" in until(stream, b"\r\n42\r\n"))
    send(stream, b"\x18")
    step("detach keys end the stream", lambda: len(frames(stream, tty=True)) < 2)
    stream.close()
    container.reload()
    step("runs on", lambda: container.status)
    container.remove(force=True)
    step("attach to a removed one", lambda: api.attach_socket(container.id))


def send(stream, data):
    """Without TLS, docker-py returns a reader with the socket in it."""
    getattr(stream, "_sock", stream).sendall(data)


def frames(stream, tty):
    """Each stream's bytes, whole."""
    found = {}
    for kind, data in frames_iter(stream, tty):
        found[str(kind)] = found.get(str(kind), b"") + data
    return found


def written(stream, end):
    """What is written until then, however it is cut into frames. docker-py's own reader waits for bytes that TLS has already read."""
    found = b""
    while not found.endswith(end):
        found += received(stream, int.from_bytes(received(stream, 8)[4:], "big"))
    return found


def received(stream, size):
    found = b""
    while len(found) < size:
        data = getattr(stream, "_sock", stream).recv(size - len(found))
        if not data:
            raise EOFError(found)
        found += data
    return found


def joined(pairs):
    out, err = b"", b""
    for one, other in pairs:
        out, err = out + (one or b""), err + (other or b"")
    return [out, err]


def until(stream, end):
    found = b""
    while end not in found:
        data = read(stream)
        if not data:
            raise EOFError(found)
        found += data
    return found.decode("latin1")


def tar_of(name, content=b""):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return data.getvalue()
