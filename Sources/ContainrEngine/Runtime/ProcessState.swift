// What the kernel says of a container's first process: rights, limits, namespaces, mounts. Kept from its start on, so that
// later states can be held against it. Reading only; what a difference means is decided elsewhere.
public import ContainrSystem
internal import SystemPackage

/// One reading. Bytes as the kernel gave them: mostly they are those of the start, and nothing has to be understood.
public struct ProcessState: Sendable, Hashable {
  /// `net:[4026532008]`.
  public var networkNamespace: String
  /// Of /proc/PID/status the lines that can matter later; the rest changes all the time.
  public var status: [UInt8]
  /// /proc/PID/limits.
  public var limits: [UInt8]
  /// /proc/PID/mountinfo.
  public var mounts: [UInt8]
  /// What the process sees of its network.
  public var network: NetworkTexts
  /// What confines it.
  public var labels: ProcessLabels

  /// With its parts; `status` may be the whole file.
  public init(
    networkNamespace: String, status: [UInt8], limits: [UInt8], mounts: [UInt8], network: NetworkTexts = NetworkTexts(),
    labels: ProcessLabels = ProcessLabels()
  ) {
    self.networkNamespace = networkNamespace
    self.status = Self.kept(of: status)
    self.limits = limits
    self.mounts = mounts
    self.network = network
    self.labels = labels
  }

  /// nil if the process has ended. `isStill`: mounts and network are left out.
  init?(of pid: Int32, isStill: Bool = false) throws(SyscallError) {
    do throws(SyscallError) {
      let process = try Kernel.open(FilePath("/proc/\(pid)"), [.path, .directory])
      self.init(
        networkNamespace: try Kernel.readLink("ns/net", at: process.raw),
        status: try Kernel.procfs("status", at: process.raw), limits: try Kernel.procfs("limits", at: process.raw),
        mounts: isStill ? [] : try Kernel.procfs("mountinfo", at: process.raw),
        network: isStill ? NetworkTexts() : try NetworkTexts(process.raw), labels: try ProcessLabels(process.raw))
    } catch {
      // EINVAL: mountinfo of a process that is about to be gone.
      if [2, 3, 6, 22].contains(error.errno) { return nil }  // 6: its network is gone already
      throw error
    }
  }

  private static let names: Set<String> = [
    "Uid", "Gid", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters",
  ]

  /// The lines of `status` that can matter. Most are not looked at any closer than their first letter.
  private static func kept(of status: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var start = 0
    while start < status.count {
      let end = status[start...].firstIndex(of: 10) ?? status.count
      switch status[start] {
      case UInt8(ascii: "U"), UInt8(ascii: "G"), UInt8(ascii: "C"), UInt8(ascii: "N"), UInt8(ascii: "S"):
        if let colon = status[start..<min(end, start + 16)].firstIndex(of: 0x3a),
          names.contains(String(decoding: status[start..<colon], as: UTF8.self))
        {
          out += status[start..<end]
          out.append(10)
        }
      default: break
      }
      start = end + 1
    }
    return out
  }

  /// The values of `status` that can matter: `CapEff` → `00000000a80425fb`.
  public var statusValues: [String: String] {
    var values: [String: String] = [:]
    for line in String(decoding: status, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let words = parts[1].split(whereSeparator: { $0 == "\t" || $0 == " " })
      values[String(parts[0])] = words.joined(separator: " ")
    }
    return values
  }

  // The file's form: the parts one after the other, each with a line in front that says how many bytes it has.

  var bytes: [UInt8] {
    var out: [UInt8] = []
    for part in [Array(networkNamespace.utf8), status, limits, mounts] + network.parts + labels.parts
      + [network.addresses6, network.routes6]
    {
      out += Array("\(part.count)\n".utf8)
      out += part
    }
    return out
  }

