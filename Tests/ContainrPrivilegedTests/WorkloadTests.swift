// Servers and tools of Debian under the two profiles. scripts/make-workloads.sh makes their root file system, from
// packages that are downloaded and unpacked, once.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Workloads", .serialized, .asRoot)
struct WorkloadTests {
  /// What each does, as root of its container; the last line must be `DONE`.
  private static let scripts: [String: String] = [
    "nginx": """
    echo 'user www-data; events {} http { access_log /var/log/nginx/a.log; server { listen 80; location / { return 200 "hello nginx"; } } }' > /tmp/n.conf
    nginx -c /tmp/n.conf
    for i in $(seq 600); do python3 -c 'import urllib.request; print(urllib.request.urlopen("http://127.0.0.1/").read().decode())' && break; sleep 0.1; done | grep -q 'hello nginx'
    ps_user=$(stat -c %U /proc/$(pgrep -f 'worker process' 2>/dev/null || cat /proc/$(cat /run/nginx.pid)/task/*/children | cut -d' ' -f1))
    [ "$ps_user" = www-data ]
    nginx -c /tmp/n.conf -s quit
    """,
    "redis": """
    cd /var/lib/redis
    setpriv --reuid redis --regid redis --clear-groups redis-server --daemonize yes --save '' --appendonly yes
    for i in $(seq 600); do redis-cli ping 2>/dev/null | grep -q PONG && break; sleep 0.1; done
    redis-cli set key value | grep -q OK
    redis-cli eval 'return redis.call("get", "key")' 0 | grep -q value
    redis-cli bgsave
    redis-cli shutdown nosave
    """,
    "postgres": """
    as() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }
    export PATH=$PATH:/usr/lib/postgresql/15/bin PGDATA=/var/lib/postgresql/data LC_ALL=C
    cd /var/lib/postgresql
    as initdb -N > /tmp/initdb.log
    as pg_ctl -w -o '-c shared_buffers=16MB -c fsync=off' -l /var/lib/postgresql/log start
    as psql -c 'create table t as select generate_series(1, 1000) as n' postgres
    as psql -Atc 'select sum(n) from t' postgres | grep -q 500500
    as pg_ctl -m fast stop
    """,
    "node": """
    node -e '
      const http = require("http"), {Worker} = require("worker_threads"), {execFileSync} = require("child_process");
      const server = http.createServer((request, response) => response.end("hello node"));
      server.listen(8080, () => http.get("http://127.0.0.1:8080", response => response.on("data", data => {
        if (String(data) !== "hello node" || String(execFileSync("echo", ["x"])) !== "x\\n") process.exit(1);
        new Worker("require(\\"worker_threads\\").parentPort.postMessage(1)", {eval: true}).on("message", () => process.exit(0));
      })));'
    """,
    "python": """
    python3 -c '
    import multiprocessing, os, socket, sqlite3, ssl, subprocess, tempfile, threading
    with multiprocessing.Pool(2) as pool: assert sum(pool.map(abs, range(10))) == 45
    assert subprocess.check_output(["echo", "x"]) == b"x\\n"
    sqlite3.connect(tempfile.mktemp()).execute("create table t (n)")
    ssl.create_default_context()
    a, b = socket.socketpair(); a.send(b"x"); assert b.recv(1) == b"x"
    thread = threading.Thread(target=lambda: os.listdir("/")); thread.start(); thread.join()
    os.mkfifo("/tmp/fifo"); os.chown("/tmp/fifo", 1000, 1000); os.nice(1)
    '
    """,
    "dpkg": """
    export DEBIAN_FRONTEND=noninteractive
    dpkg --force-all -i /var/lib/dpkg/sample.deb > /tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; false; }
    dpkg -l libc-bin | grep -q '^ii'
    """,
    "useradd": """
    useradd -m -s /bin/sh somebody
    id somebody | grep -q somebody
    [ -d /home/somebody ]
    userdel -r somebody
    """,
    "ping": "setpriv --reuid app --regid app --clear-groups ping -c 1 -W 20 127.0.0.1",
    "sshd": """
    mkdir -p /home/app/.ssh /run/sshd
    ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
    ssh-keygen -q -t ed25519 -N '' -f /root/key
    cp /root/key.pub /home/app/.ssh/authorized_keys
    chown -R app:app /home/app
    /usr/sbin/sshd -p 2222 -o UsePAM=no -o PidFile=/run/sshd.pid
    for i in $(seq 300); do ssh -q -i /root/key -p 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null app@127.0.0.1 id -un && break; sleep 0.1; done > /tmp/who
    kill $(cat /run/sshd.pid)
    grep -qx app /tmp/who
    """,
    "busybox": """
    busybox mkfifo /tmp/f
    busybox mkdir -p /tmp/www && echo hello > /tmp/www/index.html
    busybox httpd -p 8081 -h /tmp/www
    for i in $(seq 300); do busybox wget -qO- http://127.0.0.1:8081/ && break; sleep 0.1; done | grep -q hello
    busybox tar -c -f /tmp/a.tar /tmp/www
    """,
    "sudo": "setpriv --reuid app --regid app --init-groups sudo -n id -u | grep -qx 0",
  ]

