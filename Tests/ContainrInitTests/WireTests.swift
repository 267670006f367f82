// What crosses the socket comes out as it went in, and nothing else is taken.
import ContainrInit
import ContainrNamespaces
import ContainrOCI
import ContainrRootfs
import ContainrSystem
import ContainrTelemetry
import SystemPackage
import Testing

@Suite("The protocol between host and shim")
struct WireTests {
  static let messages: [InitMessage] = [
    .request(.container), .request(.exec), .request(.netlink), .request(.replace), .spawned(4711), .namespaces,
    .proceed, .executing,
    .failed(InitFailure(stage: "mount", error: SyscallError(errno: 2, operation: "openat2", path: "/a", detail: nil))),
    .exited(.exited(3)), .exited(.signalled(9)),
  ]

  @Test("Every message survives the way", arguments: messages)
  func messageRoundTrip(message: InitMessage) throws {
    #expect(try InitMessage(bytes: message.bytes) == message)
  }

  @Test("A message that is cut off anywhere is an error, and so is one that goes on", arguments: messages)
  func truncation(message: InitMessage) {
    let bytes = message.bytes
    for count in 0..<bytes.count {
      #expect(throws: WireError.self) { try InitMessage(bytes: Array(bytes.prefix(count))) }
    }
    #expect(throws: WireError.self) { try InitMessage(bytes: bytes + [0]) }
  }

  @Test("Another protocol version is named with what to do")
  func version() {
    var bytes = InitMessage.proceed.bytes
    bytes[0] = 99
    let error = #expect(throws: WireError.self) { try InitMessage(bytes: bytes) }
    let versions = "the shim speaks protocol 99, this program \(InitMessage.version)"
    #expect(error?.description == "\(versions): install both of one version")
  }

  static var plan: InitPlan {
    var process = OCIProcess(args: ["sh", "-c", "echo häj"])
    process.env = ["A=1", "B="]
    process.cwd = "/srv"
    process.user.uid = 1000
    process.user.additionalGids = [4, 0xFFFF_FFFE]
    process.user.umask = 0o27
    process.user.username = "web:www"
    process.capabilities.bounding = ["CAP_CHOWN"]
    process.capabilities.ambient = ["CAP_KILL"]
    process.rlimits = [OCIRlimit(type: "RLIMIT_CORE", soft: 0, hard: UInt64.max)]
    process.noNewPrivileges = true
    process.oomScoreAdj = -500
    process.apparmorProfile = "containr-default"
    process.selinuxLabel = "system_u:system_r:container_t:s0:c1,c2"
    var plan = InitPlan(process: ProcessPlan(process: process, seccomp: [1, 2, 3, 0, 255]))
    plan.cgroupFiles = ["/sys/fs/cgroup/pids/x/tasks"]
    plan.cgroupNamespace = true
    plan.cgroupComes = true
    plan.ownNetwork = true
    plan.hostname = "web"
    plan.domainname = "example"
    plan.inUserNamespace = true
    plan.timeOffsets = "monotonic 1 2\n"
    plan.treePropagation = 1 << 20
    plan.rootPropagation = 1 << 18
    plan.process.seccompFlags = 2
    plan.process.personality = 8
    plan.process.process.apparmorProfile = "docker-default"
    plan.process.process.selinuxLabel = "system_u:system_r:container_t:s0"
    plan.process.process.scheduler = OCIScheduler(policy: 1)
    plan.process.process.scheduler?.nice = -3
    plan.process.process.ioPriority = OCIIOPriority(ioClass: 2, level: 7)
    plan.rootSwitch = .chroot
    plan.sysctls = [SysctlWrite(path: "net/ipv4/ip_forward", value: "1")]
    plan.mounts = [
      .layers(lowers: ["/l/b", "/l/a"], target: "/i", subpath: nil, idmap: nil),
      .layers(lowers: ["/l/a"], target: "/j", subpath: "etc", idmap: IDMap(uids: [], gids: [])),
      .served(
        ServedOverlay(
          lowers: ["/l/b", "/l/a"], upper: "/u", work: "/w",
          place: .root(mountPoint: "/m", files: [ProvidedText(path: "etc/hosts", text: "h")]))),
      .served(ServedOverlay(lowers: ["/l/a"], upper: nil, work: nil, place: .target("/k", subpath: "etc"))),
      .overlay(
        lowers: ["/b", "/a"], upper: nil, work: nil, mountPoint: "/m",
        passing: PassingLayer(files: [ProvidedText(path: "etc/hosts", text: "häj\n")])),
      .directory("/root"), .devices,
      .filesystem(
        type: "tmpfs", target: "/t", parameters: [MountParameter("size", "1m"), MountParameter("flag")],
        attributes: [.readOnly, .noExec]),
      .bind(source: "/s", target: "/d", recursive: true, attributes: [.noSymlinkFollow], propagation: .slave),
      .overlay(
        lowers: ["/a"], upper: "/u", work: "/w", mountPoint: "/m",
        idmap: IDMap(
          uids: [OCIIDMapping(containerID: 0, hostID: 100_000, size: 65536)],
          gids: [OCIIDMapping(containerID: 0, hostID: 200_000, size: 1)])),
      .request(Self.request), .nodes([Self.device]), .deviceLinks, .makeDirectory("/w"),
      .mask("/proc/kcore"), .readOnly("/proc/sys"), .readOnlyRoot, .label("u:object_r:t:s0:c1,c2"),
    ]
    return plan
  }