  /// nil for bytes that are no such file.
  init?(bytes: [UInt8]) {
    var parts: [[UInt8]] = []
    var rest = bytes[...]
    // An earlier release wrote ten.
    while parts.count < 12, parts.count < 10 || !rest.isEmpty {
      guard let end = rest.firstIndex(of: 10), let count = Int(String(decoding: rest[..<end], as: UTF8.self)),
        count >= 0, count <= rest.endIndex - end - 1
      else { return nil }
      let start = end + 1
      parts.append(Array(rest[start..<start + count]))
      rest = rest[(start + count)...]
    }
    networkNamespace = String(decoding: parts[0], as: UTF8.self)
    (status, limits, mounts) = (parts[1], parts[2], parts[3])
    network = NetworkTexts(interfaces: parts[4], routes: parts[5], trie: parts[6], groups: parts[7])
    labels = ProcessLabels(appArmor: parts[8], selinux: parts[9])
    if parts.count == 12 { (network.addresses6, network.routes6) = (parts[10], parts[11]) }
  }
}

/// A network namespace in the kernel's words.
public struct NetworkTexts: Sendable, Hashable {
  /// The names of all interfaces, one a line.
  public var interfaces: [UInt8]
  /// /proc/PID/net/route.
  public var routes: [UInt8]
  /// /proc/PID/net/fib_trie.
  public var trie: [UInt8]
  /// /proc/PID/net/igmp; empty in a kernel without IP multicast.
  public var groups: [UInt8]
  /// Of /proc/PID/net/if_inet6 address, length and interface, one a line, sorted; without what the kernel itself gives
  /// every link. Empty in a kernel without IPv6.
  public var addresses6: [UInt8] = []
  /// Of /proc/PID/net/ipv6_route next hop and interface of the default routes, one a line, sorted.
  public var routes6: [UInt8] = []

  /// With its parts.
  public init(interfaces: [UInt8] = [], routes: [UInt8] = [], trie: [UInt8] = [], groups: [UInt8] = []) {
    self.interfaces = interfaces
    self.routes = routes
    self.trie = trie
    self.groups = groups
  }

  /// Of a process; nil if it has ended.
  public init?(of pid: Int32) throws(SyscallError) {
    do throws(SyscallError) {
      let process = try Kernel.open(FilePath("/proc/\(pid)"), [.path, .directory])
      try self.init(process.raw)
    } catch {
      if [2, 3, 6, 22].contains(error.errno) { return nil }  // 6: its network is gone already
      throw error
    }
  }

  /// `process`: its directory in procfs.
  init(_ process: CInt) throws(SyscallError) {
    interfaces = Self.names(try Kernel.procfs("net/dev", at: process))
    routes = try Kernel.procfs("net/route", at: process)
    trie = try Kernel.procfs("net/fib_trie", at: process)
    do throws(SyscallError) {
      groups = try Kernel.procfs("net/igmp", at: process)
    } catch {
      if error.errno != 2 { throw error }
      groups = []
    }
    addresses6 = try Self.lines("net/if_inet6", process) { words in
      // Scope 20 is of one link: the kernel makes them when it likes.
      words.count == 6 && words[3] != [0x32, 0x30] ? [words[0], words[2], words[5]] : nil
    }
    routes6 = try Self.lines("net/ipv6_route", process) { words in
      let isDefault = words.count == 10 && words[1] == [0x30, 0x30] && words[0].allSatisfy { $0 == 0x30 }
      return isDefault && !words[4].allSatisfy { $0 == 0x30 } ? [words[4], words[9]] : nil
    }
  }

  /// What counts of each line of a file that a kernel without IPv6 has not.
  private static func lines(
    _ name: FilePath, _ process: CInt, _ kept: ([ArraySlice<UInt8>]) -> [ArraySlice<UInt8>]?
  ) throws(SyscallError) -> [UInt8] {
    let text: [UInt8]
    do throws(SyscallError) {
      text = try Kernel.procfs(name, at: process)
    } catch {
      if error.errno != 2 { throw error }
      return []
    }
    let lines = text.split(separator: 10).compactMap { line -> String? in
      kept(line.split(separator: 32)).map { words in
        words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
      }
    }
    return Array(lines.sorted().joined(separator: "\n").utf8)
  }

  var parts: [[UInt8]] { [interfaces, routes, trie, groups] }

  /// Of /proc/PID/net/dev what does not count: two lines of heads, then a name and a colon in each.
  static func names(_ dev: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for line in dev.split(separator: 10).dropFirst(2) {
      out += line.drop { $0 == 0x20 }.prefix { $0 != 0x3a }
      out.append(10)
    }
    return out
  }
}

