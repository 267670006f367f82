// From an OCI spec to the mount steps, in the order in which they must run. Pure.
public import ContainrOCI

/// The layers of the root, lowest first, without the init layer.
public struct RootLayers: Sendable, Hashable {
  /// Read-only, lowest first.
  public var lowers: [String]
  /// Writable; nil for a read-only root.
  public var upper: String?
  /// overlayfs's own, on the file system of `upper`.
  public var work: String?
  /// The files of `lowers` have the ids of the container's user namespace on disk; ours on top of them is among them.
  public var haveOwnIDs = false
  /// Not the kernel puts them over each other.
  public var isServed = false
  /// For a container whose layers nobody else uses and whose writes go with it.
  public var passing: PassingLayer?

  /// The layers; `upper` and `work` only together.
  public init(lowers: [String], upper: String?, work: String?) {
    self.lowers = lowers
    self.upper = upper
    self.work = work
  }
}

/// What a container that leaves nothing has instead of the init layer: a layer of its own in memory, in its own mount
/// namespace, with the files that the runtime brings. And nothing that it writes is forced to the disk at its end.
public struct PassingLayer: Sendable, Hashable {
  /// Files of the init layer with their contents.
  public var files: [ProvidedText]

  /// A layer with these files.
  public init(files: [ProvidedText]) { self.files = files }
}

/// A file by its contents.
public struct ProvidedText: Sendable, Hashable {
  /// Relative to the root: `etc/hosts`.
  public var path: String
  /// The whole file.
  public var text: String

  /// A file and what is in it.
  public init(path: String, text: String) {
    self.path = path
    self.text = text
  }
}

/// A file that the runtime brings: the host's path and where it goes.
public struct ProvidedFile: Sendable, Hashable {
  /// A path of the host.
  public var source: String
  /// A path inside.
  public var target: String

  /// A file and its place.
  public init(source: String, target: String) {
    self.source = source
    self.target = target
  }
}

/// How the host's cgroups look; decides what stands at /sys/fs/cgroup inside.
public enum CgroupView: Sendable, Hashable {
  /// Nothing: there is none that could be shown.
  case hidden
  /// v1's, with their controllers: shown only to who asks for them by a mount of the type `cgroup`.
  case separate([[String]])
  /// The v2 tree.
  case unified
}

/// The mount steps of one container.
public struct MountPlan: Sendable, Hashable {
  /// In the order of their execution.
  public var steps: [MountStep]

