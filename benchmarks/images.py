#!/usr/bin/env python3
"""`PARTS=images make bench`: loading and pulling one image, beside docker and podman, interleaved, medians.

  benchmarks/images.py [DIRECTORY OF THE BUILT PROGRAMS]
  ROUNDS=5 MEGABYTES=300 RIVALS="podman docker" benchmarks/images.py .build/release

The image is made of this machine's /usr: six layers, gzip, so many megabytes in all. Every round starts with an empty
store. docker is used where a daemon answers (DOCKER_HOST), podman with a store of its own. The registry is Debian's
docker-registry on loopback. Before a round all stores are emptied and SETTLE (70) seconds go by: ext4 gives an inode of
a removed file to nobody for a minute, and who makes files meanwhile searches for others, at a tenth of the speed.
Everybody begins with nothing left to be written, and first each in turn. Measures, asserts nothing; leaves nothing.
"""
import hashlib, json, os, shutil, signal, statistics, subprocess, sys, tarfile, tempfile, threading, time, zlib

here = os.path.dirname(os.path.abspath(__file__))
built = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../.build/release"))
rounds = int(os.environ.get("ROUNDS", "5"))
megabytes = int(os.environ.get("MEGABYTES", "300"))
rivals = os.environ.get("RIVALS", "podman docker").split()
settle = float(os.environ.get("SETTLE", "70"))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
work = tempfile.mkdtemp(prefix="containr-bench-images-", dir="/var/tmp")
port = int(os.environ.get("REGISTRY_PORT", "5761"))
name = f"127.0.0.1:{port}/bench/image:v1"


def run(*words, **more):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def make_image():
    """An OCI archive and a docker archive of the same layers."""
    layers, diffs, blobs = [], [], os.path.join(work, "layout/blobs/sha256")
    os.makedirs(blobs)
    files = run("sh", "-c", "cd / && find usr -xdev -type f -size -8M -size +1k 2>/dev/null | LC_ALL=C sort").stdout.split("\n")
    want, at = megabytes * (1 << 20) // 6, 0
    for number in range(6):
        pack, packed, plain = zlib.compressobj(6, zlib.DEFLATED, 31), hashlib.sha256(), hashlib.sha256()
        path, size = os.path.join(work, f"layer-{number}"), 0
        with open(path, "wb") as sink:

            class Tee:
                def write(self, data):
                    nonlocal size
                    plain.update(data)
                    some = pack.compress(data)
                    packed.update(some)
                    sink.write(some)
                    size += len(some)
                    return len(data)

            with tarfile.open(fileobj=Tee(), mode="w|") as tar:
                while size < want and at < len(files) - 1:
                    try:
                        tar.add("/" + files[at], files[at], recursive=False)
                    except OSError:
                        pass
                    at += 1
            some = pack.flush()
            packed.update(some)
            sink.write(some)
            size += len(some)
        os.rename(path, os.path.join(blobs, packed.hexdigest()))
        layers.append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + packed.hexdigest(), "size": size})
        diffs.append("sha256:" + plain.hexdigest())

    def blob(value):
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as sink:
            sink.write(data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    config = blob({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["true"]}, "rootfs": {"type": "layers", "diff_ids": diffs}})
    config["mediaType"] = "application/vnd.oci.image.config.v1+json"
    manifest = blob({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers})
    manifest["mediaType"] = "application/vnd.oci.image.manifest.v1+json"
    manifest["annotations"] = {"org.opencontainers.image.ref.name": name}
    with open(os.path.join(work, "layout/index.json"), "w") as sink:
        json.dump({"schemaVersion": 2, "manifests": [manifest]}, sink)
    with open(os.path.join(work, "layout/oci-layout"), "w") as sink:
        sink.write('{"imageLayoutVersion":"1.0.0"}')
    run("tar", "-C", os.path.join(work, "layout"), "-cf", os.path.join(work, "oci.tar"), "oci-layout", "index.json", "blobs")
    run("skopeo", "--insecure-policy", "copy", "-q", f"oci:{work}/layout:{name}", f"docker-archive:{work}/docker.tar:{name}")
    return sum(layer["size"] for layer in layers), len(layers), at


