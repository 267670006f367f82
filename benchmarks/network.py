#!/usr/bin/env python3
"""What Containr's networks cost, beside what the kernel alone costs: medians of interleaved rounds in one run.

  benchmarks/network.py [DIRECTORY OF THE BUILT PROGRAMS]      as root
  PARTS="dns tcp ports up" ROUNDS=5 SECONDS=3

  dns    answers a second and their median, of one busy client in a container
  tcp    iperf3 between two containers, and over a bridge and two veth pairs made by hand in the same run
  ports  connections a second to a published port: host-firewall, docker-like, and a DNAT rule made by hand
  up     one more container on a network of 200: the time of the command, without and with a network

Works in a network namespace, state directories, cgroups, nft tables and link names of its own; leaves nothing. Measures,
asserts nothing."""
import os, shutil, socket, statistics, struct, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "../.build/release"))
PARTS = os.environ.get("PARTS", "dns tcp ports up").split()
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


def dns():
    stack(service("web") + service("asker"))
    pid = rows()["bench-asker-1"]["pid"]
    gateway = sh(f"nsenter -t {pid} -n ip route show default").split()[2]
    rates, medians = [], []
    for _ in range(ROUNDS):
        rate, median = sh(" ".join(inside(pid, "python3", "-c", f"'{DNS}'", gateway, str(SECONDS)))).split()
        rates.append(float(rate)), medians.append(float(median))
    say("dns: answers, client on the same machine", rates, "/s")
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
    ratios = [a / b for a, b in zip(*measured.values())]
    say("tcp: ratio", ratios, "")
    down()


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
        start(*inside(row["pid"], "python3", "-c", listen))
    bare = start("unshare", "--net", "sleep", "100000")
    time.sleep(0.5)
    sh("ip link add bare0 type bridge && ip address add 10.99.0.1/24 dev bare0 && ip link set bare0 up")
    sh(f"ip link add bare1 type veth peer name eth0 netns {bare.pid} && ip link set bare1 master bare0 up")
    sh(f"nsenter -t {bare.pid} -n sh -c 'ip address add 10.99.0.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.99.0.1'")
    start(*inside(bare.pid, "python3", "-c", listen))
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
    measured = {"ports: host-firewall": 8080, "ports: docker-like": 8081, "ports: DNAT by hand, as Docker's": 8082}
    values = {name: [] for name in measured}
    for _ in range(ROUNDS):
        for name, port in measured.items():
            out = sh(" ".join(inside(world.pid, "python3", "-c", f"'{CONNECT}'", "198.51.100.1", str(port), str(SECONDS))))
            values[name].append(float(out))
    for name in measured:
        say(name, values[name], "/s")
    sh("nft delete table ip bare")
    down()


def up():
    many = int(os.environ.get("CONTAINERS", "200"))
    times = {"up: one more on a network": [], "up: one more without a network": []}
    stack(service("many", f", scale: {many}"))
    for _ in range(ROUNDS):
        for name, more in zip(times, ("", ", network_mode: none")):
            stack(service("many", f", scale: {many}"))
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
        say(name, values, "ms")
    say("up: difference of the medians", [statistics.median(times["up: one more on a network"]) - statistics.median(times["up: one more without a network"])], "ms")
    down()


try:
    sh("mount --make-rprivate / && ip link set lo up")
    os.makedirs(WORK + "/base/bin"), os.makedirs(WORK + "/base/etc")
    shutil.copy("/bin/busybox", WORK + "/base/bin/busybox")
    os.symlink("busybox", WORK + "/base/bin/sleep")
    for part in PARTS:
        try:
            {"dns": dns, "tcp": tcp, "ports": ports, "up": up}[part]()
        finally:
            for process in STARTED:
                process.kill(), process.wait()
            STARTED.clear()
            subprocess.run("ip link delete bare0; ip link delete uplink", shell=True, stderr=subprocess.DEVNULL)
finally:
    if os.path.exists(WORK + "/stack.yaml"):
        subprocess.run([f"{BIN}/containr-down", "-v", "-y", "-p", "bench"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.rmtree(WORK, ignore_errors=True)
