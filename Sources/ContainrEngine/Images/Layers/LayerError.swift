// What can be wrong with a layer, in the user's words.
public import ContainrSystem
public import SystemPackage

/// A layer that cannot be used.
public enum LayerError: Error, Sendable, CustomStringConvertible {
  /// Nothing stands at the path.
  case missing(FilePath)
  /// Something else than was asked for stands there, such as a directory named like an archive.
  case wrongType(FilePath, expected: LayerStore.LayerKind, found: String)
  /// It stands there but cannot be read.
  case unreadable(FilePath, SyscallError)
  /// The archive changed between `inspect` and `prepare`.
  case changed(FilePath, expected: LayerDigest, found: LayerDigest)
  /// The archive was refused, or its unpacking failed.
  case refused(FilePath, reason: String)
  /// The store itself failed.
  case store(SyscallError)
  /// A part of the store could not be removed.
  case removal(TreeRemovalError)
  indirect case several([LayerError])

  /// One sentence for the user.
  public var description: String {
    switch self {
    case .missing(let path): "layer \(path) does not exist"
    case .wrongType(let path, let expected, let found):
      "layer \(path) is \(found), not \(expected == .directory ? "a directory" : "an archive file")"
    case .unreadable(let path, let error): "layer \(path) cannot be read: \(error)"
    case .changed(let path, let expected, let found):
      "layer \(path) changed while it was used: its digest was \(expected) and is \(found)"
    case .refused(let path, let reason): "layer \(path) cannot be unpacked: \(reason)"
    case .store(let error): "layer store: \(error)"
    case .removal(let error): "layer store: \(error)"
    case .several(let errors): errors.map(\.description).joined(separator: "; ")
    }
  }
}
