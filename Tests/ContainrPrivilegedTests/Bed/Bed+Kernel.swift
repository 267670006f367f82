// What the kernel says of a stack: cgroup files, times of files, processes of ours.
import ContainrTestSupport
import Foundation

extension Bed {
  /// The kernel has one tree for all controllers (cgroup v2).
  static let isUnified = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")

  /// A cgroup of this bed, relative to its parent, in the hierarchy of a controller.
  func cgroupDirectory(_ controller: String, path: String) -> String {
    "/sys/fs/cgroup/\(Self.isUnified ? "" : controller + "/")\(sandbox.cgroupParent)/\(path)"
  }

  /// The directory of a service's first container.
  func cgroupDirectory(_ controller: String, _ service: String) -> String {
    cgroupDirectory(controller, path: "t/t-\(service)-1")
  }

  /// A value of a container's cgroup by the name of v1's file and in its words, whichever the kernel has.
  func cgroup(_ controller: String, _ service: String, _ file: String) throws -> String {
    try cgroupValue(cgroupDirectory(controller, service), file)
  }

  /// The same of any cgroup.
  func cgroupValue(_ directory: String, _ file: String) throws -> String {
    func text(_ name: String) throws -> String { try read("\(directory)/\(name)").trimmingCharacters(in: .newlines) }
    guard Self.isUnified else { return try text(file) }
    func limit(_ name: String, otherwise: String) throws -> String {
      let value = try text(name)
      return value == "max" ? otherwise : value
    }
    func word(_ index: Int) throws -> String { try text("cpu.max").split(separator: " ").map(String.init)[index] }
    switch file {
    case "memory.limit_in_bytes": return try limit("memory.max", otherwise: "9223372036854771712")
    case "memory.soft_limit_in_bytes": return try text("memory.low")
    case "cpu.cfs_quota_us": return try word(0) == "max" ? "-1" : word(0)
    case "cpu.cfs_period_us": return try word(1)
    case "cpuset.cpus":
      let own = try text(file)
      return own.isEmpty ? try text("cpuset.cpus.effective") : own
    case "blkio.bfq.weight": return try text("io.bfq.weight").replacingOccurrences(of: "default ", with: "")
    case "blkio.throttle.read_bps_device": return try throttle("rbps", text("io.max"))
    case "blkio.throttle.write_bps_device": return try throttle("wbps", text("io.max"))
    case "blkio.throttle.read_iops_device": return try throttle("riops", text("io.max"))
    case "blkio.throttle.write_iops_device": return try throttle("wiops", text("io.max"))
    default: return try text(file)
    }
  }

  /// `8:0 rbps=1 wbps=max` → `8:0 1`.
  private func throttle(_ name: String, _ lines: String) -> String {
    for line in lines.split(separator: "\n") {
      let words = line.split(separator: " ")
      for word in words.dropFirst() where word.hasPrefix(name + "=") && !word.hasSuffix("=max") {
        return "\(words[0]) \(word.dropFirst(name.count + 1))"
      }
    }
    return ""
  }

  /// Writes a value by hand, by the name of v1's file.
  func setCgroup(_ controller: String, _ service: String, _ file: String, _ value: String) throws {
    let names = ["memory.limit_in_bytes": "memory.max", "cpu.cfs_quota_us": "cpu.max"]
    let path = "\(cgroupDirectory(controller, service))/\(Self.isUnified ? names[file] ?? file : file)"
    let fd = open(path, O_WRONLY | O_CLOEXEC)
    guard fd >= 0 else { throw TestSupportError("\(path): errno \(errno)") }
    defer { close(fd) }
    guard Foundation.write(fd, value, value.utf8.count) == value.utf8.count else {
      throw TestSupportError("\(path): errno \(errno)")
    }
  }

  /// Every file of the state and run directories with size and time of its last change, without what containers and the
  /// supervisor write.
  func fileTimes() throws -> [String: String] {
    var times: [String: String] = [:]
    for root in [sandbox.stateDirectory, sandbox.runDirectory] {
      let walk = FileManager.default.enumerator(atPath: root)
      while let name = walk?.nextObject() as? String {
        if name.hasSuffix(".log") || name.contains("/health/") { continue }
        var status = stat()
        let path = "\(root)/\(name)"
        // Reading a database in WAL mode touches the index of the log, which is memory in a file.
        if lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFDIR || name.hasSuffix("-shm") { continue }
        times[path] = "\(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
      }
    }
    return times
  }

  /// Pids of a program of ours that works for this bed, by name and words of its command line.
  func processes(_ program: String) throws -> [Int32] {
    HostSnapshot.processes(of: sandbox.id).filter { $0.contains(" \(program) ") }.compactMap {
      $0.split(separator: " ").first.flatMap { Int32($0) }
    }.sorted()
  }

  /// The supervisor's pid: `containr supervise t`.
  func supervisor() throws -> Int32? { try supervision { !$0.contains("containr-keep") } }

  /// The pid of the process that starts the supervisor again.
  func keeper() throws -> Int32? { try supervision { $0.contains("containr-keep") } }

