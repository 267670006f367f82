// Preflight of what the kernel gives to no ordinary user. Reads only.
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

extension Preflight {
  mutating func checkUser(of service: ServicePlan) throws {
    guard settings.relaysPorts else { return }
    if service.namespaces.contains(where: { $0.kind == .pid && $0.owner == .host }) {
      add(
        "not-for-users",
        "service \(service.name): 'pid: host' needs a procfs of the host's processes, which only root mounts",
        at: service.origins["pid"] ?? service.location, help: "remove it, or run the stack as root")
    }
    for mount in service.mounts where mount.kind == .bind && mount.isAlone == true {
      guard let below = try Self.mounted(below: mount.source) else { continue }
      add(
        "not-for-users",
        "service \(service.name): 'recursive: disabled' would uncover what \(below) hides, which the kernel lets only root do",
        at: service.origins["volumes.\(mount.target)"] ?? service.location,
        help: "remove 'recursive', or run the stack as root")
    }
  }

  /// A mount below a directory; nil: there is none (mount_namespaces(7), locked mounts).
  private static func mounted(below directory: String) throws(SyscallError) -> String? {
    let prefix = directory == "/" ? "/" : directory + "/"
    for line in try Kernel.text(of: "/proc/self/mountinfo").split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 5)
      guard words.count > 5 else { continue }
      let point = MountInfo.unescaped(words[4])
      if point.hasPrefix(prefix), point != directory { return point }
    }
    return nil
  }
}