class Memory(threading.Thread):
    """The most proportional memory (PSS) that a process and its descendants had at once, in kB."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.ended = pid, 0, False

    def run(self):
        while not self.ended:
            total, todo = 0, [self.pid]
            while todo:
                pid = todo.pop()
                try:
                    with open(f"/proc/{pid}/smaps_rollup") as text:
                        total += next(int(line.split()[1]) for line in text if line.startswith("Pss:"))
                    for task in os.listdir(f"/proc/{pid}/task"):
                        with open(f"/proc/{pid}/task/{task}/children") as text:
                            todo += [int(word) for word in text.read().split()]
                except (OSError, StopIteration):
                    pass
            self.most = max(self.most, total)
            time.sleep(0.02)


def timed(words, env=None):
    start = time.monotonic()
    child = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    memory = Memory(child.pid)
    memory.start()
    out, _ = child.communicate()
    seconds = time.monotonic() - start
    memory.ended = True
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: {out}")
    return seconds, memory.most


def fresh(directory):
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)


class Containr:
    name = "containr"

    def __init__(self):
        self.env = dict(os.environ, CONTAINR_STATE_DIR=f"{work}/state", CONTAINR_RUN_DIR=f"{work}/run")

    def clear(self):
        fresh(f"{work}/state")

    def load(self):
        return timed([f"{built}/containr", "image", "load", "-q", f"{work}/oci.tar"], self.env)

    def pull(self):
        return timed([f"{built}/containr", "image", "pull", "-q", name], self.env)


class Podman:
    name = "podman"

    def __init__(self):
        self.base = ["podman", "--root", f"{work}/podman", "--runroot", f"{work}/podman-run", "--storage-driver", "overlay", "--cgroup-manager", "cgroupfs"]

    def clear(self):
        if os.path.isdir(f"{work}/podman"):
            subprocess.run(self.base + ["rmi", "-af"], capture_output=True)

    def load(self):
        return timed(self.base + ["load", "-q", "-i", f"{work}/oci.tar"])

    def pull(self):
        return timed(self.base + ["pull", "-q", "--tls-verify=false", name])


class Docker:
    name = "docker"

    def clear(self):
        subprocess.run(["docker", "image", "rm", "-f", name], capture_output=True)
        subprocess.run(["docker", "image", "prune", "-af"], capture_output=True)

    def load(self):
        return timed(["docker", "load", "-q", "-i", f"{work}/docker.tar"])

    def pull(self):
        return timed(["docker", "pull", "-q", name])


def table(title, results):
    base = statistics.median(seconds for seconds, _ in results["containr"])
    print(f"## {title}\n\n| what | median s | min s | max s | ratio | memory MB |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for who, all_runs in results.items():
        seconds = sorted(s for s, _ in all_runs)
        memory = max(m for _, m in all_runs) / 1024
        note = "(client)" if who == "docker" else ""
        print(f"| {who} | {statistics.median(seconds):.2f} | {seconds[0]:.2f} | {seconds[-1]:.2f} | {statistics.median(seconds) / base:.2f} | {memory:.0f} {note} |")
    print()


registry = None
try:
    size, count, files = make_image()
    print(f"image: {count} layers, {size >> 20} MB packed, {files} files; {rounds} rounds, load {os.getloadavg()[0]:.1f}\n")
    parties = [Containr()]
    if "podman" in rivals and shutil.which("podman"):
        parties.append(Podman())
    if "docker" in rivals and shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True).returncode == 0:
        parties.append(Docker())
    for title, action in [("load", "load"), ("pull from a registry on loopback", "pull")]:
        if action == "pull":
            with open(f"{work}/registry.yml", "w") as sink:
                sink.write(f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {work}/registry}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n")
            registry = subprocess.Popen(["docker-registry", "serve", f"{work}/registry.yml"], env=dict(os.environ, OTEL_TRACES_EXPORTER="none"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(1)
            run("skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{work}/layout:{name}", f"docker://{name}")
        results = {party.name: [] for party in parties}
        for number in range(rounds + 1):
            for party in parties:
                party.clear()
            os.sync()
            time.sleep(settle)
            for party in parties[number % len(parties):] + parties[:number % len(parties)]:
                os.sync()
                measured = getattr(party, action)()
                print(f"{action} {number} {party.name}: {measured[0]:.2f} s", file=sys.stderr, flush=True)
                if number > 0:  # the first one warms the page cache
                    results[party.name].append(measured)
        table(title, results)
finally:
    if registry:
        registry.terminate()
        registry.wait()
    subprocess.run(["podman", "--root", f"{work}/podman", "--runroot", f"{work}/podman-run", "--storage-driver", "overlay", "system", "reset", "-f"], capture_output=True) if os.path.isdir(f"{work}/podman") else None
    shutil.rmtree(work, ignore_errors=True)