/// The labels of a process in the kernel's words; empty where the module is off.
public struct ProcessLabels: Sendable, Hashable {
  /// `containr-default (enforce)`.
  public var appArmor: [UInt8]
  /// `system_u:system_r:container_t:s0:c1,c2`.
  public var selinux: [UInt8]

  /// With both.
  public init(appArmor: [UInt8] = [], selinux: [UInt8] = []) {
    self.appArmor = appArmor
    self.selinux = selinux
  }

  /// `process`: its directory in procfs. The common file is that of the first module that has one; AppArmor has a file of
  /// its own as well.
  init(_ process: CInt) throws(SyscallError) {
    guard Self.areGiven else {
      self.init()
      return
    }
    let common = try Self.read("attr/current", process)
    let own = try Self.read("attr/apparmor/current", process)
    // A context has colons, and no profile of AppArmor begins with what stands before the first one.
    let isContext = common.count(where: { $0 == UInt8(ascii: ":") }) >= 2
    self.init(appArmor: !own.isEmpty ? own : isContext ? [] : common, selinux: isContext ? common : [])
  }

  /// Whether any module gives labels, which it does to every process or to none, from the kernel's start on. true where
  /// that cannot be told.
  private static let areGiven: Bool = {
    do throws(SyscallError) {
      let process = try Kernel.open("/proc/self", [.path, .directory])
      if try !read("attr/current", process.raw).isEmpty { return true }
      return try !read("attr/apparmor/current", process.raw).isEmpty
    } catch {
      return true
    }
  }()

  /// Empty where no module answers (EINVAL), or the kernel has none (ENOENT).
  private static func read(_ name: FilePath, _ process: CInt) throws(SyscallError) -> [UInt8] {
    do throws(SyscallError) {
      return try Kernel.procfs(name, at: process)
    } catch {
      if error.errno == 22 || error.errno == 2 { return [] }
      throw error
    }
  }

  var parts: [[UInt8]] { [appArmor, selinux] }
}

extension Kernel {
  /// A file of procfs. Up to some size the kernel gives it with one read, and the end need not be asked for.
  fileprivate static func procfs(_ name: FilePath, at process: CInt) throws(SyscallError) -> [UInt8] {
    let file = try open(name, at: process)
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = try read(file.raw, into: &bytes)
    bytes.removeLast(bytes.count - count)
    // A page, less the longest record that might not have fitted any more.
    return count < 3072 ? bytes : bytes + (try readAll(file.raw))
  }
}

extension Runtime {
  /// The state of a container's first process when it was started, and now; nil if nothing was kept, or if it has ended.
  /// `isStill`: its mounts and network have not moved, and are left out of `now`.
  public func processStates(
    _ id: String, pid: Int32, isStill: Bool = false
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
      guard let then = ProcessState(bytes: bytes), let now = try ProcessState(of: pid, isStill: isStill)
      else { return nil }
      return (then, now)
    }
  }
}

extension Runtime {
  /// The labels with which the containers that have a run directory were started, by id.
  public func labels() throws(RuntimeError) -> [String: ProcessLabels] {
    var labels: [String: ProcessLabels] = [:]
    for id in try list() {
      let file = try RunDirectory(runDirectory, id).file(RunDirectory.stateFile)
      do throws(SyscallError) {
        labels[id] = ProcessState(bytes: try Kernel.contents(of: file))?.labels
      } catch {
        if error.errno != 2 { throw RuntimeError(container: id, stage: "read its labels", error) }
      }
    }
    return labels
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

  /// Keeps what its mounts are now as what they are meant to be; all else stays as it was at its start.
  func recordMounts(of pid: Int32) throws(RuntimeError) {
    try attempt("keep the state of the process") { () throws(SyscallError) in
      let file = file(Self.stateFile)
      guard try Kernel.exists(file), var state = ProcessState(bytes: try Kernel.contents(of: file)),
        let now = try ProcessState(of: pid)
      else { return }
      state.mounts = now.mounts
      try Kernel.replace(file, with: state.bytes)
    }
  }
}
