// A state directory of its own for the privileged tests: layers from Debian's static busybox, a runtime, and a clean-up
// that runs in all cases.
import ContainrCgroups
import ContainrOCI
import ContainrRuntime
import ContainrSecurity
import ContainrSeccomp
import ContainrSystem
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

/// Privileged tests run as root only; the reason is printed when they are skipped.
let needsRoot: ConditionTrait = .enabled("real containers need root") { geteuid() == 0 }

final class RuntimeHost {
  static let counter = NSLock()
  nonisolated(unsafe) static var made = 0

  let state: FilePath
  let name: String
  let runtime: Runtime
  let mounts: CgroupMounts
  var layer: FilePath { state.appending("layer") }
  var runs: FilePath { state.appending("run") }

  init() throws {
    Self.counter.lock()
    Self.made += 1
    name = "containr-rt-\(getpid())-\(Self.made)"
    Self.counter.unlock()
    state = FilePath("/tmp/\(name)")
    mounts = try CgroupMounts.detect()
    let shim = FilePath(try Kernel.readLink("/proc/self/exe")).removingLastComponent().appending("containr-shim")
    runtime = Runtime(
      shim: shim, runDirectory: state.appending("run"), cgroups: mounts, initLayer: state.appending("init"))
    try Kernel.makeDirectories(runs, mode: 0o700)
    try Kernel.makeDirectories(state.appending("layer/bin"))
    try Kernel.makeDirectories(state.appending("layer/etc"))
    try Runtime.createInitLayer(at: state.appending("init"))
    // Not copied by this process: a child that is being started would hold the file open for writing (ETXTBSY).
    try ContainrTestSupport.run("cp", ["/bin/busybox", layer.appending("bin/busybox").string]).succeeding()
    for applet in [
      "sh", "cat", "ls", "id", "true", "false", "sleep", "pwd", "env", "readlink", "hostname", "grep", "touch", "stat",
      "tr", "cut",
      "dd", "mkdir", "kill", "head", "test", "ps", "mount", "umount", "ln", "chmod", "wc", "seq", "mkfifo", "df", "yes",
    ] { try Kernel.makeSymlink(layer.appending("bin/\(applet)"), to: "busybox") }
    try write("layer/etc/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:1000:1001::/srv/web:/bin/sh\n")
    try write("layer/etc/group", "root:x:0:\nweb:x:1001:\nlog:x:7:web\n")
  }

  deinit {
    for id in (try? runtime.list()) ?? [] {
      do { try runtime.delete(id, cgroupPath: cgroup(id)) } catch { Issue.record("clean-up of \(id): \(error)") }
    }
    // Never through a mount: a state directory that is still mounted on stays, and the test says so.
    let mountinfo = (try? Kernel.text(of: "/proc/self/mountinfo")) ?? ""
    if mountinfo.contains(state.string) {
      Issue.record("a mount below \(state) is left")
      return
    }
    try? FileManager.default.removeItem(atPath: state.string)
  }

  func cgroup(_ id: String) -> String { "\(name)/\(id)" }

  /// A directory of the host that nothing of a container may reach.
  func victim() throws -> FilePath {
    let victim = state.appending("victim")
    try Kernel.makeDirectory(victim)
    return victim
  }

  /// A layer of symlinks, by their places in it.
  func evil(_ links: [(String, String)]) throws -> FilePath {
    let layer = state.appending("evil")
    for (name, target) in links {
      try Kernel.makeDirectories(layer.appending(name).removingLastComponent())
      try Kernel.makeSymlink(layer.appending(name), to: target)
    }
    return layer
  }

  func write(_ path: String, _ text: String) throws {
    try Kernel.replace(state.appending(path), with: Array(text.utf8), mode: 0o644)
  }

  /// A container with Docker's defaults that runs a shell script.
  func config(
    _ id: String, _ script: String, _ change: (inout ContainerConfig) throws -> Void = { _ in }
  ) throws -> ContainerConfig {
    for directory in ["root-\(id)", "up-\(id)", "work-\(id)"] {
      if try !Kernel.exists(state.appending(directory)) { try Kernel.makeDirectory(state.appending(directory)) }
    }
    var process = OCIProcess(args: ["sh", "-c", script])
    let names = CapabilityDefaults.docker14.names
    process.capabilities.bounding = names
    process.capabilities.effective = names
    process.capabilities.permitted = names
    var spec = RuntimeSpec(process: process, root: OCIRoot(path: state.appending("root-\(id)").string))
    spec.hostname = "host-\(id)"
    spec.linux.namespaces = [.mount, .pid, .uts, .ipc, .network, .cgroup].map { OCINamespace($0) }
    spec.linux.cgroupsPath = cgroup(id)
    spec.linux.maskedPaths = MaskedPaths.defaults(possibleCPUs: 2)
    spec.linux.readonlyPaths = ReadonlyPaths.defaults
    spec.linux.sysctl = Sysctl.networkDefaults
    spec.linux.seccompProgram = try SeccompProfile.defaultProgram(capabilities: process.capabilities)
    var config = ContainerConfig(
      id: id, spec: spec,
      overlay: OverlayConfig(lowers: [layer], upper: state.appending("up-\(id)"), work: state.appending("work-\(id)")),
      logFile: state.appending("log-\(id)"))
    try change(&config)
    return config
  }

  /// Starts without a network of its own.
  @discardableResult
  func start(_ config: ContainerConfig) throws -> ProcessIdentity { try runtime.start(config) { _, _ in } }

  /// Runs a script to its end; answers what it wrote to stdout, line by line, and how it ended.
  func run(
    _ id: String, _ script: String, _ change: (inout ContainerConfig) throws -> Void = { _ in }
  ) throws -> (lines: [String], status: ContainrSystem.ExitStatus) {
    try start(try config(id, script, change))
    guard let exit = try runtime.waitForExit(id, milliseconds: Int(60_000 * TestPace.factor)) else {
      throw SyscallError(errno: 62, operation: "wait", detail: "the container did not end")
    }
    return (try log(id), exit.status)
  }

  /// The log once it has so many lines, or after a minute (TestPace): a container that runs writes when it comes to it.
  func log(_ id: String, whenLines count: Int) throws -> [String] {
    for _ in 0..<Int(1200 * TestPace.factor) {
      let lines = try log(id)
      if lines.count >= count { return lines }
      usleep(50_000)
    }
    return try log(id)
  }

  /// The container's log without times: stdout plain, stderr with `! `.
  func log(_ id: String) throws -> [String] {
    try Kernel.text(of: state.appending("log-\(id)")).split(separator: "\n").map { line in
      let fields = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      return (fields[1] == "stderr" ? "! " : "") + fields[3]
    }
  }

  /// Everything of this host that could be left: run directories, cgroups, mounts.
  func leftovers() throws -> [String] {
    var found = try runtime.list()
    found += try Cgroup.leftovers(mounts: mounts, parent: name)
    found += try Kernel.text(of: "/proc/self/mountinfo").split(separator: "\n").map(String.init)
      .filter { $0.contains(state.string) }
    return found
  }
}
