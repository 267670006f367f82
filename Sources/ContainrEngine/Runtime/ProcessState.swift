// What the kernel says of a container's first process: rights, limits, namespaces, mounts. Kept from its start on, so that
// later states can be held against it. Reading only; what a difference means is decided elsewhere.
internal import ContainrSystem
internal import SystemPackage

/// One reading. Bytes as the kernel gave them: mostly they are those of the start, and nothing has to be understood.
public struct ProcessState: Sendable, Hashable {
  /// `net:[4026532008]`.
  public var networkNamespace: String
  /// /proc/PID/status.
  public var status: [UInt8]
  /// /proc/PID/limits.
  public var limits: [UInt8]
  /// /proc/PID/mountinfo.
  public var mounts: [UInt8]

  /// With its parts.
  public init(networkNamespace: String, status: [UInt8], limits: [UInt8], mounts: [UInt8]) {
    self.networkNamespace = networkNamespace
    self.status = status
    self.limits = limits
    self.mounts = mounts
  }

  /// nil if the process has ended.
  init?(of pid: Int32) throws(SyscallError) {
    do throws(SyscallError) {
      let process = try Kernel.open(FilePath("/proc/\(pid)"), [.path, .directory])
      self.init(
        networkNamespace: try Kernel.readLink("ns/net", at: process.raw),
        status: try Kernel.contents(of: "status", at: process.raw),
        limits: try Kernel.contents(of: "limits", at: process.raw),
        mounts: try Kernel.contents(of: "mountinfo", at: process.raw))
    } catch {
      // EINVAL: mountinfo of a process that is about to be gone.
      if [2, 3, 22].contains(error.errno) { return nil }
      throw error
    }
  }

  // Of `status` only what can matter later; the rest changes all the time.
  private static let kept: Set<String> = [
    "Uid", "Gid", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters",
  ]

  /// The values of `status` that can matter: `CapEff` → `00000000a80425fb`.
  public var statusValues: [String: String] {
    var values: [String: String] = [:]
    for line in status.split(separator: 10) {
      // Most lines are not looked at any closer.
      guard let first = line.first, "UGCNS".utf8.contains(first), let colon = line.firstIndex(of: 0x3a),
        colon - line.startIndex < 16
      else { continue }
      let key = String(decoding: line[..<colon], as: UTF8.self)
      guard Self.kept.contains(key) else { continue }
      let words = line[(colon + 1)...].split { $0 == 0x09 || $0 == 0x20 }
      values[key] = String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self)
    }
    return values
  }

  // The file's form: the parts one after the other, each with a line in front that says how many bytes it has.

  var bytes: [UInt8] {
    let short = statusValues.sorted { $0.key < $1.key }.map { "\($0.key):\t\($0.value)" }.joined(separator: "\n")
    var out: [UInt8] = []
    for part in [Array(networkNamespace.utf8), Array(short.utf8), limits, mounts] {
      out += Array("\(part.count)\n".utf8)
      out += part
    }
    return out
  }

  /// nil for bytes that are no such file.
  init?(bytes: [UInt8]) {
    var parts: [[UInt8]] = []
    var rest = bytes[...]
    while parts.count < 4 {
      guard let end = rest.firstIndex(of: 10), let count = Int(String(decoding: rest[..<end], as: UTF8.self)),
        count >= 0, count <= rest.endIndex - end - 1
      else { return nil }
      let start = end + 1
      parts.append(Array(rest[start..<start + count]))
      rest = rest[(start + count)...]
    }
    self.init(
      networkNamespace: String(decoding: parts[0], as: UTF8.self), status: parts[1], limits: parts[2], mounts: parts[3])
  }
}

extension Runtime {
  /// The state of a container's first process when it was started, and now; nil if nothing was kept, or if it has ended.
  public func processStates(
    _ id: String, pid: Int32
  ) throws(RuntimeError) -> (then: ProcessState, now: ProcessState)? {
    let directory = try RunDirectory(runDirectory, id)
    return try directory.attempt("look at the process") { () throws(SyscallError) in
      let bytes: [UInt8]
      do throws(SyscallError) {
        bytes = try Kernel.contents(of: directory.file(RunDirectory.stateFile))
      } catch {
        if error.errno == 2 { return nil }
        throw error
      }
      guard let then = ProcessState(bytes: bytes), let now = try ProcessState(of: pid) else { return nil }
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
