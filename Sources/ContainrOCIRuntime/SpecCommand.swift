// `spec`: a config.json to begin with, as other runtimes write it.
internal import ContainrBundle
internal import ContainrCgroups
internal import ContainrJSON
internal import ContainrOCI
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

enum SpecCommand {
  static let forms: [String] = ["bundle,b=", "rootless"]

  static func run(_ words: CommandWords, _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    let directory = try RuntimeContext.absolute(words.value("bundle") ?? ".")
    let path = directory.appending("config.json")
    let mounts = try attempt("look for the cgroups") { () throws(SyscallError) in try CgroupMounts.detect() }
    let document = document(rootless: words.has("rootless"), isUnified: mounts.layout == .v2)
    try attempt("write config.json") { () throws(SyscallError) in
      if try Kernel.exists(path) {
        throw SyscallError(errno: 17, operation: "open", path: path, detail: "remove it first")
      }
      let text = document.text(indent: 2) + "\n"
      try Kernel.open(path, [.writeOnly, .create, .exclusive], mode: 0o644).writeAll(Array(text.utf8))
    }
    return 0
  }

  private static func strings(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }

  private static func mount(
    _ destination: String, _ type: String, _ source: String, _ options: [String]
  ) -> JSONValue {
    var members = [
      JSONMember("destination", .string(destination)), JSONMember("type", .string(type)),
      JSONMember("source", .string(source)),
    ]
    if !options.isEmpty { members.append(JSONMember("options", strings(options))) }
    return .object(members)
  }

  static func document(rootless: Bool, isUnified: Bool) -> JSONValue {
    let capabilities = strings(["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"])
    let process = JSONValue.object([
      JSONMember("terminal", .bool(true)),
      JSONMember("user", .object([JSONMember("uid", .integer(0)), JSONMember("gid", .integer(0))])),
      JSONMember("args", strings(["sh"])),
      JSONMember("env", strings(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"])),
      JSONMember("cwd", .string("/")),
      JSONMember(
        "capabilities",
        .object(
          ["bounding", "effective", "permitted"].map { JSONMember($0, capabilities) })),
      JSONMember(
        "rlimits",
        .array([
          .object([
            JSONMember("type", .string("RLIMIT_NOFILE")), JSONMember("hard", .integer(1024)),
            JSONMember("soft", .integer(1024)),
          ])
        ])),
      JSONMember("noNewPrivileges", .bool(true)),
    ])
    return .object([
      JSONMember("ociVersion", .string(RuntimeProgram.specVersion)), JSONMember("process", process),
      JSONMember("root", .object([JSONMember("path", .string("rootfs")), JSONMember("readonly", .bool(true))])),
      JSONMember("hostname", .string("containr")), JSONMember("mounts", .array(mounts(rootless))),
      JSONMember("linux", linux(rootless, isUnified)),
    ])
  }

  private static func mounts(_ rootless: Bool) -> [JSONValue] {
    let confined = ["nosuid", "noexec", "nodev"]
    let pts = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] + (rootless ? [] : ["gid=5"])
    return [
      mount("/proc", "proc", "proc", []),
      mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      mount("/dev/pts", "devpts", "devpts", pts),
      mount("/dev/shm", "tmpfs", "shm", confined + ["mode=1777", "size=65536k"]),
      mount("/dev/mqueue", "mqueue", "mqueue", confined),
      rootless
        ? mount("/sys", "none", "/sys", ["rbind", "nosuid", "noexec", "nodev", "ro"])
        : mount("/sys", "sysfs", "sysfs", confined + ["ro"]),
    ] + (rootless ? [] : [mount("/sys/fs/cgroup", "cgroup", "cgroup", confined + ["relatime", "ro"])])
  }

  private static func linux(_ rootless: Bool, _ isUnified: Bool) -> JSONValue {
    func mapping(_ id: UInt32) -> JSONValue {
      .array([
        .object([
          JSONMember("containerID", .integer(0)), JSONMember("hostID", .integer(Int64(id))),
          JSONMember("size", .integer(1)),
        ])
      ])
    }
    var members: [JSONMember] = []
    if rootless {
      members.append(JSONMember("uidMappings", mapping(Kernel.effectiveUserID())))
      members.append(JSONMember("gidMappings", mapping(Kernel.effectiveGroupID())))
    } else {
      let denied = JSONValue.object([JSONMember("allow", .bool(false)), JSONMember("access", .string("rwm"))])
      members.append(JSONMember("resources", .object([JSONMember("devices", .array([denied]))])))
    }
    var kinds = ["pid", "ipc", "uts", "mount"]
    kinds += rootless ? ["user"] : ["network"]
    // As runc writes it: on v1 the hierarchies show a container's own directories without it.
    if isUnified { kinds.append("cgroup") }
    members.append(
      JSONMember("namespaces", .array(kinds.map { .object([JSONMember("type", .string($0))]) })))
    let masked = [
      "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
      "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
    ]
    members.append(JSONMember("maskedPaths", strings(masked)))
    members.append(JSONMember("readonlyPaths", strings(ReadonlyPaths.defaults)))
    return .object(members)
  }
}