  /// Runs them all beside each other; answers the names of those that did not get to their end, with what they wrote.
  private func failures(_ options: [String: String], all: String, only: [String]? = nil) throws -> [String: String] {
    let maker = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../scripts/make-workloads.sh").standardized
    let made = try run(maker.path, [], timeout: 600)
    guard made.code == 0 else { throw TestSupportError("make-workloads.sh: \(made)") }
    let root = made.output.split(separator: "\n").last.map(String.init) ?? ""
    var failed: [String: String] = [:]
    try Bed.use { bed in
      // Root's cache no user reads; and whose the files are is translated below the bed alone.
      var layer = root
      if bed.sandbox.user != nil {
        layer = "./root"
        try run("cp", ["-a", root, bed.path + "/root"]).succeeding()
      }
      var text = "services:\n"
      for (name, script) in Self.scripts where only?.contains(name) ?? true {
        try bed.sandbox.directory.write("set -e\nset -o pipefail\n\(script)\necho DONE\n", to: "jobs/\(name)")
        text += "  \(name):\n    layers: [\(layer)]\n    volumes: [\"./out:/out\", \"./jobs:/jobs:ro\"]\n"
        text += "    network_mode: none\n    stop_signal: SIGKILL\n"
        text +=
          "    command: [bash, -c, \"bash /jobs/\(name) > /out/\(name) 2>&1; echo END >> /out/\(name); sleep 100000\"]\n"
        for line in (all + (options[name] ?? "")).split(separator: "\n") { text += "    \(line)\n" }
      }
      try bed.write(text)
      for file in ["subuid", "subgid"] {
        try bed.sandbox.directory.write("containr:3000000:2000000\n", to: "ids/\(file)")
      }
      try bed.tryUp(environment: ["CONTAINR_ID_DIR": bed.path + "/ids"]).succeeding()
      for name in Self.scripts.keys where only?.contains(name) ?? true {
        let output = try bed.output(name, timeout: 180)
        if !output.hasSuffix("DONE\n") { failed[name] = output }
      }
    }
    return failed
  }

  @Test(
    "nginx, redis, postgres, node, python, dpkg, useradd, ping, sshd, busybox and sudo run under the default profile")
  func compatible() throws {
    let failed = try failures([:], all: "")
    #expect(failed == [:])
  }

  @Test(
    "under the strict profile as well, but sudo (no_new_privs) and sshd (chroot), which run with what docs/security.md says"
  )
  func strict() throws {
    let strict = "x-containr: {security: strict}\n"
    let failed = try failures([:], all: strict)
    #expect(failed.keys.sorted() == ["sshd", "sudo"], "\(failed)")
    let mended = try failures(
      ["sshd": "cap_add: [SYS_CHROOT]\n", "sudo": "security_opt: [\"no-new-privileges:false\"]\n"], all: strict,
      only: ["sshd", "sudo"])
    #expect(mended == [:])
  }

  @Test(
    "with ids of their own as well",
    .notAsUser("userns_mode: auto gives out blocks of 65536 ids, and a user has no more in all"))
  func ownIDs() throws {
    let failed = try failures([:], all: "userns_mode: auto\n")
    #expect(failed == [:])
  }
}
