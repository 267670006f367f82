// What can go wrong with a volume.
public import ContainrSystem

/// A volume that cannot be made, found or removed.
public enum VolumeError: Error, Sendable, CustomStringConvertible {
  case invalidName(String)
  case system(volume: String, SyscallError)
  /// Its file system cannot be mounted or taken off, and why.
  case mount(volume: String, String)
  /// Parts of it are still there.
  case removal(volume: String, TreeRemovalError)

  /// One sentence for the user.
  public var description: String {
    switch self {
    case .invalidName(let name): "\"\(name)\" is not a volume's name: letters, digits, `_`, `.` and `-` only"
    case .system(let volume, let error): volume.isEmpty ? "volumes: \(error)" : "volume \(volume): \(error)"
    case .mount(let volume, let words): "volume \(volume): \(words)"
    case .removal(let volume, let error): "volume \(volume): \(error)"
    }
  }
}
