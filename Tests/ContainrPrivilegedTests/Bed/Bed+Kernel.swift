// What the kernel says of a stack: cgroup files, times of files, processes of ours.
import ContainrTestSupport
import Foundation

extension Bed {
  /// The directory of a service's first container in a v1 hierarchy.
  func cgroupDirectory(_ controller: String, _ service: String) -> String {
    "/sys/fs/cgroup/\(controller)/\(sandbox.cgroupParent)/t/t-\(service)-1"
  }

  /// A value of a container's cgroup.
  func cgroup(_ controller: String, _ service: String, _ file: String) throws -> String {
    try read("\(cgroupDirectory(controller, service))/\(file)").trimmingCharacters(in: .newlines)
  }

  /// Writes a value by hand.
  func setCgroup(_ controller: String, _ service: String, _ file: String, _ value: String) throws {
    let path = "\(cgroupDirectory(controller, service))/\(file)"
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
    try sandbox.snapshot().facts("process", containing: " \(program) ").compactMap {
      $0.split(separator: " ").first.flatMap { Int32($0) }
    }
  }

  /// The supervisor's pid: `containr supervise t`.
  func supervisor() throws -> Int32? {
    try sandbox.snapshot().facts("process", containing: " supervise ").first?.split(separator: " ").first.flatMap {
      Int32($0)
    }
  }

  /// The containers of which the supervisor has heard nothing since it found them in order; asked as a plan asks.
  func still() throws -> [String] {
    let ask =
      "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\(sandbox.runDirectory)/stacks/t/supervisor.sock'); "
    let lines = try shell("python3 -c \"\(ask)s.sendall(b'still\\n'); print(s.makefile().read())\"").split(
      separator: "\n")
    return lines.dropLast().map { String($0.prefix { $0 != " " }) }
  }

  /// Waits until the supervisor has found these in order.
  func awaitStill(_ containers: String...) throws {
    try eventually("\(containers) are still") {
      Set(containers).isSubset(of: try still())
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
    try shell("ip -o link").split(separator: "\n").map {
      String($0.split(separator: " ")[1].split(whereSeparator: { $0 == "@" || $0 == ":" })[0])
    }.filter { $0.hasPrefix(sandbox.linkPrefix + letter) }
  }
}
