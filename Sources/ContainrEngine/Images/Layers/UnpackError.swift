// Why an archive is not unpacked. Becomes text on its way out of the unpacking process.
internal import ContainrSystem

/// A reason to stop unpacking.
enum UnpackError: Error, CustomStringConvertible {
  /// The archive asks for what no layer may do.
  case refused(String)
  /// libarchive cannot read it.
  case unreadable(String)
  case system(SyscallError)

  var description: String {
    switch self {
    case .refused(let reason): "refused: \(reason)"
    case .unreadable(let reason): "not a readable tar archive: \(reason)"
    case .system(let error) where error.errno == 1 && error.operation == "fchownat":
      // EPERM of who may give files away: the server of a network's file system sees the user alone.
      "its files have several owners, and the file system of the state directory gives none to another one, as NFS does not for "
        + "a user (\(error)): name a directory elsewhere, CONTAINR_STATE_DIR=DIRECTORY"
    case .system(let error): error.description
    }
  }

  /// Bytes of the archive as text that is safe on a terminal: quoted, escaped and at most 200 bytes long.
  static func quoted(_ bytes: [UInt8]) -> String {
    var text = "\""
    for scalar in String(decoding: bytes.prefix(200), as: UTF8.self).unicodeScalars {
      text += scalar.value < 32 || 127...159 ~= scalar.value ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return text + (bytes.count > 200 ? "…\"" : "\"")
  }
}
