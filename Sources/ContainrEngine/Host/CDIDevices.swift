// Devices of the Container Device Interface: found in the specifications of this host, turned into what a container gets.
internal import ContainrOCI
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

/// The CDI devices of this host.
struct CDIDevices {
  /// A later directory wins over an earlier one, as the specification says.
  static let directories: [FilePath] = ["/etc/cdi", "/var/run/cdi"]
  private static let maximumSize = 1 << 20

  private let devices: [String: (device: CDIDevice, specification: CDISpecification, file: String)]
  /// Files that cannot be read: told if a device is not found.
  private let broken: [CDIProblem]
  private let directories: [FilePath]

  init(directories: [FilePath] = Self.directories) {
    var devices: [String: (device: CDIDevice, specification: CDISpecification, file: String)] = [:]
    var broken: [CDIProblem] = []
    for directory in directories {
      for path in Self.files(in: directory, &broken) {
        do {
          let bytes = try Kernel.contents(of: path, limit: Self.maximumSize)
          let specification = try CDISpecificationReader.read(bytes, file: path.string)
          for device in specification.devices {
            devices["\(specification.kind)=\(device.name)"] = (device, specification, path.string)
          }
        } catch {
          broken.append(error as? CDIProblem ?? CDIProblem("\(error)"))
        }
      }
    }
    self.devices = devices
    self.broken = broken
    self.directories = directories
  }

  private static func files(in directory: FilePath, _ broken: inout [CDIProblem]) -> [FilePath] {
    do throws(SyscallError) {
      return try Kernel.names(inDirectory: directory).filter {
        $0.hasSuffix(".json") || $0.hasSuffix(".yaml") || $0.hasSuffix(".yml")
      }.map { directory.appending($0) }
    } catch {
      if error.errno != 2 && error.errno != 20 { broken.append(CDIProblem("\(error)")) }
      return []
    }
  }

  /// Adds what the plan's CDI devices and requests stand for.
  func add(_ plan: ServicePlan, to hardware: inout ContainerHardware) throws(HardwareError) {
    var names: [(name: String, field: String)] = []
    for device in plan.devices where device.isCDI { names.append((device.source, "devices.\(device.source)")) }
    for request in plan.deviceRequests { names += try self.names(of: request).map { ($0, "gpus") } }
    var given: Set<String> = []
    var files: Set<String> = []
    for (name, field) in names where given.insert(name).inserted {
      guard let found = devices[name] else { throw HardwareError(field: field, description: unknown(name)) }
      if files.insert(found.file).inserted {
        try add(found.specification.edits, of: name, field: field, to: &hardware)
      }
      try add(found.device.edits, of: name, field: field, to: &hardware)
    }
  }

  private func unknown(_ name: String) -> String {
    let places = directories.map(\.string).joined(separator: " and ")
    let kind = name.prefix { $0 != "=" }
    let others = devices.keys.filter { $0.hasPrefix(kind + "=") }.sorted()
    var words = "no specification in \(places) describes the CDI device \(name)"
    if !others.isEmpty { words += "; of that kind there are \(others.joined(separator: ", "))" }
    for problem in broken { words += "; unreadable: \(problem)" }
    return words
  }

  /// The devices that a request asks for.
  private func names(of request: DeviceRequestPlan) throws(HardwareError) -> [String] {
    func fail(_ words: String) -> HardwareError { HardwareError(field: "gpus", description: words) }
    if request.driver == "cdi" { return request.ids }
    let vendor = request.driver.isEmpty ? nil : request.driver
    let strange = request.capabilities.filter { !["gpu", "compute", "utility", "graphics", "video"].contains($0) }
    if let capability = strange.first {
      throw fail("no driver of ours knows devices by the capability '\(capability)'; name CDI devices under 'devices'")
    }
    let kinds = Set(devices.values.map(\.specification.kind)).filter { kind in
      kind.hasSuffix("/gpu") && (vendor.map { kind.hasPrefix("\($0).") || kind.hasPrefix("\($0)/") } ?? true)
    }
    guard let kind = kinds.sorted().first else {
      var words = "no specification in \(directories.map(\.string).joined(separator: " and ")) describes a GPU"
      if let vendor { words += " of \(vendor)" }
      for problem in broken { words += "; unreadable: \(problem)" }
      throw fail(words)
    }
    if kinds.count > 1 {
      throw fail("there are GPUs of several kinds (\(kinds.sorted().joined(separator: ", "))); name a driver")
    }
    if !request.ids.isEmpty { return request.ids.map { "\(kind)=\($0)" } }
    let all = devices.keys.filter { $0.hasPrefix("\(kind)=") }.sorted()
    if request.count == -1 {
      return all.contains("\(kind)=all") ? ["\(kind)=all"] : all
    }
    // By number: names such as all or a UUID stand for devices that have one as well.
    let numbered = all.filter { Int($0.dropFirst(kind.utf8.count + 1)) != nil }
      .sorted { (Int($0.dropFirst(kind.utf8.count + 1)) ?? 0) < (Int($1.dropFirst(kind.utf8.count + 1)) ?? 0) }
    let count = Int(clamping: request.count ?? 1)
    guard numbered.count >= count else {
      throw fail("\(count) GPUs are asked for, and there are \(numbered.count) of kind \(kind)")
    }
    return Array(numbered.prefix(count))
  }

  private func add(
    _ edits: CDIEdits, of name: String, field: String, to hardware: inout ContainerHardware
  ) throws(HardwareError) {
    if let first = edits.unsupported.first {
      throw HardwareError(
        field: field, description: "the CDI device \(name) needs what this version does not do: \(first)")
    }
    hardware.environment += edits.environment
    hardware.groups += edits.groups.filter { !hardware.groups.contains($0) }
    for edit in edits.nodes {
      let node = try node(edit, of: name, field: field)
      hardware.nodes.removeAll { $0.path == node.path }
      hardware.nodes.append(node)
      if node.type != "p" { hardware.rules.append(Hardware.rule(for: node, edit.permissions)) }
    }
    for mount in edits.mounts {
      let options = mount.options.isEmpty ? ["ro", "nosuid", "nodev"] : mount.options
      let bind = options.contains("bind") || options.contains("rbind") ? [] : ["rbind"]
      hardware.mounts.removeAll { $0.destination == mount.containerPath }
      hardware.mounts.append(
        OCIMount(destination: mount.containerPath, type: "bind", source: mount.hostPath, options: bind + options))
    }
  }

  private func node(_ edit: CDINode, of name: String, field: String) throws(HardwareError) -> OCIDevice {
    let path = edit.hostPath ?? edit.path
    let status: FileStatus?
    do throws(SyscallError) {
      status = try Kernel.status(of: FilePath(path))
    } catch {
      status = nil
    }
    var node = status.flatMap { Hardware.node($0, at: edit.path, from: path) }
    if let type = edit.type, type == "p" || (edit.major != nil && edit.minor != nil) {
      node = node ?? OCIDevice(path: edit.path, type: type)
      node?.type = type
    }
    guard var node else {
      throw HardwareError(field: field, description: "the CDI device \(name) names \(path), which is no device")
    }
    if let major = edit.major { node.major = major }
    if let minor = edit.minor { node.minor = minor }
    node.fileMode = edit.mode ?? node.fileMode
    node.uid = edit.uid ?? node.uid
    node.gid = edit.gid ?? node.gid
    return node
  }
}
