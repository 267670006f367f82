// Compiled filters on disk, by what went into them. A file is believed only if it is root's (or ours), whole, and holds the
// very input that is asked for: a name that is a hash could be another's. Everything else is compiled anew. A cache that cannot be written costs time and no start.
internal import ContainrSeccomp
internal import ContainrSystem
internal import SystemPackage

/// A directory of filters, one file a key: a head with the program's digest, what went in, then struct sock_filter.
struct SeccompCache: Sendable {
  let directory: FilePath
  private static let magic = "containr-seccomp-2\n"
  /// More than the kernel takes.
  private static let limit = 1 << 20

  /// The filter of a key that was made of this input; nil if there is none that can be believed.
  func read(_ key: String, of input: String) -> [UInt8]? {
    do throws(SyscallError) {
      let file = try Kernel.open(path(key), [.readOnly, .noFollow])
      let status = try Kernel.status(at: file.raw)
      // Nobody but its owner may have written it, and that is who starts containers.
      guard status.isRegular, status.mode & 0o022 == 0, status.uid == (try Kernel.status(of: "/proc/self").uid) else {
        return nil
      }
      let bytes = try Kernel.readAll(file.raw, limit: Self.limit)
      let program = Array(bytes.dropFirst(Self.head([], input).count))
      return bytes.starts(with: Self.head(program, input)) && !program.isEmpty ? program : nil
    } catch {
      return nil
    }
  }

  /// Keeps a filter: whole under its name, or not at all.
  func write(_ program: [UInt8], _ key: String, of input: String) {
    do {
      try Kernel.makeDirectories(directory, mode: 0o700)
      try Kernel.replace(path(key), with: Self.head(program, input) + program)
    } catch {
      // The next start compiles it again.
    }
  }

  private func path(_ key: String) -> FilePath { directory.appending(key) }

  private static func head(_ program: [UInt8], _ input: String) -> [UInt8] {
    let library = SeccompProfile.libraryVersion
    return Array("\(magic)\(SeccompProfile.digest(of: program)) \(library) \(input.utf8.count)\n\(input)\n".utf8)
  }
}
