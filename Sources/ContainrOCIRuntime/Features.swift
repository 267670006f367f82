// `features`: what this runtime can do, for engines (features.md and features-linux.md of the runtime-spec). Pure.
internal import ContainrBundle
internal import ContainrJSON
internal import ContainrSecurity

enum Features {
  private static func strings(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }

  private static let mountOptions: [String] = {
    let pairs = [
      "ro", "rw", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "atime", "noatime", "diratime", "nodiratime",
      "relatime", "strictatime", "symfollow", "nosymfollow",
    ]
    let others = [
      "async", "bind", "defaults", "dirsync", "idmap", "iversion", "lazytime", "loud", "mand", "noiversion",
      "nolazytime", "nomand", "norelatime", "nostrictatime", "private", "rbind", "remount", "ridmap", "rprivate",
      "rshared", "rslave", "runbindable", "shared", "silent", "slave", "sync", "tmpcopyup", "unbindable",
    ]
    return (pairs + pairs.map { "r\($0)" } + others + ["rnorelatime", "rnostrictatime"]).sorted()
  }()

  static var document: JSONValue {
    .object([
      JSONMember("ociVersionMin", .string("1.0.0")),
      JSONMember("ociVersionMax", .string(RuntimeProgram.specVersion)),
      JSONMember(
        "hooks",
        strings(["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"])),
      JSONMember("mountOptions", strings(mountOptions)), JSONMember("linux", linux),
      JSONMember(
        "annotations", .object([JSONMember("io.containr.runtime.version", .string(RuntimeProgram.version))])),
      JSONMember("potentiallyUnsafeConfigAnnotations", .array([])),
    ])
  }

  private static func enabled(_ value: Bool) -> JSONValue { .object([JSONMember("enabled", .bool(value))]) }

  private static var linux: JSONValue {
    .object([
      JSONMember(
        "namespaces", strings(["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"])),
      JSONMember("capabilities", strings(CapabilitySet.all.names)),
      JSONMember(
        "cgroup",
        .object([
          JSONMember("v1", .bool(true)), JSONMember("v2", .bool(true)), JSONMember("systemd", .bool(false)),
          JSONMember("systemdUser", .bool(false)), JSONMember("rdma", .bool(true)),
        ])),
      JSONMember("seccomp", seccomp), JSONMember("apparmor", enabled(true)), JSONMember("selinux", enabled(true)),
      JSONMember(
        "intelRdt",
        .object([JSONMember("enabled", .bool(false)), JSONMember("schemata", .bool(false))])),
      JSONMember(
        "mountExtensions", .object([JSONMember("idmap", enabled(true))])),
      JSONMember("netDevices", enabled(false)),
      JSONMember(
        "memoryPolicy",
        .object([
          JSONMember("modes", strings(SpecDecoder.memoryModes.sorted())),
          JSONMember("flags", strings(SpecDecoder.memoryFlags.keys.sorted())),
        ])),
    ])
  }

  private static var seccomp: JSONValue {
    .object([
      JSONMember("enabled", .bool(true)), JSONMember("actions", strings(SpecDecoder.seccompActions.sorted())),
      JSONMember("operators", strings(SpecDecoder.seccompOperators.sorted())),
      JSONMember("archs", strings(SpecDecoder.seccompArchitectures)),
      JSONMember("knownFlags", strings(SpecDecoder.seccompFlags.sorted())),
      JSONMember("supportedFlags", strings(SpecDecoder.seccompFlags.sorted())),
    ])
  }
}
