#!/usr/bin/env python3
"""What operating a stack costs: logs, statistics, metrics, the supervisor, commands inside. Medians of interleaved rounds in one run.

  benchmarks/operate.py [DIRECTORY OF THE BUILT PROGRAMS]      as root
  PARTS="logs follow supervisor stats exec" ROUNDS=5 CONTAINERS=100 MEGABYTES=2000 SECONDS=60

  logs        megabytes a second that one container writes, lines of 100 bytes and of 1000, beside the same program writing
              through a pipe into cat(1); what is lost, and the memory of its shim
  follow      the time from a line's writing to its coming out of `logs -f`
  supervisor  of many containers with a health check every 10 s: its share of a core, with and without the probes, and its memory
  stats       a refresh of the live screen, and of metrics by a socket, of many containers
  exec        `exec true` beside a bare nsenter of the same program

Works in a network namespace, state directories, cgroups, nft tables and link names of its own; leaves nothing. Measures,
asserts nothing."""
import json, os, pty, re, select, shutil, signal, socket, statistics, struct, subprocess, sys, tempfile, termios, fcntl, time

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "../.build/release"))
PARTS = os.environ.get("PARTS", "logs follow supervisor stats exec").split()
ROUNDS, CONTAINERS = int(os.environ.get("ROUNDS", "5")), int(os.environ.get("CONTAINERS", "100"))
MEGABYTES, SECONDS = int(os.environ.get("MEGABYTES", "2000")), int(os.environ.get("SECONDS", "60"))
if os.environ.get("CONTAINR_BENCH_INSIDE") != "1":
    os.environ["CONTAINR_BENCH_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])

WORK = tempfile.mkdtemp(prefix="containr-bench-", dir="/var/tmp")
os.environ.update(
    CONTAINR_STATE_DIR=WORK + "/state", CONTAINR_RUN_DIR=WORK + "/run", CONTAINR_CGROUP_PARENT=f"containr-bench-{os.getpid()}",
    CONTAINR_NFT_TABLE=f"containr_bench_{os.getpid()}", CONTAINR_LINK_PREFIX="bch", CONTAINR_ADDRESS_POOL="10.215.0.0/16")


def sh(line, **more):
    return subprocess.run(line, shell=True, check=True, text=True, stdout=subprocess.PIPE, **more).stdout


def containr(program, *words):
    done = subprocess.run([f"{BIN}/{program}", *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise SystemExit(f"{program} {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def stack(text):
    with open(WORK + "/stack.yaml", "w") as file:
        file.write("name: bench\nservices:\n" + text)
    containr("containr-up", "-d", "-y", WORK + "/stack.yaml")


def down():
    containr("containr-down", "-v", "-y", "-t", "0", WORK + "/stack.yaml")


def rows():
    return {row["name"]: row for row in json.loads(containr("containr", "ps", "--json", "-p", "bench"))}


def service(name, command, more=""):
    return f'  {name}: {{layers: [{WORK}/base], command: {json.dumps(command)}, stop_signal: SIGKILL, network_mode: none{more}}}\n'


def say(what, values, unit):
    print(f"{what:<62} {statistics.median(values):>10.3f} {unit}   [{min(values):.3f} … {max(values):.3f}]", flush=True)


def status(pid, key):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def processor(pid, children=False):
    """Seconds of processor time of a process, and of its children that have ended."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12]) + (int(fields[13]) + int(fields[14]) if children else 0)
    return ticks / os.sysconf("SC_CLK_TCK")


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


def logs():
    for length in (100, 1000):
        total = MEGABYTES * 1000 * 1000
        ours, bare, peaks, cores = [], [], [], []
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            sh(f"{WORK}/base/bin/writer lines {total} {length} 2>{WORK}/time | cat >{WORK}/copy")
            bare.append(total / 1e6 / float(open(WORK + "/time").read()))
            os.unlink(WORK + "/copy")
            # What is measured is the pump and not the disk: no more is kept than a moment's.
            stack(service("talker", ["sh", "-c", f"read x </go; writer lines {total} {length} 2>/time; sleep 100000"],
                          f', volumes: ["{WORK}/go:/go"], logging: {{options: {{max-size: 64m, max-file: "3"}}}}'))
            row = rows()["bench-talker-1"]
            shim = status(row["pid"], "PPid")
            before, busy = status(shim, "VmRSS"), processor(shim)
            with open(WORK + "/go", "w") as go:
                go.write("\n")
            path = f"/proc/{row['pid']}/root/time"
            while not os.path.exists(path) or not open(path).read():
                time.sleep(0.01)
            ours.append(total / 1e6 / float(open(path).read()))
            cores.append((processor(shim) - busy) / float(open(path).read()))
            time.sleep(0.5)
            peaks.append((status(shim, "VmHWM") - before) / 1000)
            use = json.loads(containr("containr", "stats", "-p", "bench", "--no-stream", "--interval", "0", "--json"))
            lines = total // length
            if use["log_lost_bytes"] or use["log_bytes"] != lines * length or use["log_lines"] != lines:
                raise SystemExit(f"logs: {lines} lines of {length} were written, and {use['log_lines']} came, {use['log_lost_bytes']} lost")
            last = None
            # The kept files, oldest first, hold every line up to the last one.
            for file in (".2", ".1", ""):
                name = row["log_file"] + file
                if not os.path.exists(name):
                    continue
                for line in open(name, "rb"):
                    number = int(line.split(b" ", 3)[3][:12])
                    if last is not None and number != last + 1:
                        raise SystemExit(f"logs: after line {last} comes {number}")
                    last = number
            if last != lines - 1:
                raise SystemExit(f"logs: the last line kept is {last} of {lines}")
            down()
        say(f"logs: lines of {length}, one container (aim 500)", ours, "MB/s")
        say(f"logs: lines of {length}, through a pipe into cat", bare, "MB/s")
        say(f"logs: lines of {length}, ours to cat", [a / b for a, b in zip(ours, bare)], "")
        say(f"logs: lines of {length}, the shim's share of a core", cores, "")
        say(f"logs: lines of {length}, growth of the shim at most", peaks, "MB")


def follow():
    stack(service("clock", ["writer", "clock", "20"]))
    delays = []
    child = subprocess.Popen(
        [f"{BIN}/containr", "logs", "-p", "bench", "-f", "-n", "0", "--no-log-prefix"], stdout=subprocess.PIPE)
    end = time.time() + 10
    while time.time() < end:
        line = child.stdout.readline()
        delays.append((time.time_ns() - int(line)) / 1e6)
    child.kill(), child.wait()
    delays.sort()
    print(f"{'follow: from writing to coming out (aim under 20)':<62} {statistics.median(delays):>10.3f} ms   "
          f"[{delays[0]:.3f} … {delays[len(delays) * 99 // 100]:.3f} of 99 %, {delays[-1]:.3f} at most, {len(delays)} lines]", flush=True)
    down()


def many():
    stack(service("many", ["sleep", "100000"], f", scale: {CONTAINERS}, "
          "healthcheck: {test: [CMD, \"true\"], interval: 10s, start_interval: 1s, start_period: 30s}"))
    deadline = time.time() + 120
    while sum(row["health"] == "healthy" for row in rows().values()) < CONTAINERS:
        if time.time() > deadline:
            raise SystemExit("not all become healthy")
        time.sleep(0.5)
    # What is done after the start is over, and the probes are spread.
    time.sleep(15)


def watch():
    many()
    pid = supervisor()
    own, all = processor(pid), processor(pid, True)
    begin = time.perf_counter()
    memory = []
    while time.perf_counter() - begin < SECONDS:
        time.sleep(1)
        rollup = open(f"/proc/{pid}/smaps_rollup").read()
        memory.append(int(re.search(r"Pss: +(\d+)", rollup).group(1)) / 1000)
    span = time.perf_counter() - begin
    say(f"supervisor: {CONTAINERS} containers, its share of a core (aim 0.01)", [(processor(pid) - own) / span], "")
    say("supervisor: the same with its probes' starters", [(processor(pid, True) - all) / span], "")
    say("supervisor: memory, PSS (aim 20)", memory, "MB")
    down()


def screen_cost(refreshes=40, pause=100):
    """Milliseconds of processor time of a refresh of the live screen: of a long run less a short one."""
    def run(count):
        child, terminal = pty.fork()
        if child == 0:
            os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
            os.execv(f"{BIN}/containr", ["containr", "stats", "-p", "bench", "--interval", str(pause)])
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 180, 0, 0))
        seen, last = b"", 0
        while seen.count(b"q leaves") < count:
            seen += os.read(terminal, 65536)
        os.write(terminal, b"q")
        while True:
            try:
                if not os.read(terminal, 65536):
                    break
            except OSError:
                break
        _, _, usage = os.wait4(child, 0)
        return (usage.ru_utime + usage.ru_stime) * 1000, seen.count(b"q leaves")
    short, few = run(5)
    long, all = run(refreshes)
    return (long - short) / (all - few)


def stats():
    many()
    say(f"stats: a refresh of {CONTAINERS} on the live screen (aim 10)", [screen_cost() for _ in range(ROUNDS)], "ms of processor time")
    server = subprocess.Popen([f"{BIN}/containr", "metrics", "--listen", WORK + "/metrics.sock"], stderr=subprocess.PIPE, text=True)
    server.stderr.readline()
    times, sizes, costs = [], [], []
    for _ in range(ROUNDS * 4):
        before, begin = processor(server.pid), time.perf_counter()
        client = socket.socket(socket.AF_UNIX)
        client.connect(WORK + "/metrics.sock")
        client.sendall(b"GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n")
        size = 0
        while part := client.recv(65536):
            size += len(part)
        times.append((time.perf_counter() - begin) * 1000), sizes.append(size / 1000)
    say(f"metrics: {CONTAINERS} containers by a socket", times, "ms")
    say("metrics: the answer", sizes, "kB")
    say("metrics: memory of who serves", [status(server.pid, "VmRSS") / 1000], "MB")
    server.terminate(), server.wait()
    down()


def commands():
    stack(service("web", ["sleep", "100000"]))
    pid = rows()["bench-web-1"]["pid"]
    ours, bare, start = [], [], []
    for _ in range(ROUNDS * 10):
        for values, words in (
                (ours, [f"{BIN}/containr", "exec", "-p", "bench", "-T", "web", "true"]),
                (bare, ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "-r", "/bin/true"]),
                (start, [f"{BIN}/containr", "version"])):
            begin = time.perf_counter()
            subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            values.append((time.perf_counter() - begin) * 1000)
    say("exec: containr exec true", ours, "ms")
    say("exec: nsenter of the same", bare, "ms")
    say("exec: over nsenter (aim 10)", [a - b for a, b in zip(ours, bare)], "ms")
    say("exec: containr version, which does nothing", start, "ms")
    down()


try:
    sh("mount --make-rprivate / && ip link set lo up")
    os.makedirs(WORK + "/base/bin"), os.makedirs(WORK + "/base/etc")
    shutil.copy("/bin/busybox", WORK + "/base/bin/busybox")
    for name in ("sleep", "sh", "true"):
        os.symlink("busybox", WORK + "/base/bin/" + name)
    sh(f"gcc -O2 -Wall -static -o {WORK}/base/bin/writer {HERE}/writer.c")
    os.mkfifo(WORK + "/go")
    open(WORK + "/base/go", "w").close()
    print(f"{sh('uname -r').strip()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {BIN}")
    for part in PARTS:
        {"logs": logs, "follow": follow, "supervisor": watch, "stats": stats, "exec": commands}[part]()
finally:
    subprocess.run([f"{BIN}/containr-down", "-v", "-y", "-t", "0", "-p", "bench"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.rmtree(WORK, ignore_errors=True)
