import hashlib
import io
import tarfile

IMAGE = "fairlead-lab/busybox:1"


def run(step, client):
    container = client.containers.create(IMAGE, ["sleep", "600"], name="dpy-archives")
    for status in ("created", "running"):
        both(step, container, status)
        container.start()
    container.pause()
    step("into a paused one", lambda: container.put_archive("/tmp", tar_of({"later": b"x"})))
    container.unpause()
    container.remove(force=True)
    step("into a removed one", lambda: container.put_archive("/tmp", tar_of({})))
    step("out of a removed one", lambda: container.get_archive("/tmp"))
    read_only = client.containers.create(IMAGE, "true", name="dpy-archives", read_only=True)
    step("into a read-only one", lambda: read_only.put_archive("/", tar_of({"x": b""})))
    read_only.remove()


def both(step, container, status):
    files = {"folder/small": b"text\n", "folder/large": bytes(range(256)) * 12_000, "folder/ünï cödé": b"", "folder/empty": b""}
    step(f"put, {status}", lambda: container.put_archive("/tmp", tar_of(files)))
    step(f"put as a stream, {status}", lambda: container.put_archive("/tmp", io.BytesIO(tar_of({"streamed": b"a" * 100_000}))))
    step(f"put in chunks, {status}", lambda: container.put_archive("/tmp", chunks(tar_of({"chunked": b"b" * 3_000_000}))))
    step(f"get, {status}", lambda: got(container, "/tmp/folder"))
    step(f"get in large pieces, {status}", lambda: got(container, "/tmp/chunked", chunk_size=None))
    step(f"get encoded, {status}", lambda: got(container, "/tmp/streamed", encode_stream=True))
    step(f"get one, {status}", lambda: got(container, "/tmp/folder/ünï cödé"))
    step(f"get a link, {status}", lambda: got(container, "/bin/sh"))
    step(f"put where nothing is, {status}", lambda: container.put_archive("/no/such", tar_of({"x": b"x" * 20_000_000})))
    step(f"put into a file, {status}", lambda: container.put_archive("/etc/passwd", tar_of({"x": b"x"})))
    step(f"put what is no archive, {status}", lambda: container.put_archive("/tmp", b"no archive at all" * 100))
    step(f"put half an archive, {status}", lambda: container.put_archive("/tmp", tar_of({"x": b"x" * 5_000})[:2_000]))
    step(f"get what is not there, {status}", lambda: container.get_archive("/no/such"))
    step(f"get without a path, {status}", lambda: container.get_archive(""))


def got(container, path, **how):
    pieces, stat = container.get_archive(path, **how)
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
        members = [[m.name, m.mode, m.size, m.linkname, digest(tar, m)] for m in tar.getmembers()]
    return [{key: stat[key] for key in ("name", "mode", "linkTarget")}, sorted(members)]


def digest(tar, member):
    return hashlib.md5(tar.extractfile(member).read()).hexdigest() if member.isfile() else ""


def chunks(data):
    for start in range(0, len(data), 70_000):
        yield data[start:start + 70_000]


def tar_of(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return data.getvalue()
