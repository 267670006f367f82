// One step of building a container's file system, as a value. Pure: tested as text, applied by MountApplier.
public import ContainrOCI

/// What the applier does next. Targets are absolute paths inside the container; sources are paths of the host.
public enum MountStep: Sendable, Hashable, CustomStringConvertible {
  /// The root from layers, attached at `mountPoint` (host). `lowers` highest first; `passing` is above them, and tells
  /// the kernel that the writable layer will be thrown away (overlayfs's `volatile`). With `idmap` the lower layers are
  /// seen with these ids; the writable one has the ids outside.
  case overlay(
    lowers: [String], upper: String?, work: String?, mountPoint: String, passing: PassingLayer? = nil,
    idmap: IDMap? = nil)
  /// The root, or layers, where the kernel cannot make the overlay: whoever is outside has to.
  case served(ServedOverlay)
  /// The root is the host's directory itself.
  case directory(String)
  /// A fresh tmpfs with the standard nodes and links on /dev.
  case devices
  /// A new file system.
  case filesystem(type: String, target: String, parameters: [MountParameter], attributes: MountAttributes)
  /// A file or directory of the host.
  case bind(
    source: String, target: String, recursive: Bool, attributes: MountAttributes, propagation: MountPropagation)
  /// Layers seen as one, read-only, or the part of them at `subpath`. `lowers` highest first; `idmap` as for `overlay`.
  case layers(lowers: [String], target: String, subpath: String?, idmap: IDMap?)
  /// Any other mount of config.json.
  case request(MountRequest)
  /// Nodes, made in the directories of their paths. In a user namespace a step of one node alone gets it from the host's
  /// side, with its owner and mode; of several they are the host's own, by path.
  case nodes([OCIDevice])
  /// The standard links of /dev: fd, stdin, stdout, stderr, ptmx; what is there already stays.
  case deviceLinks
  /// Makes what is at the path unreadable; a missing path is left.
  case mask(String)
  /// Makes what is at the path read-only; a missing path is left.
  case readOnly(String)
  /// From here on every file system that is made gets this SELinux context for all its files.
  case label(String)
  /// Makes a directory, while the root can be written.
  case makeDirectory(String)
  /// Makes the root itself read-only (not what is mounted in it).
  case readOnlyRoot

  /// One line, as it stands in errors and golden tests.
  public var description: String {
    switch self {
    case .overlay(let lowers, let upper, let work, let point, let passing, let idmap):
      "overlay \(lowers.joined(separator: ":")) upper=\(upper ?? "-") work=\(work ?? "-") at \(point)"
        + (passing.map { " passing: \($0.files.map(\.path).joined(separator: ","))" } ?? "")
        + (idmap == nil ? "" : " idmapped")
    case .served(let overlay): overlay.description
    case .directory(let path): "directory \(path)"
    case .devices: "devices /dev"
    case .filesystem(let type, let target, let parameters, let attributes):
      "mount \(type) \(target) \(Self.text(parameters, attributes))"
    case .bind(let source, let target, let recursive, let attributes, let propagation):
      "\(recursive ? "rbind" : "bind") \(source) \(target) \(Self.text([], attributes)) \(propagation)"
    case .layers(let lowers, let target, let subpath, let idmap):
      "layers \(lowers.joined(separator: ":"))\(subpath.map { " // \($0)" } ?? "") \(target)"
        + (idmap == nil ? "" : " idmapped")
    case .request(let request): request.text
    case .nodes(let devices):
      // A privileged container has hundreds.
      "nodes \(devices.prefix(8).map { "\($0.path) \($0.type) \($0.major):\($0.minor)" }.joined(separator: ", "))"
        + (devices.count > 8 ? " and \(devices.count - 8) more" : "")
    case .deviceLinks: "links /dev"
    case .mask(let path): "mask \(path)"
    case .readOnly(let path): "read-only \(path)"
    case .label(let context): "label \(context)"
    case .makeDirectory(let path): "directory \(path) inside"
    case .readOnlyRoot: "read-only /"
    }
  }

  /// Whether what is mounted below it inside shall be seen on the host: it is copied before the mount namespace is cut off.
  public var staysShared: Bool {
    guard case .request(let request) = self else { return false }
    return request.isBind && request.joinsPeers
  }

  /// Whether it has to be made by somebody with rights over the host's files: what names them by path for a container
  /// in a user namespace of its own, and what shows them with other ids, or is of another container.
  public func isHostsWork(inUserNamespace: Bool) -> Bool {
    switch self {
    case .overlay(_, _, _, _, _, let idmap), .layers(_, _, _, let idmap): inUserNamespace || idmap != nil
    case .served: true
    case .directory, .bind: inUserNamespace
    // One by one: each has a mount of its own.
    case .nodes(let devices): inUserNamespace && devices.count == 1 && devices[0].type != "p"
    case .request(let request):
      request.isBind && !request.isRemount && !request.copiesLink
        && (inUserNamespace || request.idmap != nil || request.namespace != nil)
    default: false
    }
  }

  private static func text(_ parameters: [MountParameter], _ attributes: MountAttributes) -> String {
    let words = attributes.names + parameters.map(\.text)
    return words.isEmpty ? "-" : words.joined(separator: ",")
  }
}
