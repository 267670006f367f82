// The devices of a plan on this host: single ones, directories of them, all of them, and those of CDI. Reads only.
internal import ContainrOCI
package import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

/// A device that a container cannot be given.
package struct HardwareError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The field of the plan that asks for it.
  package var field: String
  /// In words.
  package var description: String
}

/// The look at the host's devices.
package enum Hardware {
  /// More nodes than a directory of devices has.
  private static let maximumNodes = 4096

  /// Everything that the plan asks for.
  package static func of(_ plan: ServicePlan) throws(HardwareError) -> ContainerHardware {
    var hardware = ContainerHardware()
    if plan.isPrivileged {
      hardware.nodes = try all()
      hardware.rules = [OCIDeviceRule(allow: true)]
    }
    for device in plan.devices where !device.isCDI {
      let nodes = try nodes(of: device)
      // What is named wins over what every privileged container has.
      hardware.nodes.removeAll { there in nodes.contains { $0.path == there.path } }
      hardware.nodes += nodes
      hardware.rules += nodes.map { rule(for: $0, device.permissions) }
    }
    if plan.devices.contains(where: \.isCDI) || !plan.deviceRequests.isEmpty {
      try CDIDevices().add(plan, to: &hardware)
    }
    hardware.nodes.removeAll { $0.path == "/dev/console" || $0.path == "/dev/ptmx" }
    return hardware
  }

  /// A rule for a node alone.
  static func rule(for node: OCIDevice, _ access: String) -> OCIDeviceRule {
    OCIDeviceRule(
      allow: true, type: node.type == "b" ? "b" : "c", major: node.major, minor: node.minor, access: access)
  }

  /// A node, or those in a directory; links are followed, as the source is the host's.
  private static func nodes(of device: DevicePlan) throws(HardwareError) -> [OCIDevice] {
    let field = "devices.\(device.target)"
    func fail(_ reason: String) -> HardwareError {
      HardwareError(field: field, description: "device \(device.source) \(reason)")
    }
    var nodes: [OCIDevice] = []
    do throws(SyscallError) {
      let status = try Kernel.status(of: FilePath(device.source))
      if let node = node(status, at: device.target, from: device.source) { return [node] }
      if status.isDirectory { try collect(FilePath(device.source), as: device.target, into: &nodes) }
    } catch {
      throw fail(error.errno == 2 || error.errno == 20 ? "does not exist" : "cannot be looked at: \(error)")
    }
    if nodes.isEmpty { throw fail("is neither a device nor a directory with devices") }
    return nodes
  }

  /// All nodes of /dev, but the terminals and what is mounted there.
  private static func all() throws(HardwareError) -> [OCIDevice] {
    var nodes: [OCIDevice] = []
    do throws(SyscallError) {
      try collect("/dev", as: "/dev", into: &nodes, except: ["/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/.lxc"])
    } catch {
      throw HardwareError(field: "privileged", description: "the host's devices cannot be looked at: \(error)")
    }
    return nodes
  }

  private static func collect(
    _ directory: FilePath, as target: String, into nodes: inout [OCIDevice], except: Set<String> = []
  ) throws(SyscallError) {
    for name in try Kernel.names(inDirectory: directory).sorted() where nodes.count < maximumNodes {
      let path = directory.appending(name)
      if except.contains(path.string) { continue }
      let status: FileStatus
      do throws(SyscallError) {
        status = try Kernel.status(of: path, followSymlinks: false)
      } catch {
        if error.errno == 2 { continue }  // gone meanwhile
        throw error
      }
      let inside = target == "/" ? "/\(name)" : "\(target)/\(name)"
      if let node = node(status, at: inside, from: path.string) {
        nodes.append(node)
      } else if status.isDirectory {
        try collect(path, as: inside, into: &nodes, except: except)
      }
    }
  }

  /// The node of a status, which the host has at `source`; nil if it is none.
  static func node(_ status: FileStatus, at path: String, from source: String) -> OCIDevice? {
    guard status.isBlockDevice || status.isCharacterDevice else { return nil }
    var node = OCIDevice(
      path: path, type: status.isBlockDevice ? "b" : "c", major: status.deviceMajor, minor: status.deviceMinor)
    node.fileMode = status.mode & 0o7777
    node.uid = status.uid
    node.gid = status.gid
    if source != path { node.hostPath = source }
    return node
  }
}
