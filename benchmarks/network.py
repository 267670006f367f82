#!/usr/bin/env python3
"""What Containr's networks cost, beside what the kernel alone costs: medians of interleaved rounds in one run.

  benchmarks/network.py [DIRECTORY OF THE BUILT PROGRAMS]      as root
  PARTS="dns tcp gro ports one up stats" ROUNDS=5 SECONDS=3 CONTAINERS=200 SERVICES=50

  dns    answers a second and their median, of one busy client in a container; the processor time of an answer
  tcp    iperf3 between two containers, and over a bridge and two veth pairs made by hand in the same run
  gro    the same by hand without and with GRO on the pairs
  ports  connections a second to a published port: host-firewall, docker-like, a DNAT rule made by hand, and Docker's own
  one    one more container on a network of many: the time of the command, without and with a network
  up     a stack of many services with and without a network: which share of its time the network has
  stats  the use of all containers of a stack, once

Every number stands beside one of the same run and its ratio to that: what the kernel does by hand, or a rival's.

Works in a network namespace, state directories, cgroups, nft tables and link names of its own; leaves nothing. Measures,
asserts nothing."""
import os, shutil, socket, statistics, struct, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "../.build/release"))
PARTS = os.environ.get("PARTS", "dns tcp gro ports one up stats").split()
ROUNDS, SECONDS = int(os.environ.get("ROUNDS", "5")), int(os.environ.get("SECONDS", "3"))
if os.environ.get("CONTAINR_BENCH_INSIDE") != "1":
    os.environ["CONTAINR_BENCH_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])

WORK = tempfile.mkdtemp(prefix="containr-bench-", dir="/var/tmp")
os.environ.update(
    CONTAINR_STATE_DIR=WORK + "/state", CONTAINR_RUN_DIR=WORK + "/run", CONTAINR_CGROUP_PARENT=f"containr-bench-{os.getpid()}",
    CONTAINR_NFT_TABLE=f"containr_bench_{os.getpid()}", CONTAINR_LINK_PREFIX="bch", CONTAINR_ADDRESS_POOL="10.214.0.0/16")
STARTED = []


def sh(line, **more):
    return subprocess.run(line, shell=True, check=True, text=True, stdout=subprocess.PIPE, **more).stdout


def containr(program, *words):
    return subprocess.run([f"{BIN}/{program}", *words], check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def start(*words):
    STARTED.append(subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    return STARTED[-1]


def stack(text):
    with open(WORK + "/stack.yaml", "w") as file:
        file.write("name: bench\nservices:\n" + text)
    containr("containr-up", "-d", "-y", WORK + "/stack.yaml")


def down():
    containr("containr-down", "-v", "-y", WORK + "/stack.yaml")


def rows():
    import json
    return {row["name"]: row for row in json.loads(containr("containr", "ps", "--json", "-p", "bench"))}


def service(name, more=""):
    return f'  {name}: {{layers: [{WORK}/base], command: [sleep, "100000"], stop_signal: SIGKILL{more}}}\n'


def inside(pid, *words):
    return ["nsenter", "-t", str(pid), "-n", *words]


def on(place, *words):
    """On one processor: who is woken on which one is chance, and more than what is measured."""
    all = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(all[place % len(all)]), *words]


def ratio(what, ours, others):
    """Round by round: what stands in one round had the same machine."""
    say(what, [a / b for a, b in zip(ours, others)], "")


def say(what, values, unit):
    print(f"{what:<46} {statistics.median(values):>12.2f} {unit}   [{min(values):.2f} … {max(values):.2f}]", flush=True)


DNS = """
import socket, time, sys
q = b"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\3web\\0\\0\\1\\0\\1"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect((sys.argv[1], 53)); s.settimeout(1)
times = []
for _ in range(2000):
    t = time.perf_counter(); s.send(q); s.recv(512); times.append(time.perf_counter() - t)
times.sort()
end = time.time() + float(sys.argv[2]); count = 0; flight = 32
for _ in range(flight): s.send(q)
while time.time() < end:
    for _ in range(flight): s.recv(512); count += 1
    for _ in range(flight): s.send(q)
print(count / float(sys.argv[2]), times[len(times) // 2] * 1e6)
"""


def supervisor():
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                words = open(f"/proc/{entry}/cmdline").read().split("\0")
                if "supervise" in words and "keep" not in words[0] and WORK in open(f"/proc/{entry}/environ").read():
                    return int(entry)
            except OSError:
                pass
    raise SystemExit("the supervisor is not there")


def processor(pid):
    """Seconds of processor time of a process."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def dns():
    stack(service("web") + service("asker"))
    pid = rows()["bench-asker-1"]["pid"]
    gateway = sh(f"nsenter -t {pid} -n ip route show default").split()[2]
    rates, medians = [], []
    for _ in range(ROUNDS):
        rate, median = sh(" ".join(inside(pid, "python3", "-c", f"'{DNS}'", gateway, str(SECONDS)))).split()
        rates.append(float(rate)), medians.append(float(median))
    before, begin = processor(supervisor()), time.perf_counter()
    sh(" ".join(inside(pid, "python3", "-c", f"'{DNS}'", gateway, str(SECONDS))))
    used = processor(supervisor()) - before
    say("dns: answers, client on the same machine", rates, "/s")
    say("dns: answers, of a processor for the server alone", [statistics.median(rates) * SECONDS / used] if used else [0], "/s")
    say("dns: one question at a time", medians, "us")
    down()


def iperf(near, far, address):
    server = start(*far, "iperf3", "-s", "-1")
    time.sleep(0.3)
    import json
    out = subprocess.run([*near, "iperf3", "-c", address, "-t", str(SECONDS), "-J"], check=True, text=True, stdout=subprocess.PIPE)
    server.wait()
    return json.loads(out.stdout)["end"]["sum_received"]["bits_per_second"] / 1e9


def tcp():
    if not shutil.which("iperf3"):
        return print("tcp: left out, iperf3 is not installed (scripts/packages.sh --bench)")
    stack(service("a") + service("b"))
    all = rows()
    ours = (inside(all["bench-a-1"]["pid"]), inside(all["bench-b-1"]["pid"]), all["bench-b-1"]["addresses"][0].split()[-1])
    sh("ip link add bare0 type bridge && ip link set bare0 up")
    ends = []
    for number in (1, 2):
        holder = start("unshare", "--net", "sleep", "100000")
        time.sleep(0.2)
        sh(f"ip link add bare{number} type veth peer name eth0 netns {holder.pid} && ip link set bare{number} master bare0 up")
        sh(f"nsenter -t {holder.pid} -n sh -c 'ip address add 10.99.0.{number}/24 dev eth0; ip link set eth0 up; ip link set lo up'")
        ends.append(inside(holder.pid))
    bare = (ends[0], ends[1], "10.99.0.2")
    measured = {"tcp: two containers": [], "tcp: bridge and veth pairs by hand": []}
    for _ in range(ROUNDS):
        # Whoever is first has the cooler processor.
        turns = list(zip(measured, (ours, bare)))
        for name, setup in turns if _ % 2 else reversed(turns):
            measured[name].append(iperf(*setup))
    for name, values in measured.items():
        say(name, values, "Gbit/s")
    ratio("tcp: ours to by hand (aim 0.98)", *measured.values())
    down()


def gro():
    """What GRO on both ends of a pair would give: Docker, podman and the kernel leave it off."""
    if not shutil.which("iperf3") or not shutil.which("ethtool"):
        return print("gro: left out, iperf3 or ethtool is not installed (scripts/packages.sh --bench)")
    sh("ip link add bare0 type bridge && ip link set bare0 up")
    ends, measured = [], {"gro: off, as the kernel has it": [], "gro: on": []}
    for number in (1, 2):
        holder = start("unshare", "--net", "sleep", "100000")
        time.sleep(0.2)
        sh(f"ip link add bare{number} type veth peer name eth0 netns {holder.pid} && ip link set bare{number} master bare0 up")
        sh(f"nsenter -t {holder.pid} -n sh -c 'ip address add 10.99.0.{number}/24 dev eth0; ip link set eth0 up; ip link set lo up'")
        ends.append(inside(holder.pid))
    for _ in range(ROUNDS):
        for name, word in zip(measured, ("off", "on")):
            for number, end in enumerate(ends, 1):
                sh(f"ethtool -K bare{number} gro {word}; {' '.join(end)} ethtool -K eth0 gro {word}")
            measured[name].append(iperf(ends[0], ends[1], "10.99.0.2"))
    for name, values in measured.items():
        say(name, values, "Gbit/s")
    ratio("gro: on to off", *reversed(list(measured.values())))


CONNECT = """
import socket, time, sys
end = time.time() + float(sys.argv[3]); count = 0
while time.time() < end:
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\\1\\0\\0\\0\\0\\0\\0\\0")
    s.connect((sys.argv[1], int(sys.argv[2]))); s.close(); count += 1
print(count / float(sys.argv[3]))
"""


def ports():
    listen = "import socket; s = socket.socket(); s.bind((\"0.0.0.0\", 80)); s.listen(4096)\nwhile True: s.accept()[0].close()"
    world = start("unshare", "--net", "sleep", "100000")
    time.sleep(0.2)
    sh(f"ip link add uplink type veth peer name eth0 netns {world.pid} && ip address add 198.51.100.1/24 dev uplink && ip link set uplink up")
    sh(f"nsenter -t {world.pid} -n sh -c 'ip address add 198.51.100.2/24 dev eth0; ip link set eth0 up'")
    sh("ip route replace default via 198.51.100.2")
    stack(service("obeys", ', ports: ["8080:80"]') + service("open", ', ports: ["8081:80"], x-containr: {publish: docker-like}'))
    for row in rows().values():
        start(*inside(row["pid"], *on(1, "python3", "-c", listen)))
    bare = start("unshare", "--net", "sleep", "100000")
    time.sleep(0.5)
    sh("ip link add bare0 type bridge && ip address add 10.99.0.1/24 dev bare0 && ip link set bare0 up")
    sh(f"ip link add bare1 type veth peer name eth0 netns {bare.pid} && ip link set bare1 master bare0 up")
    sh(f"nsenter -t {bare.pid} -n sh -c 'ip address add 10.99.0.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.99.0.1'")
    start(*inside(bare.pid, *on(1, "python3", "-c", listen)))
    sh("for f in bare0 uplink; do echo 1 > /proc/sys/net/ipv4/conf/$f/forwarding; done")
    # As Docker's: a DNAT rule of its own a port, and what is forwarded looked at once.
    sh("""nft -f - <<'N'
table ip bare {
  chain DOCKER {
    iifname != "bare0" tcp dport 8082 dnat to 10.99.0.2:80
  }
  chain prerouting { type nat hook prerouting priority -100; policy accept; fib daddr type local jump DOCKER; }
  chain forward { type filter hook forward priority 0; policy accept; ct state established,related accept; ip daddr 10.99.0.2 tcp dport 80 accept; }
}
N""".replace("; }\n", ";\n}\n").replace("{ type", "{\ntype"))
    time.sleep(0.3)
    measured = {
        "ports: host-firewall": (world.pid, "198.51.100.1", 8080), "ports: docker-like": (world.pid, "198.51.100.1", 8081),
        "ports: DNAT by hand, as Docker's": (world.pid, "198.51.100.1", 8082)}
    docker = Docker(listen) if shutil.which("dockerd") and shutil.which("docker") else None
    if docker:
        measured["ports: Docker"] = (docker.world.pid, "198.51.101.1", 8083)
    else:
        print("ports: Docker's own path is left out: dockerd is not installed (scripts/packages.sh --bench)")
    try:
        values = {name: [] for name in measured}
        for turn in range(ROUNDS * SECONDS):
            # What was before matters: connections that are not forgotten yet. So each is first in turn, for a second.
            at = turn % len(measured)
            for name, (pid, address, port) in (list(measured.items()) * 2)[at:at + len(measured)]:
                out = sh(" ".join(inside(pid, *on(0, "python3", "-c", f"'{CONNECT}'", address, str(port), "1"))))
                values[name].append(float(out))
        for name in measured:
            say(name, values[name], "/s")
        for rival in list(measured)[2:]:
            for name in list(measured)[:2]:
                ratio(f"{name} to {rival.removeprefix('ports: ')} (aim 1)", values[name], values[rival])
    finally:
        if docker:
            docker.end()
    sh("nft delete table ip bare")
    down()


class Docker:
    """dockerd with one published port, in a network and a mount namespace of its own: its rules forbid what others forward."""

    def __init__(self, listen):
        self.place = start("unshare", "--net", "--mount", "sleep", "100000")
        self.world = start("unshare", "--net", "sleep", "100000")
        time.sleep(0.3)
        self.enter = ["nsenter", "-t", str(self.place.pid), "-n", "-m"]
        own, world = self.place.pid, self.world.pid
        sh(f"nsenter -t {own} -n sh -c 'ip link set lo up; ip link add uplink type veth peer name eth0 netns {world}; "
           "ip address add 198.51.101.1/24 dev uplink; ip link set uplink up; ip route add default via 198.51.101.2'", )
        sh(f"nsenter -t {world} -n sh -c 'ip address add 198.51.101.2/24 dev eth0; ip link set eth0 up'")
        self.socket = f"unix://{WORK}/docker.sock"
        self.log = open(WORK + "/dockerd.log", "w")
        self.daemon = subprocess.Popen(
            [*self.enter, "dockerd", "--data-root", WORK + "/docker", "--exec-root", WORK + "/docker-exec", "-p", WORK + "/docker.pid",
             "-H", self.socket, "--ip-forward=true"], stdout=self.log, stderr=self.log)
        try:
            for _ in range(100):
                if subprocess.run(["docker", "-H", self.socket, "info"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                    break
                time.sleep(0.2)
            else:
                raise SystemExit("dockerd does not answer:\n" + open(WORK + "/dockerd.log").read()[-2000:])
            sh(f"tar -C {WORK}/base -c . | {self.docker('import - bench')}")
            sh(self.docker("run -d --name one -p 8083:80 bench /bin/sleep 100000"))
            pid = sh(self.docker("inspect -f '{{.State.Pid}}' one")).strip()
            start(*inside(pid, *on(1, "python3", "-c", listen)))
            time.sleep(0.5)
        except BaseException:
            self.end()
            raise

    def docker(self, words):
        return f"docker -H {self.socket} {words}"

    def end(self):
        subprocess.run(self.docker("rm -f one"), shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.daemon.terminate()
        self.daemon.wait()
        self.log.close()


def one():
    many = int(os.environ.get("CONTAINERS", "200"))
    times = {"one: one more on a network": [], "one: one more without a network": []}
    stack(service("many", f", scale: {many}"))
    for _ in range(ROUNDS):
        for name, more in zip(times, ("", ", network_mode: none")):
            begin = time.perf_counter()
            containr("containr-up", "-d", "-y", "--remove-orphans", WORK + "/stack.yaml")
            idle = time.perf_counter() - begin
            begin = time.perf_counter()
            stack(service("many", f", scale: {many}") + service("one", more))
            times[name].append((time.perf_counter() - begin - idle) * 1000)
            with open(WORK + "/stack.yaml", "w") as file:
                file.write("name: bench\nservices:\n" + service("many", f", scale: {many}"))
            containr("containr-up", "-d", "-y", "--remove-orphans", WORK + "/stack.yaml")
    for name, values in times.items():
        say(name + f" of {many}", values, "ms")
    costs = [a - b for a, b in zip(*times.values())]
    say("one: what the network costs", costs, "ms")
    kernel = pairs(ROUNDS)
    say("one: of that ours, without the pair (aim 5)", [cost - kernel for cost in costs], "ms")
    down()


def pairs(rounds):
    """The kernel's own part of one more, which is answered: a pair by hand onto the same bridge, with its addresses and both
    ends up, in two calls of ip(8), less two calls that do nothing."""
    bridge = sh("ip -o link show type bridge").split(": ")[1]
    values, nothing = [], []
    for _ in range(rounds):
        holder = start("unshare", "--net", "sleep", "100000")
        time.sleep(0.2)
        near = f"link add bare1 type veth peer name eth0 netns {holder.pid}\nlink set bare1 master {bridge} up\n"
        far = ("link set lo up\nlink set eth0 up\naddress add 10.214.255.2/24 dev eth0\naddress add fd00:214::2/64 dev eth0 nodad\n"
               "route add default via 10.214.255.1\nroute add default via fd00:214::1\n")
        for times, (first, second) in ((nothing, ("", "")), (values, (near, far))):
            begin = time.perf_counter()
            subprocess.run(["ip", "-batch", "-"], input=first, text=True, check=True)
            subprocess.run(inside(holder.pid, "ip", "-batch", "-"), input=second, text=True, check=True)
            times.append((time.perf_counter() - begin) * 1000)
        sh("ip link delete bare1")
    say("one: a pair by hand onto the same bridge", values, "ms")
    say("one: the same two calls with nothing to do", nothing, "ms")
    return statistics.median(values) - statistics.median(nothing)


def up():
    many = int(os.environ.get("SERVICES", "50"))
    texts = {
        "up: on a network": "".join(service(f"s{n}") for n in range(many)),
        "up: without a network": "".join(service(f"s{n}", ", network_mode: none") for n in range(many))}
    times, downs = {name: [] for name in texts}, {name: [] for name in texts}
    for _ in range(ROUNDS):
        turns = list(texts.items())
        for name, text in turns if _ % 2 else reversed(turns):
            begin = time.perf_counter()
            stack(text)
            times[name].append((time.perf_counter() - begin) * 1000)
            begin = time.perf_counter()
            down()
            downs[name].append((time.perf_counter() - begin) * 1000)
    for name, values in times.items():
        say(f"{name}, {many} services", values, "ms")
    on, off = times.values()
    say("up: share of the network (aim under 0.25)", [max(0, a - b) / a for a, b in zip(on, off)], "")
    on, off = downs.values()
    for name, values in downs.items():
        say(name.replace("up:", "down:"), values, "ms")
    say("down: share of the network", [max(0, a - b) / a for a, b in zip(on, off)], "")


def stats():
    many = int(os.environ.get("STATS", "100"))
    stack(service("many", f", scale: {many}"))
    times = {"stats": [], "stats: ps of the same": [], "stats: version, which looks at nothing": []}
    for _ in range(ROUNDS):
        for name, words in zip(times, (["stats", "-p", "bench", "--no-stream", "--interval", "0"], ["ps", "-p", "bench"], ["version"])):
            begin = time.perf_counter()
            containr("containr", *words)
            times[name].append((time.perf_counter() - begin) * 1000)
    for name, values in times.items():
        say(name + (f" of {many} containers" if name == "stats" else ""), values, "ms")
    ratio("stats: to ps", times["stats"], times["stats: ps of the same"])
    down()


try:
    sh("mount --make-rprivate / && ip link set lo up")
    os.makedirs(WORK + "/base/bin"), os.makedirs(WORK + "/base/etc")
    shutil.copy("/bin/busybox", WORK + "/base/bin/busybox")
    os.symlink("busybox", WORK + "/base/bin/sleep")
    for part in PARTS:
        try:
            {"dns": dns, "tcp": tcp, "gro": gro, "ports": ports, "one": one, "up": up, "stats": stats}[part]()
        finally:
            for process in STARTED:
                process.kill(), process.wait()
            STARTED.clear()
            subprocess.run("ip link delete bare0; ip link delete uplink", shell=True, stderr=subprocess.DEVNULL)
finally:
    if os.path.exists(WORK + "/stack.yaml"):
        subprocess.run([f"{BIN}/containr-down", "-v", "-y", "-p", "bench"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.rmtree(WORK, ignore_errors=True)
