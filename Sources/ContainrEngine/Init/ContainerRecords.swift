// The small files that the shim leaves in a container's run directory. Text, one word and its values a line.
public import ContainrSystem
internal import SystemPackage

/// `process`: who runs. Written before the container's first program starts.
public struct ProcessRecord: Sendable, Hashable {
  /// The name in the run directory.
  public static let fileName = "process"
  /// The boot in which these processes live; in another boot they do not.
  public var bootID: String
  /// Its parent, which records its end.
  public var shim: ProcessIdentity
  /// The container's first process.
  public var initial: ProcessIdentity

  /// The container's first process.
  public init(bootID: String, shim: ProcessIdentity, initial: ProcessIdentity) {
    self.bootID = bootID
    self.shim = shim
    self.initial = initial
  }

  /// The file's contents.
  public var text: String {
    "boot \(bootID)\nshim \(shim.pid) \(shim.startTime)\ninit \(initial.pid) \(initial.startTime)\n"
  }

  /// nil for text that is not a record.
  public init?(text: String) {
    let lines = RecordLines(text)
    guard let boot = lines["boot"]?.first, let shim = lines.identity("shim"), let initial = lines.identity("init")
    else { return nil }
    self.init(bootID: boot, shim: shim, initial: initial)
  }
}

/// `exit`: how the container's first process ended.
public struct ExitRecord: Sendable, Hashable {
  /// The name in the run directory.
  public static let fileName = "exit"
  /// Its code or its signal.
  public var status: ExitStatus
  /// Nanoseconds since 1970.
  public var time: UInt64
  /// Whether the kernel's OOM killer struck in the container's cgroup.
  public var outOfMemory: Bool
  /// Whether it was killed because the server of its files had ended.
  public var lostFiles = false

  /// The record of these values.
  public init(status: ExitStatus, time: UInt64, outOfMemory: Bool) {
    self.status = status
    self.time = time
    self.outOfMemory = outOfMemory
  }

  /// The file's contents.
  public var text: String {
    let how: String
    switch status {
    case .exited(let code): how = "exited \(code)"
    case .signalled(let signal): how = "signalled \(signal)"
    }
    return "\(how)\nat \(time)\noom \(outOfMemory ? 1 : 0)\n" + (lostFiles ? "files lost\n" : "")
  }

  /// nil for text that is not a record.
  public init?(text: String) {
    let lines = RecordLines(text)
    guard let time = lines["at"]?.first.flatMap(UInt64.init), let oom = lines["oom"]?.first else { return nil }
    if let code = lines["exited"]?.first.flatMap(Int32.init) {
      self.init(status: .exited(code), time: time, outOfMemory: oom == "1")
    } else if let signal = lines["signalled"]?.first.flatMap(Int32.init) {
      self.init(status: .signalled(signal), time: time, outOfMemory: oom == "1")
    } else {
      return nil
    }
    lostFiles = lines["files"]?.first == "lost"
  }
}

/// The log of a running container.
public enum RunningLog {
  /// The name in the run directory of other limits than those of the start. Written by the host, before SIGHUP.
  public static let limitsFile = "log"
}

/// The end of a container whose shim waits for a client, or for the servers of its files.
public enum HeldEnd {
  /// The name in the run directory of what says that the end may be one that is not recorded yet: the client of a `run` has
  /// not come, or does not take what the container wrote, or a server still writes. Written and removed by the shim; empty.
  public static let fileName = "held"

  static func mark(in directory: CInt) throws(SyscallError) {
    _ = try Kernel.open(FilePath(fileName), at: directory, [.writeOnly, .create, .noFollow], mode: 0o600)
  }
}

/// The lines of a record by their first word.
private struct RecordLines {
  private var values: [String: [String]] = [:]

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if let key = words.first { values[key] = Array(words.dropFirst()) }
    }
  }

  subscript(key: String) -> [String]? { values[key] }

  func identity(_ key: String) -> ProcessIdentity? {
    guard let words = values[key], words.count == 2, let pid = Int32(words[0]), let start = UInt64(words[1])
    else { return nil }
    return ProcessIdentity(pid: pid, startTime: start)
  }
}
