// What a tmpfs with `tmpcopyup` begins with: the files that it is going to cover. By descriptors, never through a symlink.
internal import ContainrSystem
internal import SystemPackage

/// A copy of a directory's contents: directories, files, symlinks, nodes; modes and owners.
enum TreeCopy {
  private static let deepest = 128

  /// Copies what is in one directory into another one, which is empty.
  static func copy(from source: borrowing OwnedFD, into target: CInt) throws(SyscallError) {
    let status = try Kernel.status(at: source.raw)
    guard status.isDirectory else { return }
    let readable = try Kernel.open(".", at: source.raw, [.readOnly, .directory])
    try contents(of: readable.raw, into: target, depth: 0)
    try Kernel.changeOwner(at: target, uid: status.uid, gid: status.gid)
  }

  private static func contents(of source: CInt, into target: CInt, depth: Int) throws(SyscallError) {
    if depth > deepest {
      throw SyscallError(errno: 40, operation: "tmpcopyup", detail: "over \(deepest) directories deep")
    }
    for text in try Kernel.names(in: source) {
      let name = FilePath(text)
      let status = try Kernel.status(of: name, at: source, followSymlinks: false)
      switch status.mode & 0o170000 {
      case 0o040000:
        try Kernel.makeDirectory(name, at: target, mode: status.mode & 0o7777)
        let inner = try Kernel.open(name, at: source, [.readOnly, .directory, .noFollow])
        let outer = try Kernel.open(name, at: target, [.readOnly, .directory, .noFollow])
        try contents(of: inner.raw, into: outer.raw, depth: depth + 1)
      case 0o100000:
        let input = try Kernel.open(name, at: source, [.readOnly, .noFollow, .nonBlocking])
        let output = try Kernel.open(
          name, at: target, [.writeOnly, .create, .exclusive, .noFollow], mode: UInt64(status.mode & 0o777))
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
          let count = try Kernel.read(input.raw, into: &buffer)
          if count == 0 { break }
          try output.writeAll(Array(buffer.prefix(count)))
        }
        try Kernel.changeMode(output.raw, mode: status.mode & 0o7777)
      case 0o120000: try Kernel.makeSymlink(name, to: try Kernel.readLink(name, at: source), at: target)
      default:
        try Kernel.makeNode(
          name, at: target, mode: status.mode, major: status.deviceMajor, minor: status.deviceMinor)
      }
      if (status.uid, status.gid) != (0, 0) {
        try Kernel.changeOwner(name, at: target, uid: status.uid, gid: status.gid)
      }
    }
  }
}
