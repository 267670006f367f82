// `containr-shim replace`: puts other files under paths of a running container, in its own mount namespace.
internal import CContainrLinux
internal import ContainrNamespaces
public import ContainrRootfs
internal import ContainrSystem
internal import SystemPackage

/// What it is told: how to reach the root, and what goes where.
public struct ReplacePlan: Sendable, Hashable, WireValue {
  /// With `.chroot` the container's root directory comes with the request.
  public var rootSwitch: RootSwitch
  /// In this order.
  public var replacements: [MountReplacement]

  /// The plan.
  public init(rootSwitch: RootSwitch, replacements: [MountReplacement]) {
    self.rootSwitch = rootSwitch
    self.replacements = replacements
  }

  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(rootSwitch.rawValue)
    writer.put(UInt32(replacements.count))
    for one in replacements {
      writer.put(one.source)
      writer.put(one.target)
      writer.put(one.attributes.rawValue)
    }
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    rootSwitch = try RootSwitch(wire: &reader)
    replacements = []
    for _ in 0..<(try reader.number(UInt32.self)) {
      replacements.append(
        MountReplacement(
          source: try reader.string(), target: try reader.string(), MountAttributes(rawValue: try reader.number())))
    }
  }
}

/// Answers with `proceed` when all of it is done.
enum ReplaceShim {
  /// `descriptors`: the plan, a pidfd of the container's first process; then, as the plan says, the container's root.
  static func run(_ socket: consuming SeqPacketSocket, _ descriptors: [SharedFD]) -> Int32 {
    do throws(SyscallError) {
      guard descriptors.count >= 2 else { throw SyscallError(errno: 71, operation: "recvmsg", detail: "no plan") }
      var reader = WireReader(try Kernel.memory(descriptors[0].raw))
      let plan = try Shim.decode(ReplacePlan.self, &reader)
      // While the host's tree is in sight.
      var mounts: [SharedFD] = []
      for one in plan.replacements { mounts.append(SharedFD(try one.prepare().release())) }
      try Kernel.join(descriptors[1].raw, .mount)
      if plan.rootSwitch == .chroot {
        guard descriptors.count > 2 else { throw SyscallError(errno: 71, operation: "recvmsg", detail: "no root") }
        try check(cl_fchdir(descriptors[2].raw), "fchdir")
        try check(cl_chroot("."), "chroot")
      }
      let root = ContainerRoot(taking: try Kernel.open("/", [.path, .directory]))
      for (one, mount) in zip(plan.replacements, mounts) {
        try one.apply(DetachedMount(taking: try mount.duplicate()), in: root)
      }
      try socket.send(InitMessage.proceed.bytes)
      return 0
    } catch {
      return Shim.report("replace a file", error, to: socket)
    }
  }
}