  /// `initLayer` is the read-only layer of ours on top of the image's; nil with a passing
  /// layer, which stands for it.
  public init(
    spec: RuntimeSpec, layers: RootLayers?, initLayer: String?, files: [ProvidedFile], cgroups: CgroupView
  ) throws(MountPlanError) {
    steps = []
    // Before the first file system is made.
    if let label = spec.linux.mountLabel { steps.append(.label(label)) }
    if let layers {
      if layers.lowers.isEmpty { throw MountPlanError("an overlay needs at least one lower layer") }
      if (layers.upper == nil) != (layers.work == nil) {
        throw MountPlanError("an overlay needs its upper and its work directory together")
      }
      steps.append(
        layers.isServed
          ? .served(try Self.served(layers, initLayer, spec))
          : .overlay(
            lowers: (layers.haveOwnIDs ? [] : initLayer.map { [$0] } ?? []) + layers.lowers.reversed(),
            upper: layers.upper, work: layers.work,
            mountPoint: spec.root.path, passing: layers.passing,
            // The layers are everybody's: a container with ids of its own sees them as its own.
            idmap: !layers.haveOwnIDs && spec.linux.namespaces.contains { $0.type == .user }
              ? IDMap(uids: [], gids: []) : nil))
    } else {
      steps.append(.directory(spec.root.path))
    }

    var requested: [String: OCIMount] = [:]
    for mount in spec.mounts { requested[try Self.destination(mount)] = mount }

    // /dev comes first, before anything of the image or a volume can be in its way.
    if requested["/dev"] != nil { throw MountPlanError("/dev is the runtime's: mount below it instead") }
    steps.append(.devices)
    for mount in Self.systemMounts where requested[mount.destination] == nil { steps.append(try Self.step(mount)) }
    if cgroups == .unified, requested[Self.cgroupPlace] == nil,
      spec.linux.namespaces.contains(where: { $0.type == .cgroup })
    {
      steps.append(
        .filesystem(
          type: "cgroup2", target: Self.cgroupPlace, parameters: [],
          attributes: [.readOnly, .noSetuid, .noDevices, .noExec]))
    }
    for file in files where requested[file.target] == nil {
      steps.append(
        .bind(
          source: file.source, target: file.target, recursive: false, attributes: [.noSetuid, .noDevices],
          propagation: .privately))
    }
    for mount in spec.mounts {
      if mount.type == "cgroup" {
        steps += try Self.hierarchies(mount, cgroups)
      } else {
        steps.append(try Self.step(mount))
      }
    }
    if spec.linux.namespaces.contains(where: { $0.type == .user && $0.path == nil }) {
      steps += spec.linux.devices.map { .nodes([$0]) }
    } else if !spec.linux.devices.isEmpty {
      steps.append(.nodes(spec.linux.devices))
    }
    // After the volumes, so that a volume cannot bring a masked file back into sight.
    steps += spec.linux.maskedPaths.map { .mask($0) }
    steps += spec.linux.readonlyPaths.map { .readOnly($0) }
    // Last: missing mount targets had to be made in the root.
    if spec.root.readonly { steps.append(.readOnlyRoot) }
    // Layers of images are where the root's are.
    if layers?.isServed == true { steps = steps.map(Self.served) }
  }

  private static func served(
    _ layers: RootLayers, _ initLayer: String?, _ spec: RuntimeSpec
  ) throws(MountPlanError) -> ServedOverlay {
    if spec.linux.namespaces.contains(where: { $0.type == .user }) {
      throw MountPlanError(
        "fuse-overlayfs shows its files with no other ids, as a user namespace of the container's own needs it")
    }
    return ServedOverlay(
      lowers: (initLayer.map { [$0] } ?? []) + layers.lowers.reversed(), upper: layers.upper, work: layers.work,
      place: .root(mountPoint: spec.root.path, files: layers.passing?.files ?? []))
  }

  private static func served(_ step: MountStep) -> MountStep {
    guard case .layers(let lowers, let target, let subpath, _) = step else { return step }
    return .served(
      ServedOverlay(lowers: lowers, upper: nil, work: nil, place: .target(target, subpath: subpath)))
  }

  private static let cgroupPlace = "/sys/fs/cgroup"

  /// The container's own cgroup as the top of all hierarchies: the v2 tree, or each of v1's below a tmpfs.
  private static func hierarchies(_ mount: OCIMount, _ cgroups: CgroupView) throws(MountPlanError) -> [MountStep] {
    let target = try destination(mount)
    let options: MountOptions
    do throws(MountPlanError) { options = try MountOptions(mount.options, allowed: []) } catch {
      throw MountPlanError("mount \(target): \(error.description)")
    }
    switch cgroups {
    case .unified:
      return [.filesystem(type: "cgroup2", target: target, parameters: [], attributes: options.attributes)]
    case .hidden: return []
    case .separate(let hierarchies):
      return [
        .filesystem(
          type: "tmpfs", target: target, parameters: [MountParameter("mode", "755")], attributes: options.attributes)
      ]
        + hierarchies.map { controllers in
          .filesystem(
            type: "cgroup", target: "\(target)/\(controllers.joined(separator: ","))",
            parameters: controllers.map { MountParameter($0) }, attributes: options.attributes)
        }
    }
  }

  /// What every container has (Docker's table), in the order of mounting.
  public static let systemMounts: [OCIMount] = [
    OCIMount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
    OCIMount(destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]),
    OCIMount(
      destination: "/dev/pts", type: "devpts", source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
    OCIMount(
      destination: "/dev/shm", type: "tmpfs", source: "shm",
      options: ["nosuid", "noexec", "nodev", "mode=1777", "size=67108864"]),
    OCIMount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
  ]

