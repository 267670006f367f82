// Reads a file that a person wrote, whole.
internal import ContainrSystem
internal import SystemPackage

enum TextFile {
  /// More than any stack file or `.env` needs; the loader's own limit is lower and has a place to point to.
  static let byteLimit = 16 << 20

  /// A directory is EISDIR.
  static func bytes(of path: FilePath) throws(SyscallError) -> [UInt8] {
    // A named pipe that nobody writes to would hang the command.
    let file = try Kernel.open(path, [.readOnly, .nonBlocking])
    if try Kernel.status(at: file.raw).isDirectory { throw SyscallError(errno: 21, operation: "read", path: path) }
    return try file.readAll(limit: byteLimit)
  }

  /// Standard input up to its end.
  static func standardInput() throws(SyscallError) -> [UInt8] { try Kernel.readAll(0, limit: byteLimit) }
}

extension SyscallError {
  /// The errno's words alone, where the sentence names the rest.
  var reason: String { Errno(rawValue: errno).description }
}