  private func supervision(_ isWanted: (String) -> Bool) throws -> Int32? {
    HostSnapshot.processes(of: sandbox.id).filter { $0.contains(" supervise ") && isWanted($0) }.sorted().first?
      .split(separator: " ").first.flatMap { Int32($0) }
  }

  /// Kills the supervisor and who would start another one.
  func killSupervision() throws {
    let all = [try keeper(), try supervisor()].compactMap(\.self)
    for pid in all { kill(pid, SIGKILL) }
    try eventually("the supervisor is gone") { all.allSatisfy { kill($0, 0) != 0 || isZombie($0) } }
  }

  /// What a boot leaves of a stack of which nothing runs: the records, which are of another boot, and no run directory.
  func forgetBoot() throws {
    try killSupervision()
    let mounted = try read("/proc/self/mounts").split(separator: "\n").map { String($0.split(separator: " ")[1]) }
    for place in mounted.reversed() where place.hasPrefix(sandbox.runDirectory + "/") {
      try ContainrTestSupport.run("umount", [place]).succeeding()
    }
    // The holder of a user's namespaces, of which nobody is left, may be taking away its own files.
    try ContainrTestSupport.run("rm", ["-rf", sandbox.runDirectory]).succeeding()
    let program = """
      import sqlite3, sys
      store = sqlite3.connect(sys.argv[1])
      for table in ("stacks", "containers"): store.execute(f"UPDATE {table} SET boot = 'another'")
      store.commit()
      """
    try ContainrTestSupport.run("python3", ["-c", program, "\(sandbox.stateDirectory)/containr.db"]).succeeding()
  }

  /// Starts a supervisor as nobody would, its descriptor 3 as the shell says, and waits until it answers.
  func supervise(_ redirection: String, environment more: [String: String] = [:]) throws {
    let program = try BuiltPrograms.path("containr")
    let command = "\(program) supervise t \(redirection) </dev/null >/dev/null 2>&1 &"
    let environment = sandbox.environment.merging(more) { _, last in last }.map { "\($0.key)=\($0.value)" }
    let words = ["env"] + environment + ["setsid", "bash", "-c", command]
    let all = sandbox.user?.words(words) ?? words
    try sandbox.runInNetwork(all[0], Array(all.dropFirst())).succeeding()
    try eventually("a supervisor is there") { try supervisor() != nil && exists("run/stacks/t/supervisor.sock") }
  }

  /// The user namespace of whoever runs containers here.
  func userNamespace() throws -> String {
    let holder = sandbox.user == nil ? "self" : String(try read("run/rootless").prefix { $0 != " " })
    return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(holder)/ns/user")
  }

  /// The names on the host of a service's links.
  func hostLinks(_ service: String) throws -> [String] {
    let words = ["-t", "\(try pid(service))", "-n", "ip", "-o", "link"]
    let inside = try ContainrTestSupport.run("nsenter", words).succeeding().output
    // `2: eth0@if7: …`: the number of the other end.
    let numbers = Set(
      inside.split(separator: "\n").compactMap { $0.split(separator: "@if").dropFirst().first?.prefix { $0 != ":" } })
    return try self.inside("ip -o link").split(separator: "\n").compactMap { line in
      let words = line.split(separator: ":")
      guard numbers.contains(words[0]) else { return nil }
      return words[1].split(separator: "@").first.map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// The containers of which the supervisor has heard nothing since it found them in order; asked as a plan asks.
  func still() throws -> [String] {
    let ask =
      "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\(sandbox.runDirectory)/stacks/t/supervisor.sock'); "
    // Its socket is open to its own user alone: of a user's stack not to the host's root.
    let line = "python3 -c \"\(ask)s.sendall(b'still\\n'); print(s.makefile().read())\""
    let lines = try sandbox.runInShell(line).succeeding().output.split(separator: "\n")
    return lines.dropLast().map { String($0.prefix { $0 != " " }) }
  }

  /// Waits until the supervisor has found these in order.
  func awaitStill(_ containers: String...) throws {
    try eventually("\(containers) are still") {
      // One that has just begun does not listen yet.
      do { return Set(containers).isSubset(of: try still()) } catch { return false }
    }
  }

  /// The shim that is the parent of a container's first process.
  func shim(of pid: Int32) throws -> Int32 {
    let status = try read("/proc/\(pid)/status")
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("PPid:") }),
      let parent = Int32(line.split(separator: "\t")[1])
    else { throw TestSupportError("no parent in \(status)") }
    return parent
  }

  /// Names of the links of this bed's network, bridges (`b`) or host ends of veth pairs (`v`).
  func links(_ letter: String) throws -> [String] {
    try inside("ip -o link").split(separator: "\n").map {
      String($0.split(separator: " ")[1].split(whereSeparator: { $0 == "@" || $0 == ":" })[0])
    }.filter { $0.hasPrefix(sandbox.linkPrefix + letter) }
  }
}

/// Whether a process has ended, waited for or not.
func isZombie(_ pid: Int32) -> Bool {
  (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.contains(") Z ") ?? true
}