  /// The steps of what every container has: what can be prepared before anything else is known of it.
  public static func systemSteps() throws(MountPlanError) -> [MountStep] {
    [.devices] + (try systemMounts.map { (mount) throws(MountPlanError) in try step(mount) })
  }

  /// The options that a file system may be given; nil for one that may not be mounted at all.
  private static func parameters(of type: String) -> [String]? {
    switch type {
    case "tmpfs": ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "huge"]
    case "devpts": ["newinstance", "ptmxmode", "mode", "gid", "uid"]
    case "proc": ["hidepid", "subset"]
    case "sysfs", "mqueue": []
    default: nil
    }
  }

  private static func step(_ mount: OCIMount) throws(MountPlanError) -> MountStep {
    let target = try destination(mount)
    let known = parameters(of: mount.type)
    if !mount.layers.isEmpty {
      return .layers(
        lowers: mount.layers.reversed(), target: target, subpath: mount.subpath,
        idmap: mount.options.contains("idmap") ? IDMap(uids: [], gids: []) : nil)
    }
    if !mount.uidMappings.isEmpty || mount.subpath != nil || mount.namespace != nil
      || mount.options.contains(where: { $0 == "idmap" || $0 == "ridmap" })
    {
      var request = try MountRequest(mount)
      request.target = target
      return .request(request)
    }
    let options: MountOptions
    do throws(MountPlanError) {
      options = try MountOptions(mount.options, allowed: known ?? [])
    } catch {
      throw MountPlanError("mount \(target): \(error.description)")
    }
    if mount.type == "bind" || options.bind {
      guard mount.source.hasPrefix("/") else {
        throw MountPlanError("mount \(target): the source '\(mount.source)' is not an absolute path")
      }
      return .bind(
        source: mount.source, target: target, recursive: options.recursive, attributes: options.attributes,
        propagation: options.propagation)
    }
    guard known != nil else {
      throw MountPlanError("mount \(target): unknown type '\(mount.type)'")
    }
    return .filesystem(
      type: mount.type, target: target, parameters: options.parameters, attributes: options.attributes)
  }

  /// The destination without doubled or trailing slashes. Refuses what would let a volume stand in for procfs
  /// (CVE-2019-16884) and paths that mean something else than they say.
  private static func destination(_ mount: OCIMount) throws(MountPlanError) -> String {
    if isPlain(mount) { return mount.destination }
    guard mount.destination.utf8.first == UInt8(ascii: "/") else {
      throw MountPlanError("mount '\(mount.destination)': the destination is not an absolute path")
    }
    // By bytes, as the kernel does: a combining mark behind a slash would make another Character of it and hide a '..'.
    let parts = mount.destination.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }.filter { $0 != "." }
    if parts.contains("..") { throw MountPlanError("mount \(mount.destination): '..' is not allowed in a destination") }
    guard let first = parts.first else { throw MountPlanError("a mount on / would hide the root file system") }
    if first == "proc", parts.count > 1 || mount.type != "proc" {
      throw MountPlanError("mount \(mount.destination): nothing but proc may be mounted on or below /proc")
    }
    return "/" + parts.joined(separator: "/")
  }

  /// Whether a destination is as it would come out, and allowed: the runtime's own all are, and looking at the bytes takes
  /// a hundredth of the time.
  private static func isPlain(_ mount: OCIMount) -> Bool {
    let slash = UInt8(ascii: "/")
    var before: UInt8 = 0
    var count = 0
    for byte in mount.destination.utf8 {
      if count == 0, byte != slash { return false }
      // A component that is empty or begins with a dot.
      if before == slash, byte == slash || byte == UInt8(ascii: ".") { return false }
      before = byte
      count += 1
    }
    if count < 2 || before == slash { return false }
    return mount.destination.utf8.starts(with: "/proc".utf8)
      ? mount.destination == "/proc" && mount.type == "proc" : true
  }
}
