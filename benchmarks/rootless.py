#!/usr/bin/env python3
"""What an ordinary user's containers cost, beside podman's of the same user and beside root's: medians of interleaved rounds.

  benchmarks/rootless.py [DIRECTORY OF THE BUILT PROGRAMS]      as root
  PARTS="run ports out" ROUNDS=30 SECONDS=3 RUNTIMES="crun runc"

  run    a container that runs true and goes: `containr run` and `podman run`, the user's namespaces of both being there
  ports  iperf3 from outside to a published port: the user's relay, and root's rules
  out    iperf3 from a container to the outside: the user's pasta, and root's rules

podman is given: overlay as its storage, an image of the same busybox, no network, crun without cgroups (which the user has none
of) and, where the hierarchies are hybrid, without the v2 tree in sight, since crun refuses those; runc with cgroups, since
podman lets it not be without.

Works in network and mount namespaces, state directories, cgroups, nft tables and link names of its own, as a user that it makes
there; leaves nothing. Measures, asserts nothing."""
import json, os, shutil, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "../.build/release"))
PARTS = os.environ.get("PARTS", "run ports out").split()
ROUNDS, SECONDS = int(os.environ.get("ROUNDS", "30")), int(os.environ.get("SECONDS", "3"))
RUNTIMES = os.environ.get("RUNTIMES", "crun runc").split()
if os.environ.get("CONTAINR_BENCH_INSIDE") != "1":
    os.environ["CONTAINR_BENCH_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])

UID = 31000
WORK = tempfile.mkdtemp(prefix="containr-bench-", dir="/var/tmp")
HOME, OUTSIDE = WORK + "/home", f"containr-bench-{os.getpid()}"
HOST, WORLD = "198.51.100.1", "198.51.100.2"
ROOT = dict(
    CONTAINR_STATE_DIR=WORK + "/state", CONTAINR_RUN_DIR=WORK + "/run", CONTAINR_CGROUP_PARENT=f"containr-bench-{os.getpid()}",
    CONTAINR_NFT_TABLE=f"containr_bench_{os.getpid()}", CONTAINR_LINK_PREFIX="bch", CONTAINR_ADDRESS_POOL="10.214.0.0/17")
USER = dict(HOME=HOME, XDG_RUNTIME_DIR=WORK + "/xdg", PATH=f"{WORK}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            CONTAINR_ADDRESS_POOL="10.214.128.0/17")


def sh(line):
    return subprocess.run(line, shell=True, check=True, text=True, stdout=subprocess.PIPE).stdout


def as_user(*words):
    return ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--inh-caps=-all", "env", "-i", "-C", HOME,
            *[f"{name}={value}" for name, value in USER.items()], *words]


def containr(whose, program, *words):
    line = as_user(program, *words) if whose == "user" else [f"{BIN}/{program}", *words]
    environment = os.environ if whose == "user" else {**os.environ, **ROOT}
    return subprocess.run(line, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment).stdout


def prepare():
    for name in ["new", "work", "home", "xdg", "bin", "base/bin", "base/tmp"]:
        os.makedirs(f"{WORK}/{name}")
    os.chmod(WORK, 0o755)
    shutil.copy(shutil.which("busybox"), WORK + "/base/bin/busybox")
    for name in ["sh", "true", "sleep"]:
        os.symlink("busybox", f"{WORK}/base/bin/{name}")
    shutil.copy("/etc/passwd", WORK + "/new/passwd")
    with open(WORK + "/new/passwd", "a") as file:
        file.write(f"bench:x:{UID}:{UID}::{HOME}:/bin/sh\n")
    for name in ["subuid", "subgid"]:
        with open(f"{WORK}/new/{name}", "w") as file:
            file.write(f"bench:{UID * 100000}:65536\n")
    os.makedirs(HOME + "/.config/containers")
    with open(HOME + "/.config/containers/storage.conf", "w") as file:
        file.write('[storage]\ndriver = "overlay"\n')
    sh(f"""
      mknod {WORK}/tun c 10 200; chmod 666 {WORK}/tun
      chown -R {UID}:{UID} {HOME} {WORK}/xdg; chmod 700 {WORK}/xdg
      mount --make-rprivate /
      mount -t overlay overlay -o lowerdir=/etc,upperdir={WORK}/new,workdir={WORK}/work /etc
      mount --bind {WORK}/tun /dev/net/tun
      mount --bind {BIN} {WORK}/bin
      if [ -e /sys/fs/cgroup/unified/cgroup.procs ]; then umount /sys/fs/cgroup/unified; fi
      ip link set lo up
      ip netns add {OUTSIDE}
      ip link add uplink type veth peer name world netns {OUTSIDE}
      ip address add {HOST}/24 dev uplink; ip link set uplink up
      ip -n {OUTSIDE} link set lo up
      ip -n {OUTSIDE} address add {WORLD}/24 dev world; ip -n {OUTSIDE} link set world up
      ip route add default via {WORLD}
      """)


def say(what, values, unit):
    print(f"{what:<46} {statistics.median(values):>10.2f} {unit}   [{min(values):.2f} … {max(values):.2f}]", flush=True)


def ratio(what, ours, others):
    """Round by round: what stands in one round had the same machine."""
    say(what, [a / b for a, b in zip(ours, others)], "×")


# Runs as the user: one line of milliseconds a round, in the order of the commands.
LOOP = """
import json, subprocess, sys, time
for _ in range(int(sys.argv[1])):
    times = []
    for words in json.loads(sys.argv[2]):
        begin = time.perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - begin) * 1000)
    print(*times, flush=True)
"""


def run():
    sh(f"tar -C {WORK}/base -cf {WORK}/base.tar .")
    subprocess.run(as_user("podman", "--log-level=error", "import", "--quiet", WORK + "/base.tar", "bench:1"), check=True,
                   stdout=subprocess.DEVNULL)
    ours = ["containr", "run", "--rm", "--network", "none", "--layer", WORK + "/base", "--", "/bin/true"]
    names, lines = ["containr run"], [ours]
    for runtime in RUNTIMES:
        path = shutil.which(runtime) or shutil.which(runtime, path="/usr/sbin:/usr/local/sbin")
        if path is None:
            print(f"{runtime} is not installed: not measured")
            continue
        more = ["--cgroups=disabled"] if runtime == "crun" else []
        names.append(f"podman run, {runtime}")
        lines.append(["podman", "--log-level=error", "--runtime", path, "run", "--rm", "--network", "none", *more, "bench:1", "/bin/true"])
    # Whoever has containers has the namespaces: podman's stay by themselves, ours with this one.
    keeper = subprocess.Popen(as_user("containr", "run", "--rm", "--network", "none", "--layer", WORK + "/base", "--", "/bin/sleep", "100000"))
    try:
        text = subprocess.run(as_user("python3", "-c", LOOP, str(ROUNDS + 1), json.dumps(lines)), check=True, text=True,
                              stdout=subprocess.PIPE).stdout
    finally:
        keeper.kill()  # its container goes with it
        keeper.wait()
    columns = list(zip(*[[float(word) for word in line.split()] for line in text.splitlines()[1:]]))
    for name, column in zip(names, columns):
        say(name, column, "ms")
    for name, column in list(zip(names, columns))[1:]:
        ratio(f"{name} / containr run", column, columns[0])


STACK = """name: bench
services:
  a: {layers: [%s/base], command: [sleep, "100000"], stop_signal: SIGKILL, ports: ["%d:5201"]}
"""


def pid(whose):
    return str(json.loads(containr(whose, "containr", "ps", "--json", "-p", "bench"))[0]["pid"])


def iperf(server, client):
    """Mbit/s of one TCP connection."""
    listening = subprocess.Popen([*server, "iperf3", "-s", "-1"], stdout=subprocess.DEVNULL)
    for _ in range(100):
        if ":5201" in subprocess.run([*server, "ss", "-Hltn"], text=True, stdout=subprocess.PIPE).stdout:
            break
        time.sleep(0.05)
    text = subprocess.run([*client[0], "iperf3", "-c", *client[1], "-t", str(SECONDS), "-J"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    listening.wait()
    return json.loads(text)["end"]["sum_received"]["bits_per_second"] / 1e6


def throughput():
    places = {"root": (WORK + "/stack.yaml", 5301), "user": (HOME + "/stack.yaml", 5302)}
    for whose, (path, port) in places.items():
        with open(path, "w") as file:
            file.write(STACK % (WORK, port))
        containr(whose, "containr-up", "-d", "-y", path)
    outside = ["ip", "netns", "exec", OUTSIDE]
    try:
        inside = {whose: ["nsenter", "-t", pid(whose), "--net"] for whose in places}
        found = {}
        for _ in range(max(3, ROUNDS // 6)):
            for part in PARTS:
                for whose, (_, port) in places.items():
                    if part == "ports":
                        value = iperf(inside[whose], (outside, [HOST, "-p", str(port)]))
                    elif part == "out":
                        value = iperf(outside, (inside[whose], [WORLD]))
                    else:
                        continue
                    found.setdefault((part, whose), []).append(value)
        for part, words in [("ports", "a published port"), ("out", "to the outside")]:
            if part in PARTS:
                for whose in places:
                    say(f"{words}, {whose}'s", found[part, whose], "Mbit/s")
                ratio(f"{words}, user's / root's", found[part, "user"], found[part, "root"])
    finally:
        for whose, (path, _) in places.items():
            containr(whose, "containr-down", "-v", "-y", "-t", "0", path)


def clear():
    for name in os.listdir("/proc"):
        # The user is ours alone: what is left are podman's and our holders.
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == UID:
                os.kill(int(name), 9)
        except (FileNotFoundError, ProcessLookupError):
            pass
    sh(f"ip netns delete {OUTSIDE}; umount -l {WORK}/bin; umount -l /etc; rm -rf --one-file-system {WORK}")


try:
    prepare()
    if "run" in PARTS:
        run()
    if {"ports", "out"} & set(PARTS):
        throughput()
finally:
    clear()