  /// Every field set.
  private static var request: MountRequest {
    var request = MountRequest(type: "tmpfs", source: "/s", target: "/t")
    request.isBind = true
    request.isRecursive = true
    request.isRemount = true
    request.copiesUp = true
    request.copiesLink = true
    request.joinsPeers = true
    request.idmapIsRecursive = true
    request.sourceIsLink = true
    request.targetIsLink = true
    request.set = .readOnly
    request.clear = .noExec
    request.recursiveSet = .noDevices
    request.recursiveClear = .noSetuid
    request.propagation = [1 << 18, 1 << 19 | 0x4000]
    request.parameters = [MountParameter("size", "1m")]
    request.idmap = IDMap(uids: [], gids: [OCIIDMapping(containerID: 1, hostID: 2, size: 3)])
    return request
  }

  private static var device: OCIDevice {
    var device = OCIDevice(path: "/dev/fuse", type: "c", major: 10, minor: 229)
    device.fileMode = 0o600
    device.uid = 1
    device.gid = 2
    return device
  }

  @Test("A plan with every field set survives the way")
  func plan() throws {
    var writer = WireWriter()
    Self.plan.encode(to: &writer)
    var reader = WireReader(writer.bytes)
    #expect(try InitPlan(from: &reader) == Self.plan)
    try reader.end()
  }

  @Test("A plan of replacements survives the way, and cut off anywhere it is an error")
  func replacements() throws {
    let plan = ReplacePlan(
      rootSwitch: .chroot,
      replacements: [
        MountReplacement(source: "/run/f", target: "/run/secrets/t", [.readOnly, .noExec]),
        MountReplacement(source: "/srv/h\u{e4}j", target: "/b", []),
      ])
    var writer = WireWriter()
    plan.encode(to: &writer)
    var reader = WireReader(writer.bytes)
    #expect(try ReplacePlan(from: &reader) == plan)
    try reader.end()
    for count in 0..<writer.bytes.count {
      #expect(throws: WireError.self) {
        var short = WireReader(Array(writer.bytes.prefix(count)))
        _ = try ReplacePlan(from: &short)
      }
    }
  }

  @Test("A plan that is cut off anywhere is an error and never a trap")
  func planTruncation() {
    var writer = WireWriter()
    Self.plan.encode(to: &writer)
    for count in 0..<writer.bytes.count {
      #expect(throws: WireError.self) {
        var reader = WireReader(Array(writer.bytes.prefix(count)))
        _ = try InitPlan(from: &reader)
      }
    }
  }

  @Test("Wrong bytes in a plan never trap")
  func planFuzz() {
    var writer = WireWriter()
    Self.plan.encode(to: &writer)
    for index in writer.bytes.indices {
      for value: UInt8 in [0, 1, 0x7F, 0xFF] {
        var bytes = writer.bytes
        bytes[index] = value
        var reader = WireReader(bytes)
        _ = try? InitPlan(from: &reader)
      }
    }
  }

  @Test("The shim's part and a command's plan survive the way")
  func shimAndExec() throws {
    var shim = ShimPlan(bootID: "b", namespaces: [.mount, .pid], logName: "log")
    shim.joins = [.network]
    shim.hasCgroup = true
    shim.hasKillCounter = true
    (shim.hasTerminal, shim.keepsInput, shim.hasListener, shim.awaitsClient) = (true, false, true, true)
    shim.logLimits = LogLimits(fileSize: 1, files: 2)
    shim.logLimits.journald = JournaldTarget(socket: "/run/j", fields: ["A=b c", "D="])
    var exec = ExecPlan(
      namespaces: [.mount, .cgroup], rootSwitch: .pivotRoot, process: Self.plan.process)
    exec.streams = [true, false, true]
    exec.isDetached = true
    exec.process.process.terminal = true
    exec.process.process.consoleSize = OCIConsoleSize(height: 24, width: 80)
    var writer = WireWriter()
    shim.encode(to: &writer)
    exec.encode(to: &writer)
    var reader = WireReader(writer.bytes)
    #expect(try ShimPlan(from: &reader) == shim)
    #expect(try ExecPlan(from: &reader) == exec)
  }

  @Test("Records survive the way to disk, and damaged ones are none")
  func records() {
    let process = ProcessRecord(
      bootID: "abc", shim: ProcessIdentity(pid: 2, startTime: 3), initial: ProcessIdentity(pid: 4, startTime: 5))
    #expect(process.text == "boot abc\nshim 2 3\ninit 4 5\n")
    #expect(ProcessRecord(text: process.text) == process)
    #expect(ProcessRecord(text: "boot abc\nshim 2\ninit 4 5\n") == nil)
    for status in [ContainrSystem.ExitStatus.exited(3), .signalled(15)] {
      let exit = ExitRecord(status: status, time: 7, outOfMemory: true)
      #expect(ExitRecord(text: exit.text) == exit)
    }
    #expect(ExitRecord(text: "") == nil)
    #expect(ExitRecord(text: "exited 3") == nil)
  }
}
