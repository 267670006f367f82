// What the kernel says of a container's first process: rights, limits, namespaces, mounts. Kept from its start on, so that
// later states can be held against it. Reading only; what a difference means is decided elsewhere.
internal import ContainrSystem
internal import SystemPackage

/// One reading.
public struct ProcessState: Sendable, Hashable {
  /// `net:[4026532008]`.
  public var networkNamespace: String
  /// /proc/PID/status.
  public var status: String
  /// /proc/PID/limits.
  public var limits: String
  /// /proc/PID/mountinfo.
  public var mounts: String

  /// With its parts.
  public init(networkNamespace: String, status: String, limits: String, mounts: String) {
    self.networkNamespace = networkNamespace
    self.status = status
    self.limits = limits
    self.mounts = mounts
  }

  /// nil if the process has ended.
  init?(of pid: Int32) throws(SyscallError) {
    do throws(SyscallError) {
      let process = FilePath("/proc/\(pid)")
      let link = try Kernel.readLink(process.appending("ns/net"))
      self.init(
        networkNamespace: link, status: try Kernel.text(of: process.appending("status")),
        limits: try Kernel.text(of: process.appending("limits")),
        mounts: try Kernel.text(of: process.appending("mountinfo")))
    } catch {
      // EINVAL: mountinfo of a process that is about to be gone.
      if [2, 3, 22].contains(error.errno) { return nil }
      throw error
    }
  }

  // Of `status` only what can matter later; the rest changes all the time.
  private static let kept: Set<Substring> = [
    "Uid", "Gid", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters",
  ]

  /// The values of `status` that can matter: `CapEff` → `00000000a80425fb`.
  public var statusValues: [String: String] { Self.values(status) }

  static func values(_ status: String) -> [String: String] {
    var values: [String: String] = [:]
    for line in status.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":"), kept.contains(line[..<colon]) else { continue }
      let value = line[line.index(after: colon)...].split(whereSeparator: { $0 == "\t" || $0 == " " })
      values[String(line[..<colon])] = value.joined(separator: " ")
    }
    return values
  }

  // The file's form: the parts one after the other, each with a line in front that says how many bytes it has.

  var bytes: [UInt8] {
    let short = statusValues.sorted { $0.key < $1.key }.map { "\($0.key):\t\($0.value)" }.joined(separator: "\n")
    var out: [UInt8] = []
    for part in [networkNamespace, short, limits, mounts] {
      out += Array("\(part.utf8.count)\n".utf8)
      out += Array(part.utf8)
    }
    return out
  }

  /// nil for bytes that are no such file.
  init?(bytes: [UInt8]) {
    var parts: [String] = []
    var rest = bytes[...]
    while parts.count < 4 {
      guard let end = rest.firstIndex(of: 10), let count = Int(String(decoding: rest[..<end], as: UTF8.self)),
        count >= 0, count <= rest.endIndex - end - 1
      else { return nil }
      let start = end + 1
      parts.append(String(decoding: rest[start..<start + count], as: UTF8.self))
      rest = rest[(start + count)...]
    }
    self.init(networkNamespace: parts[0], status: parts[1], limits: parts[2], mounts: parts[3])
  }
}

extension Runtime {
  /// The state of a container's first process when it was started, and now; nil if nothing was kept, or if it has ended.
  public func processStates(
    _ id: String, pid: Int32
  ) throws(RuntimeError) -> (then: ProcessState, now: ProcessState)? {
    let directory = try RunDirectory(runDirectory, id)
    return try directory.attempt("look at the process") { () throws(SyscallError) in
      let file = directory.file(RunDirectory.stateFile)
      guard try Kernel.exists(file), let then = ProcessState(bytes: try Kernel.contents(of: file)),
        let now = try ProcessState(of: pid)
      else { return nil }
      return (then, now)
    }
  }
}

extension RunDirectory {
  static let stateFile: FilePath = "state"

  /// Keeps what the process is now as what it is meant to be.
  func recordState(of pid: Int32) throws(RuntimeError) {
    try attempt("keep the state of the process") { () throws(SyscallError) in
      guard let state = try ProcessState(of: pid) else { return }
      try Kernel.replace(file(Self.stateFile), with: state.bytes)
    }
  }
}
