#!/usr/bin/env python3
"""A stack under random kills: containers, shims, supervisors and commands die at any moment, and all must be well after.

  scripts/soak.py [DIRECTORY OF THE BUILT PROGRAMS] [--seconds 900] [--seed N] [--keep]      as root

Each round does some things at once, most of them kills, and then waits until the stack is as its file says: what has a restart
policy comes back by itself, the rest by `containr-up`. Then it compares what there is with what there was after the first
start: containers, processes, descriptors, mounts, links, cgroups, packet filter. At the end, the memory of the supervisor over
time, and the host after `down` with the host before. The seed is printed, and the same seed does the same things in the same order.

Works in a network and a mount namespace, state directories, cgroups, nft table and link names of its own; leaves nothing.
Exit code 0: all was well, 1: something was not, which is said."""
import argparse, json, os, random, shutil, signal, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
words = argparse.ArgumentParser()
words.add_argument("bin", nargs="?", default=os.path.join(HERE, "../.build/release"))
words.add_argument("--seconds", type=float, default=900)
words.add_argument("--seed", type=int, default=None)
words.add_argument("--keep", action="store_true", help="leave everything as it is when something is wrong")
options = words.parse_args()
BIN = os.path.realpath(options.bin)
SEED = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
if os.environ.get("CONTAINR_SOAK_INSIDE") != "1":
    os.environ["CONTAINR_SOAK_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv, *([] if options.seed is not None else ["--seed", str(SEED)])])

chance = random.Random(SEED)
# From this part of the time on supervisors live: their memory is watched.
CALM = 0.4
PACE = float(os.environ.get("CONTAINR_TEST_PACE", "1"))
WORK = tempfile.mkdtemp(prefix="containr-soak-", dir="/var/tmp")
PARENT, TABLE, PREFIX = f"containr-soak-{os.getpid()}", f"containr_soak_{os.getpid()}", "sok"
os.environ.update(
    CONTAINR_STATE_DIR=WORK + "/state", CONTAINR_RUN_DIR=WORK + "/run", CONTAINR_CGROUP_PARENT=PARENT,
    CONTAINR_NFT_TABLE=TABLE, CONTAINR_LINK_PREFIX=PREFIX, CONTAINR_ADDRESS_POOL="10.216.0.0/16")
BEGIN = time.monotonic()

STACK = """name: soak
services:
  web:
    layers: [{work}/base]
    command: [httpd, -f, -p, "80", -h, /www]
    stop_signal: SIGKILL
    restart: always
    scale: {web}
    mem_limit: {memory}m
    healthcheck: {{test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1/"], interval: 1s, timeout: 10s, start_interval: 100ms, start_period: 30s}}
    networks: [front]
  edge:
    layers: [{work}/base]
    command: [httpd, -f, -p, "80", -h, /www]
    stop_signal: SIGKILL
    restart: unless-stopped
    ports: ["8080:80"]
    depends_on: {{web: {{condition: service_healthy}}}}
    networks: [front, back]
  data:
    layers: [{work}/base]
    command: [sh, -c, "date >> /data/lives; exec sleep 100000"]
    stop_signal: SIGKILL
    restart: on-failure
    volumes: ["data:/data"]
    networks: [back]
  talker:
    layers: [{work}/base]
    command: [sh, -c, "while :; do echo line; echo other >&2; sleep 0.05; done"]
    stop_signal: SIGKILL
    restart: always
    init: true
    logging: {{options: {{max-size: 64k, max-file: "2"}}}}
    network_mode: none
  plain:
    layers: [{work}/base]
    command: [sleep, "100000"]
    stop_signal: SIGKILL
    networks: [back]
  crash:
    layers: [{work}/base]
    command: [sh, -c, "sleep 1; exit 3"]
    restart: always
    network_mode: none
volumes: {{data: }}
networks: {{front: , back: }}
"""
# Those that come back by themselves, whoever killed them.
LASTING = {"web", "edge", "data", "talker"}


class Wrong(Exception):
    pass


def say(text):
    print(f"[{time.monotonic() - BEGIN:7.1f}] {text}", flush=True)


def sh(*command, check=True):
    out = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if check and out.returncode != 0:
        raise Wrong(f"{' '.join(command)}: exit {out.returncode}\n{out.stdout}{out.stderr}")
    return out.stdout


def where(pid):
    """What a process that does not end and its children wait for."""
    lines = []
    for task in sorted(os.listdir(f"/proc/{pid}/task")) if os.path.isdir(f"/proc/{pid}/task") else []:
        call = read(f"/proc/{pid}/task/{task}/syscall").split()[:2]
        file = ""
        try:
            file = os.readlink(f"/proc/{pid}/fd/{int(call[1], 16)}")
        except (OSError, IndexError, ValueError):
            pass
        lines.append(f"{pid}/{task} {read(f'/proc/{pid}/comm').strip()} {read(f'/proc/{pid}/task/{task}/wchan')} {' '.join(call)} {file}")
        for child in read(f"/proc/{pid}/task/{task}/children").split():
            lines.append(where(int(child)))
    return "\n".join(lines)


def containr(program, *arguments, codes=(0,), limit=180):
    command = [f"{BIN}/{program}", *arguments]
    child = subprocess.Popen(command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        output, errors = child.communicate(timeout=limit * PACE)
    except subprocess.TimeoutExpired:
        place = where(child.pid)
        child.kill()
        output, errors = child.communicate()
        raise Wrong(f"{program} {' '.join(arguments)} does not end: {output[-500:]}{errors[-500:]}\n{place}")
    out = subprocess.CompletedProcess(command, child.returncode, output, errors)
    if out.returncode not in codes:
        raise Wrong(f"{program} {' '.join(arguments)}: exit {out.returncode}\n{out.stdout}{out.stderr}")
    return out.stdout


scale, memory = 3, 64


def write():
    with open(WORK + "/stack.yaml", "w") as file:
        file.write(STACK.format(work=WORK, web=scale, memory=memory))


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def processes():
    """Our programs that work for this soak: pid → words."""
    all = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        line = read(f"/proc/{entry}/cmdline").split("\0")
        if "containr" in line[0] and WORK in read(f"/proc/{entry}/environ") + " ".join(line):
            all[int(entry)] = line
    return all


def supervision(wanted):
    """`keep`: the process that starts a supervisor again; `supervise`: the supervisor."""
    keeps = wanted == "keep"
    return [pid for pid, line in processes().items() if "supervise" in line and ("keep" in line[0]) == keeps]


def parent(pid):
    for line in read(f"/proc/{pid}/status").split("\n"):
        if line.startswith("PPid:"):
            return int(line.split()[1])
    return 0


def rows():
    return json.loads(containr("containr", "ps", "--json", "-p", "soak"))


def running(service=None):
    return [row for row in rows() if row["pid"] and row["service"] != "crash" and service in (None, row["service"])]


def end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False


# What is done to the stack. Each says what it did; those that leave something to `up` say so by True.
background = []


def kill_container():
    row = chance.choice(running() or [None])
    if row and end(row["pid"]):
        return f"killed {row['name']}", row["service"] not in LASTING
    return None


def kill_shim():
    row = chance.choice(running() or [None])
    shim = row and parent(row["pid"])
    if shim and shim > 1 and "shim" in read(f"/proc/{shim}/cmdline") and end(shim):
        return f"killed the shim of {row['name']}", row["service"] not in LASTING
    return None


def kill_supervisor():
    # Later its memory is watched, for which it has to live.
    if time.monotonic() - BEGIN > options.seconds * CALM:
        return None
    pids = supervision("supervise")
    return ("killed the supervisor", False) if pids and end(pids[0]) else None


def kill_supervision():
    if time.monotonic() - BEGIN > options.seconds * CALM:
        return None
    for pid in supervision("keep") + supervision("supervise"):
        end(pid)
    return "killed keeper and supervisor", True


def kill_keeper():
    if time.monotonic() - BEGIN > options.seconds * CALM:
        return None
    pids = supervision("keep")
    return ("killed the keeper", True) if pids and end(pids[0]) else None


def kill_command():
    line = chance.choice([
        ["containr-up", "-d", "-y", "--force-recreate", WORK + "/stack.yaml"], ["containr", "restart", "-p", "soak"],
        ["containr", "restart", "-p", "soak", "web"], ["containr", "stop", "-p", "soak", "edge"],
        ["containr-up", "-d", "-y", WORK + "/stack.yaml"], ["containr", "kill", "-p", "soak", "data"],
        ["containr", "exec", "-p", "soak", "-T", "web", "sleep", "0.2"]])
    child = subprocess.Popen([f"{BIN}/{line[0]}", *line[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(chance.random() * 0.4)
    child.kill()
    child.wait()
    return f"killed {' '.join(line[:-1])} …", True


def command(leaves, *line):
    def run():
        background.append((line, subprocess.Popen(
            [f"{BIN}/{line[0]}", *line[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)))
        return " ".join(line), leaves
    return run


def change():
    global scale, memory
    scale, memory = chance.choice([2, 3, 4]), chance.choice([48, 64, 80])
    write()
    return f"web: scale {scale}, {memory} MB", True


def out_of_memory():
    # More than its limit, in a command of its own: the kernel takes one of its processes away.
    command(False, "containr", "exec", "-p", "soak", "-T", "web", "sh", "-c", "dd if=/dev/zero of=/dev/null bs=200M count=1")()
    return "out of memory in web", False


DEEDS = [
    (30, kill_container), (15, kill_shim), (12, kill_supervisor), (4, kill_supervision), (3, kill_keeper), (12, kill_command), (6, change),
    (4, out_of_memory),
    (4, command(True, "containr", "restart", "-p", "soak", "web")), (4, command(True, "containr", "stop", "-p", "soak", "edge")),
    (3, command(True, "containr", "pause", "-p", "soak", "data")), (3, command(True, "containr", "kill", "-p", "soak", "talker")),
    (4, command(False, "containr", "exec", "-p", "soak", "-T", "web", "true")),
    (4, command(False, "containr", "logs", "-p", "soak", "-n", "5")), (3, command(False, "containr", "stats", "-p", "soak", "--no-stream")),
    (3, command(False, "containr", "events", "-p", "soak", "--since", "10s", "--until", "0s")),
]


def await_(what, condition, limit=90):
    deadline = time.monotonic() + limit * PACE
    while True:
        wrong = condition()
        if not wrong:
            return
        if time.monotonic() > deadline:
            raise Wrong(f"after {limit * PACE:.0f} s still not {what}: {wrong}")
        time.sleep(0.05)


def not_well(services=None):
    """What is not as the file says; empty: all is."""
    all = [row for row in rows() if row["service"] != "crash"]
    wanted = {"web": scale, "edge": 1, "data": 1, "talker": 1, "plain": 1}
    wrong = []
    for service in services or wanted:
        good = [
            row for row in all if row["service"] == service and row["state"] == "running" and row["role"] == "serving"
            and row["health"] in (None, "healthy")]
        there = [row for row in all if row["service"] == service]
        if len(good) != wanted[service] or len(there) != wanted[service]:
            wrong.append(f"{service}: " + (", ".join(f"{row['name']} {row['state']} {row['health']} {row['role']}" for row in there) or "none"))
    return "; ".join(wrong)


def settle(leaves):
    for line, child in background:
        try:
            out, _ = child.communicate(timeout=120 * PACE)
        except subprocess.TimeoutExpired:
            place = where(child.pid)
            child.kill()
            raise Wrong(f"{' '.join(line)} does not end\n{place}")
        # What was killed under its hands may fail, but not by a crash of its own.
        if child.returncode < 0 or "Fatal error" in out:
            raise Wrong(f"{' '.join(line)}: exit {child.returncode}\n{out}")
    background.clear()
    if leaves:
        containr("containr", "unpause", "-p", "soak", codes=(0, 1))
        # A container that is killed while it is waited for fails an `up`, as it should; nobody kills any more.
        containr("containr-up", "-d", "-y", WORK + "/stack.yaml")
    await_("as the file says", lambda: not_well(LASTING if not leaves else None))
    containr("containr-up", "-d", "-y", WORK + "/stack.yaml")
    await_("all there", not_well)
    await_("one supervisor and one keeper", lambda: None if (len(supervision("supervise")), len(supervision("keep"))) == (1, 1) else str(processes()))
    plan = containr("containr", "plan", WORK + "/stack.yaml", codes=(0, 2))
    # `crash` ends whenever it likes.
    if not plan.startswith("nothing to do") and any(f"container {name}" in plan for name in ("web", "edge", "data", "talker", "plain")):
        raise Wrong("the plan after all was settled:\n" + plan)
    for service, name in (("edge", "web"), ("data", "plain")):
        containr("containr", "exec", "-p", "soak", "-T", service, "nslookup", name)
    page = subprocess.run(["curl", "-s", "-f", "-m", "20", "http://127.0.0.1:8080/"], text=True, stdout=subprocess.PIPE)
    if page.stdout.strip() != "page":
        raise Wrong(f"the published port answers {page.stdout!r}, curl {page.returncode}")


def descriptors(pid):
    """What a process has open, without the three that a supervisor has of each container, and how many of these."""
    links = []
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            links.append(os.readlink(f"/proc/{pid}/fd/{entry}"))
        except OSError:
            pass
    of_containers = [link for link in links if "pidfd" in link or link.endswith("/mountinfo")]
    return len(links) - len(of_containers), len(of_containers), sorted(links)


def tree(root):
    return sorted(os.path.relpath(os.path.join(at, name), root) for at, names, _ in os.walk(root) for name in names)


def cgroups():
    found = set()
    for line in read("/proc/self/mountinfo").splitlines():
        if " - cgroup" in line:
            root = line.split()[4]
            found |= {f"{PARENT}/{name}" for name in tree(f"{root}/{PARENT}")} | ({PARENT} if os.path.isdir(f"{root}/{PARENT}") else set())
    return found


def shape():
    """What there is of the stack, counted; `crash` comes and goes and is left out."""
    all = processes()
    shims = [pid for pid, line in all.items() if "supervise" not in line and "shim" in line[0]]
    alive = running()
    known = {parent(row["pid"]) for row in alive}
    mounts = [line for line in read("/proc/self/mountinfo").splitlines() if WORK in line]
    links = [line for line in sh("ip", "-o", "link").splitlines() if line.split()[1].startswith(PREFIX)]
    strange = [f"{pid} {' '.join(line)}" for pid, line in all.items() if "supervise" not in line and pid not in known and pid not in crashers()]
    return {
        "mounts": len(mounts), "links": len(links), "shims": len([pid for pid in shims if pid in known]),
        "cgroups": len([path for path in cgroups() if "-crash-" not in path]), "tables": sh("nft", "list", "tables").count(TABLE),
        "layers": len([name for name in tree(WORK + "/state") if name.count("/") < 2 and "-crash-" not in name]),
        "run": len([name for name in tree(WORK + "/run") if "-crash-" not in name]),
    }, strange


def crashers():
    return {pid for pid, line in processes().items() if "crash" in " ".join(line) or "crash" in read(f"/proc/{pid}/cgroup")} | {
        parent(row["pid"]) for row in rows() if row["pid"] and row["service"] == "crash"}


def compare(first, round):
    """The same scale has the same shape. A namespace and its links go a moment after their last process."""
    def difference():
        now, strange = shape()
        base = first.setdefault(scale, now)
        wrong = [f"{key} {base[key]} → {now[key]}" for key in now if now[key] != base[key]]
        # Those that `crash` begins with at this moment are no leak: they are asked for again.
        return "; ".join(wrong + strange)
    await_("the shape of the first round", difference, limit=30)
    found = {}

    def excess():
        """What probes have open for a moment is no leak either."""
        pid = supervision("supervise")[0]
        own, of_containers, links = descriptors(pid)
        shim = max([sum(descriptors(parent(row["pid"]))[:2]) for row in running()])
        found.update(pid=pid, own=own, shim=shim)
        calm = first.setdefault("descriptors", (own, shim))
        # Three each, and those of a probe and of `crash`, which comes and goes.
        if own > calm[0] + 4 or of_containers > 3 * len(running()) + 4 or shim > calm[1]:
            return f"supervisor {calm[0]} → {own} and {of_containers} of containers, shim {calm[1]} → {shim}\n" + "\n".join(links)
    await_("the descriptors of the first round", excess, limit=20)
    return found["pid"], found["own"], found["shim"]


def private(pid):
    """Kilobytes that a process has for itself alone."""
    total = 0
    for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith(("Private_Dirty:", "Private_Clean:")) and "Dirty" in line:
            total += int(line.split()[1])
    return total


def slope(points):
    """Kilobytes a minute by Theil and Sen: what single samples do is no trend."""
    points = points[:: max(1, len(points) // 300)]
    slopes = [(b - a) / (t2 - t1) for i, (t1, a) in enumerate(points) for t2, b in points[i + 1:] if t2 - t1 > 1]
    return statistics.median(slopes) * 60 if slopes else 0.0


def host():
    # Named network namespaces are others': they go from every mount namespace at once.
    facts = {"mount " + " ".join(line.split()[3:6]) for line in read("/proc/self/mountinfo").splitlines() if "/run/netns/" not in line}
    facts |= {"link " + line.split()[1].split("@")[0] for line in sh("ip", "-o", "link").splitlines()}
    facts |= {"address " + " ".join(line.split()[1:4]) for line in sh("ip", "-o", "address").splitlines()}
    facts |= {"cgroup " + path for path in cgroups()}
    facts |= {"nft " + line for line in sh("nft", "list", "tables").splitlines()}
    facts |= {f"process {pid} {' '.join(line)}" for pid, line in processes().items()}
    return facts | {f"directory {name}" for place in ("state", "run") for name in tree(f"{WORK}/{place}")}


def missing(before):
    """What was there and is not. Who removes a directory takes the mounts on it from every namespace: those are others'."""
    return [fact for fact in sorted(before - host()) if not fact.startswith("mount ") or os.path.lexists(fact.split()[2])]


def clear():
    """After what was wrong: whatever there still is, goes."""
    for line, child in background:
        child.kill(), child.wait()
    for pid in supervision("keep"):
        end(pid)
    subprocess.run([f"{BIN}/containr-down", "-v", "-y", "-t", "0", "-p", "soak"], stdout=subprocess.DEVNULL)
    for pid in processes():
        end(pid)


def main():
    sh("mount", "--make-rprivate", "/"), sh("ip", "link", "set", "lo", "up")
    for name in ("bin", "etc", "tmp", "www", "data"):
        os.makedirs(f"{WORK}/base/{name}")
    busybox = next(path for path in ("/bin/busybox", "/usr/bin/busybox") if os.path.exists(path))
    shutil.copy(busybox, WORK + "/base/bin/busybox")
    for name in ("sh", "sleep", "httpd", "wget", "date", "echo", "true", "nslookup", "dd"):
        os.symlink("busybox", f"{WORK}/base/bin/{name}")
    with open(WORK + "/base/www/index.html", "w") as file:
        file.write("page\n")
    before = host()
    say(f"seed {SEED}, {options.seconds:.0f} s, {BIN}")
    write()
    containr("containr-up", "-d", "-y", "--wait", "--wait-timeout", "120", WORK + "/stack.yaml", codes=(0, 6))
    settle(False)
    first, memory_of, rounds, deeds, most = {}, {}, 0, 0, (0, 0)
    compare(first, 0)
    try:
        while time.monotonic() - BEGIN < options.seconds or rounds < 3:
            rounds += 1
            done, leaves = [], False
            for _ in range(chance.randint(1, 4)):
                deed = chance.choices([d for _, d in DEEDS], [w for w, _ in DEEDS])[0]()
                if deed:
                    done.append(deed[0])
                    leaves = leaves or deed[1]
                time.sleep(chance.random() * 0.3)
            say(f"round {rounds}: " + ("; ".join(done) or "nothing"))
            deeds += len(done)
            settle(leaves)
            pid, count, shim = compare(first, rounds)
            most = (max(most[0], count), max(most[1], shim))
            memory_of.setdefault(pid, []).append((time.monotonic() - BEGIN, private(pid)))
    except Wrong:
        say(f"wrong in round {rounds} after: " + "; ".join(done))
        raise
    say(f"{rounds} rounds, {deeds} deeds; descriptors at most: supervisor {most[0]}, shim {most[1]}")
    points = max(memory_of.values(), key=len)
    # The first samples are those of a heap that grows to its size.
    points = [point for point in points if point[0] - points[0][0] > min(60, options.seconds / 10)] or points
    trend, minutes = slope(points), (points[-1][0] - points[0][0]) / 60
    say(f"supervisor: {points[0][1]} kB → {points[-1][1]} kB private in {minutes:.1f} min ({len(points)} samples), {trend:+.1f} kB/min")
    tenth = max(1, len(points) // 10)
    say("supervisor, medians of tenths: " + " ".join(
        f"{statistics.median(kb for _, kb in points[at:at + tenth]):.0f}" for at in range(0, len(points), tenth)) + " kB")
    if minutes > 3 and trend * minutes > 512 and trend > 32:
        raise Wrong(f"the supervisor grows by {trend:.1f} kB a minute: {[kb for _, kb in points]}")
    if points[-1][1] > 40 << 10:
        raise Wrong(f"the supervisor has {points[-1][1]} kB for itself")
    containr("containr-down", "-v", "-y", "-t", "0", WORK + "/stack.yaml")
    await_("the host as it was", lambda: "\n".join(
        [f"+ {fact}" for fact in sorted(host() - before)] + [f"- {fact}" for fact in missing(before)]), limit=60)
    say("the host is as it was")


code = 1
try:
    main()
    code = 0
except Wrong as wrong:
    print(f"WRONG (seed {SEED}): {wrong}", flush=True)
    for row in sh(f"{BIN}/containr", "ps", "-p", "soak", check=False).splitlines():
        print("  " + row)
    print("--- supervisor's log\n" + read(WORK + "/run/stacks/soak/supervisor.log")[-3000:])
    print("--- events\n" + "\n".join(sh(f"{BIN}/containr", "events", "-p", "soak", "--since", "30s", "--until", "0s", check=False).splitlines()[-60:]), flush=True)
finally:
    if code and options.keep:
        print(f"kept: {WORK}; enter by: nsenter -t {os.getpid()} -n -m; Ctrl-C takes it away", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass
    clear()
    shutil.rmtree(WORK, ignore_errors=True)
sys.exit(code)
