import io
import os
import tarfile
import tempfile

from archives import tar_of
from recorder import text

IMAGE = "fairlead-lab/busybox:1"
SLASHES = "dpy.example:5000/a/b/c:1"


def run(step, client):
    builds(step, client)
    names(step, client)
    transfer(step, client)
    registries(step, client)
    pruned(step, client)


def builds(step, client):
    build = lambda dockerfile, files=None, **how: client.images.build(
        fileobj=io.BytesIO(tar_of({"Dockerfile": dockerfile.encode(), **(files or {})})), custom_context=True, **how)
    logged = lambda result: [[line for line in result[1]], result[0].tags, result[0].labels]
    step("build from scratch", lambda: logged(build("FROM scratch\nCOPY a /a\n", {"a": b"a"}, tag="dpy/scratch:1")))
    step("build", lambda: logged(build(
        f"ARG WHO\nFROM {IMAGE} AS first\nARG WHO\nRUN echo $WHO > /who; seq 1 500\nFROM first AS second\nLABEL a=b\nUSER 5\nCMD cat /who\n",
        tag="dpy/built:1", buildargs={"WHO": "ünï"}, labels={"c": "d"}, rm=True, nocache=True, target="second")))
    step("run what was built", lambda: client.containers.run("dpy/built:1", remove=True))
    step("build with 8 MB of context", lambda: logged(build("FROM scratch\nCOPY large /\n", {"large": os.urandom(8_000_000)}, tag="dpy/large:1"))[1:])
    step("build compressed", lambda: folder_build(client))
    step("build that fails", lambda: build(f"FROM {IMAGE}\nRUN echo before; exit 3\n", rm=True, forcerm=True))
    step("build of a bad file", lambda: build("NONSENSE\n"))
    step("build without a file", lambda: client.images.build(fileobj=io.BytesIO(tar_of({"x": b""})), custom_context=True))
    step("build from what is not there", lambda: build("FROM 127.0.0.1:1/no/such:1\n"))
    step("build, low level", lambda: [line for line in client.api.build(
        fileobj=io.BytesIO(f"FROM {IMAGE}\nENV A=b\n".encode()), tag="dpy/low:1", decode=True)])
    step("build of a remote that is not there", lambda: list(client.api.build(path="http://127.0.0.1:1/no.git", decode=True)))


def folder_build(client):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {"Dockerfile": "FROM scratch\nCOPY . /\n", ".dockerignore": "hidden\n", "hidden": "h", "shown": "s"}.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(content)
        image, _ = client.images.build(path=folder, gzip=True, tag="dpy/folder:1")
    container = client.containers.create(image, "none", name="dpy-folder")
    with tarfile.open(fileobj=io.BytesIO(b"".join(container.export()))) as tar:
        names = sorted(name for name in tar.getnames() if name in ("hidden", "shown"))
    container.remove()
    return names


def names(step, client):
    image = client.images.get(IMAGE)
    step("inspect by a name with a slash", lambda: image.attrs["RepoTags"])
    step("tag", lambda: image.tag("dpy.example:5000/a/b/c", tag="1"))
    step("inspect by a name with slashes and a port", lambda: client.images.get(SLASHES).attrs)
    step("bad tag", lambda: image.tag("NO GOOD"))
    step("history", client.images.get("dpy/built:1").history)
    step("list by name", lambda: [i.tags for i in client.images.list("dpy/built")])
    step("list by filter", lambda: sorted(sum([i.tags for i in client.images.list(filters={"label": "a=b"})], [])))
    step("list all", lambda: len(client.images.list(all=True)) > 3)
    step("untag", lambda: client.images.remove(SLASHES))
    step("untag again", lambda: client.images.remove(SLASHES))
    container = client.containers.create("dpy/scratch:1", "none", name="dpy-holder")
    step("remove one in use", lambda: client.images.remove("dpy/scratch:1"))
    container.remove()


def transfer(step, client):
    image = client.images.get("dpy/built:1")
    saved = b"".join(image.save(named=True))
    step("save", lambda: members(saved))
    step("save in large pieces", lambda: members(b"".join(image.save(chunk_size=2**20, named="dpy/built:1"))))
    step("save under a name that is not its own", lambda: image.save(named="other:1"))
    step("save of what is not there", lambda: b"".join(client.api.get_image("fairlead-no-such:1")))
    client.images.remove("dpy/built:1", force=True)
    step("load", lambda: [i.tags for i in client.images.load(saved)])
    step("load from a stream", lambda: [line for line in client.api.load_image(io.BytesIO(saved), quiet=True)])
    step("load of no archive", lambda: client.images.load(b"no archive"))
    step("load of half an archive", lambda: client.images.load(saved[: len(saved) // 2]))
    rootfs = tar_of({"hello": b"hello\n"})
    step("import", lambda: client.api.import_image_from_data(rootfs, repository="dpy/imported", tag="1"))
    step("import with changes", lambda: imported_file(client, rootfs))
    step("import from an address that is not there", lambda: client.api.import_image_from_url(
        "http://127.0.0.1:1/no.tar", repository="dpy/imported"))
    step("import of no archive", lambda: client.api.import_image_from_data(b"x" * 2_000, repository="dpy/imported"))
    step("what was imported", lambda: [i.attrs["Config"]["Env"] for i in client.images.list("dpy/imported:2")])


def imported_file(client, rootfs):
    # docker-py's import from a stream sends both a length and "chunked", which the engine cannot read either.
    with tempfile.NamedTemporaryFile() as file:
        file.write(rootfs)
        file.flush()
        return client.api.import_image_from_file(file.name, repository="dpy/imported", tag="2", changes=["ENV A=b"])


def registries(step, client):
    step("pull", lambda: client.images.pull("127.0.0.1:1/no/such", tag="1"))
    step("pull with credentials", lambda: client.images.pull("127.0.0.1:1/no", auth_config={"username": "u", "password": "p"}))
    step("pull, streamed", lambda: list(client.api.pull("127.0.0.1:1/no", tag="1", stream=True, decode=True)))
    step("registry data", lambda: client.images.get_registry_data("127.0.0.1:1/no"))
    client.images.get(IMAGE).tag("127.0.0.1:1/no", tag="1")
    step("push", lambda: pushed(client))
    client.images.remove("127.0.0.1:1/no:1")


def pushed(client):
    # How often the engine says that it tries again is its own affair.
    lines = list(client.images.push("127.0.0.1:1/no", tag="1", stream=True, decode=True))
    return [lines[0], lines[-1]]


def pruned(step, client):
    step("prune of builds", lambda: client.images.prune_builds()["SpaceReclaimed"] >= 0)
    for image in client.images.list("dpy/*"):
        for tag in image.tags:
            client.images.remove(tag, force=True)
    client.images.build(fileobj=io.BytesIO(b"FROM scratch\nLABEL dangling=yes\n"))
    step("prune", lambda: len(client.images.prune(filters={"dangling": True})["ImagesDeleted"] or []) > 0)
    step("prune of nothing", lambda: client.images.prune(filters={"dangling": True}))
    step("images that are left", lambda: sorted(tag for i in client.images.list() for tag in i.tags))


def members(archive):
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return sorted(text(member.name.split("/")[-1]) for member in tar.getmembers() if member.isfile())
