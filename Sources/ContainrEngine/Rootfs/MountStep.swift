// One step of building a container's file system, as a value. Pure: tested as text, applied by MountApplier.

/// What the applier does next. Targets are absolute paths inside the container; sources are paths of the host.
public enum MountStep: Sendable, Hashable, CustomStringConvertible {
  /// The root from layers, attached at `mountPoint` (host). `lowers` highest first; `passing` is above them, and tells
  /// the kernel that the writable layer will be thrown away (overlayfs's `volatile`).
  case overlay(
    lowers: [String], upper: String?, work: String?, mountPoint: String, passing: PassingLayer? = nil)
  /// The root is the host's directory itself.
  case directory(String)
  /// A fresh tmpfs with the standard nodes and links on /dev.
  case devices
  /// A new file system.
  case filesystem(type: String, target: String, parameters: [MountParameter], attributes: MountAttributes)
  /// A file or directory of the host.
  case bind(
    source: String, target: String, recursive: Bool, attributes: MountAttributes, propagation: MountPropagation)
  /// Makes what is at the path unreadable; a missing path is left.
  case mask(String)
  /// Makes what is at the path read-only; a missing path is left.
  case readOnly(String)
  /// From here on every file system that is made gets this SELinux context for all its files.
  case label(String)
  /// Makes the root itself read-only (not what is mounted in it).
  case readOnlyRoot

  /// One line, as it stands in errors and golden tests.
  public var description: String {
    switch self {
    case .overlay(let lowers, let upper, let work, let point, let passing):
      "overlay \(lowers.joined(separator: ":")) upper=\(upper ?? "-") work=\(work ?? "-") at \(point)"
        + (passing.map { " passing: \($0.files.map(\.path).joined(separator: ","))" } ?? "")
    case .directory(let path): "directory \(path)"
    case .devices: "devices /dev"
    case .filesystem(let type, let target, let parameters, let attributes):
      "mount \(type) \(target) \(Self.text(parameters, attributes))"
    case .bind(let source, let target, let recursive, let attributes, let propagation):
      "\(recursive ? "rbind" : "bind") \(source) \(target) \(Self.text([], attributes)) \(propagation)"
    case .mask(let path): "mask \(path)"
    case .readOnly(let path): "read-only \(path)"
    case .label(let context): "label \(context)"
    case .readOnlyRoot: "read-only /"
    }
  }

  private static func text(_ parameters: [MountParameter], _ attributes: MountAttributes) -> String {
    let words = attributes.names + parameters.map(\.text)
    return words.isEmpty ? "-" : words.joined(separator: ",")
  }
}
