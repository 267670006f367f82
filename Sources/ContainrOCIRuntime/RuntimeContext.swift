// What all commands share: the global options, understood.
internal import ContainrCgroups
internal import ContainrSystem
internal import SystemPackage

/// This process's environment, looked through rather than put into a dictionary: two or three names are asked for.
struct Surroundings: Sendable {
  /// `NAME=value`.
  let entries: [String]

  subscript(name: String) -> String? {
    let start = name + "="
    return entries.first { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }
  }
}

/// One command's surroundings.
struct RuntimeContext {
  let root: StateRoot
  let log: RuntimeLog
  let isRoot: Bool
  let environment: Surroundings
  /// Containers have no cgroup (`--cgroup-manager disabled`).
  let withoutCgroup: Bool
  /// What still ties this program's sealed file to this process.
  let seal: CInt?

  static let forms: [String] = [
    "root=", "log=", "log-format=", "debug", "systemd-cgroup", "rootless=",
    "cgroup-manager=", "criu=", "version,v", "help,h",
  ]

  init(_ words: CommandWords, environment: Surroundings, seal: CInt?) throws(RuntimeFailure) {
    log = try RuntimeLog(
      path: words.value("log"), format: words.value("log-format"), debug: words.has("debug"))
    isRoot = Kernel.effectiveUserID() == 0
    self.environment = environment
    self.seal = seal
    if words.has("systemd-cgroup") || words.value("cgroup-manager") == "systemd" {
      throw RuntimeFailure(
        "cgroups through systemd are not supported: leave out --systemd-cgroup (in engines: cgroup manager `cgroupfs`)")
    }
    let manager = words.value("cgroup-manager") ?? "cgroupfs"
    guard ["cgroupfs", "disabled"].contains(manager) else {
      throw RuntimeFailure("--cgroup-manager must be cgroupfs or disabled, not \(manager)")
    }
    withoutCgroup = manager == "disabled"
    if let word = words.value("rootless"), !["auto", "true", "false"].contains(word) {
      throw RuntimeFailure("--rootless must be auto, true or false, not \(word)")
    }
    if let path = words.value("root") {
      root = StateRoot(path: try Self.absolute(path))
    } else if isRoot, words.value("rootless") != "true" {
      root = StateRoot(path: "/run/containr-runtime")
    } else if let directory = environment["XDG_RUNTIME_DIR"], directory.hasPrefix("/") {
      root = StateRoot(path: FilePath(directory).appending("containr-runtime"))
    } else {
      root = StateRoot(path: FilePath("/tmp/containr-runtime-\(Kernel.effectiveUserID())"))
    }
  }

  /// From the caller's working directory.
  static func absolute(_ path: String) throws(RuntimeFailure) -> FilePath {
    if path.hasPrefix("/") { return FilePath(path) }
    let here = try attempt("read the working directory") { () throws(SyscallError) in
      try Kernel.readLink("/proc/self/cwd")
    }
    return FilePath(here).pushing(FilePath(path)).lexicallyNormalized()
  }

  /// The cgroup of a container; nil if it has none.
  func cgroup(_ state: ContainerState) throws(RuntimeFailure) -> Cgroup? {
    guard let path = state.cgroupPath else { return nil }
    let mounts = try attempt("look for the cgroups") { () throws(SyscallError) in try CgroupMounts.detect() }
    return Self.cgroup(mounts, path, isChosen: state.cgroupIsChosen)
  }

  /// The same by the mounts that its maker saw, if they still show it.
  func cgroup(_ entry: EntryRecord) throws(RuntimeFailure) -> Cgroup? {
    guard let path = entry.cgroupPath else { return nil }
    if let text = entry.cgroupMounts {
      let cgroup = Self.cgroup(CgroupMounts(text: text), path, isChosen: entry.cgroupIsChosen)
      if try attemptCgroup({ () throws(CgroupError) in try cgroup.isThere() }) { return cgroup }
    }
    let mounts = try attempt("look for the cgroups") { () throws(SyscallError) in try CgroupMounts.detect() }
    return Self.cgroup(mounts, path, isChosen: entry.cgroupIsChosen)
  }

  static func cgroup(_ mounts: CgroupMounts, _ path: String, isChosen: Bool) -> Cgroup {
    Cgroup(mounts: mounts, everywhere: path, ownsParents: !isChosen)
  }
}
