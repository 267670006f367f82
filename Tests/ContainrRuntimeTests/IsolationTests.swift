// What a container sees, checked from inside.
import ContainrOCI
import ContainrRuntime
import ContainrSystem
import SystemPackage
import Testing

@Suite("A container is isolated", needsRoot)
struct IsolationTests {
  let host: RuntimeHost
  init() throws { host = try RuntimeHost() }

  @Test("It has namespaces of its own, is pid 1 and has its host name")
  func namespaces() throws {
    let kinds = ["mnt", "pid", "uts", "ipc", "net", "cgroup"]
    let script = "for n in \(kinds.joined(separator: " ")); do readlink /proc/self/ns/$n; done; echo $$; hostname"
    let (lines, status) = try host.run("a", script)
    #expect(status == .exited(0))
    for (kind, inside) in zip(kinds, lines) {
      #expect(inside.hasPrefix("\(kind):["))
      #expect(inside != (try Kernel.readLink(FilePath("/proc/self/ns/\(kind)"))))
    }
    #expect(Array(lines.suffix(2)) == ["1", "host-a"])
  }

  @Test("/dev is ours: the standard nodes and links, a devpts, a shm and a mqueue, and nothing of the host")
  func devices() throws {
    let (lines, _) = try host.run(
      "a",
      """
      ls /dev; stat -c '%t:%T %a' /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty; ls /dev/pts
      for f in fd ptmx stdin; do readlink /dev/$f; done; df /dev/shm | grep -c 65536; echo x > /dev/null && echo ok
      """)
    #expect(
      lines == [
        "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom",
        "zero", "1:3 666", "1:5 666", "1:7 666", "1:8 666", "1:9 666", "5:0 666", "ptmx", "/proc/self/fd", "pts/ptmx",
        "/proc/self/fd/0", "1", "ok",
      ])
  }

  @Test("/sys and /proc/sys cannot be written, masked files are empty, masked directories too")
  func readOnly() throws {
    let (lines, _) = try host.run(
      "a",
      """
      touch /sys/kernel/x 2>/dev/null || echo sys; echo 1 2>/dev/null > /proc/sys/kernel/panic || echo panic
      cat /proc/interrupts /proc/timer_list /proc/keys | wc -c; ls /sys/firmware | wc -l
      echo b 2>/dev/null > /proc/sysrq-trigger || echo sysrq; cat /proc/sys/net/ipv4/ip_unprivileged_port_start
      """)
    #expect(lines == ["sys", "panic", "0", "0", "sysrq", "0"])
  }

  @Test("It has Docker's capabilities and none to inherit, a filter, and no_new_privs when asked for")
  func privileges() throws {
    let script = "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status"
    let (plain, _) = try host.run("a", script)
    let docker = "00000000a80425fb"
    let none = "0000000000000000"
    #expect(
      plain == [
        "CapInh:\t\(none)", "CapPrm:\t\(docker)", "CapEff:\t\(docker)", "CapBnd:\t\(docker)", "CapAmb:\t\(none)",
        "NoNewPrivs:\t0", "Seccomp:\t2",
      ])
    let (strict, _) = try host.run("b", script) { $0.spec.process.noNewPrivileges = true }
    #expect(Array(strict.suffix(2)) == ["NoNewPrivs:\t1", "Seccomp:\t2"])
    let (user, _) = try host.run("c", script) { $0.spec.process.user.username = "web" }
    #expect(Array(user[1...3]) == ["CapPrm:\t\(none)", "CapEff:\t\(none)", "CapBnd:\t\(docker)"])
  }

  @Test("No descriptor of the host is in it, and stdin is its own /dev/null")
  func descriptors() throws {
    let (lines, _) = try host.run("a", "ls /proc/self/fd; readlink /proc/self/fd/0; stat -L -c %t:%T /dev/stdin")
    // 3 is the directory that ls itself has opened.
    #expect(lines == ["0", "1", "2", "3", "/dev/null", "1:3"])
  }

  @Test("Users and groups are looked up inside, HOME follows, and /dev/stdout opens for them")
  func users() throws {
    let (lines, _) = try host.run("a", "id -u; id -g; id -G; echo $HOME; echo hello > /dev/stdout") {
      $0.spec.process.user.username = "web"
    }
    #expect(
      lines == ["1000", "1001", "1001 7", "/srv/web", "hello"]
        || lines == ["1000", "1001", "7 1001", "/srv/web", "hello"])
    let (numbers, _) = try host.run("b", "id -u; id -g; id -G; echo $HOME") { $0.spec.process.user.username = "33:44" }
    #expect(numbers == ["33", "44", "44", "/"])
    let error = #expect(throws: RuntimeError.self) {
      try host.start(try host.config("c", "true") { $0.spec.process.user.username = "nobody-here" })
    }
    #expect(error?.stage == "look up the user")
    #expect(error?.description.contains("nobody-here") == true)
  }

  @Test("The environment is the service's and PATH, HOME, HOSTNAME; nothing of the caller's")
  func environment() throws {
    let (lines, _) = try host.run("a", "env") { $0.spec.process.env = ["A=b c"] }
    #expect(
      Set(lines).subtracting(["SHLVL=1", "PWD=/"]) == [
        "A=b c", "HOME=/root", "HOSTNAME=host-a",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      ])
  }

  @Test("A missing working directory is made inside")
  func workingDirectory() throws {
    let (lines, _) = try host.run("a", "pwd") { $0.spec.process.cwd = "/srv/new/place" }
    #expect(lines == ["/srv/new/place"])
    #expect(try Kernel.exists(host.state.appending("up-a/srv/new/place")))
  }

  @Test("Files of /etc are the engine's, volumes are as asked for, and a read-only root is read-only")
  func files() throws {
    try Kernel.makeDirectory(host.state.appending("data"))
    try host.write("data/file", "data")
    try host.write("one", "single")
    let (lines, _) = try host.run(
      "a",
      """
      cat /etc/hosts /etc/hostname /data/file /conf/one; echo
      touch /data/new 2>/dev/null || echo ro-data; touch /rw/new && echo rw-data; touch /x 2>/dev/null || echo ro-root
      df /t | grep -c ' 1024 '; stat -c %a /t; touch /dev/shm/x && echo shm
      """
    ) {
      $0.hosts = "127.0.0.1 localhost\n"
      $0.hostname = "given\n"
      $0.spec.root.readonly = true
      let data = self.host.state.appending("data").string
      $0.spec.mounts = [
        OCIMount(destination: "/data", type: "bind", source: data, options: ["rbind", "ro"]),
        OCIMount(destination: "/rw", type: "bind", source: data, options: ["rbind"]),
        OCIMount(
          destination: "/conf/one", type: "bind", source: self.host.state.appending("one").string, options: ["ro"]),
        OCIMount(destination: "/t", type: "tmpfs", source: "tmpfs", options: ["size=1m", "mode=0700"]),
      ]
    }
    #expect(
      lines == [
        "127.0.0.1 localhost", "given", "datasingle", "ro-data", "rw-data", "ro-root", "1", "700", "shm",
      ])
    #expect(try Kernel.exists(host.state.appending("data/new")))
  }

  @Test("A layer whose path holds colons, commas and backslashes is a layer like any other")
  func oddLayers() throws {
    let odd = host.state.appending("a:b,c\\d")
    try Kernel.makeDirectory(odd)
    try Kernel.replace(odd.appending("odd"), with: Array("odd".utf8))
    let (lines, _) = try host.run("a", "cat /odd") { $0.overlay?.lowers.append(odd) }
    #expect(lines == ["odd"])
  }

  @Test("Twenty layers are stacked in order")
  func manyLayers() throws {
    var layers: [FilePath] = []
    for index in 0..<20 {
      let layer = host.state.appending("layer-\(index)")
      try Kernel.makeDirectory(layer)
      try Kernel.replace(layer.appending("top"), with: Array("\(index)\n".utf8))
      layers.append(layer)
    }
    let (lines, _) = try host.run("a", "cat /top") { $0.overlay?.lowers += layers }
    #expect(lines == ["19"])
  }
}
