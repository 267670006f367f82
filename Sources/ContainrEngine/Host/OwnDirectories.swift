// Our two directories: made with a mark inside, so that `down` takes away exactly those that we made. They appear and
// vanish whole, by rename: a kill in between leaves at most a `.making` beside, which the next run uses or removes.
package import ContainrSystem
package import SystemPackage

/// Making and removing them.
package enum OwnDirectories {
  private static let mark: FilePath.Component = ".made-by-containr"

  /// Makes a directory and its missing parents, each with the mark.
  package static func ensure(_ path: FilePath) throws(SyscallError) {
    if try Kernel.exists(path) { return }
    let parent = path.removingLastComponent()
    if !parent.isEmpty && parent != path { try ensure(parent) }
    let temporary = making(path)
    while true {
      do {
        try tolerating(17) { () throws(SyscallError) in try Kernel.makeDirectory(temporary, mode: 0o711) }
        _ = try Kernel.open(temporary.appending(mark), [.writeOnly, .create], mode: 0o600)
        try Kernel.rename(temporary, to: path)
        return
      } catch {
        if error.errno == 2 { continue }  // somebody removed or renamed it: look again
        guard error.errno == 39 || error.errno == 17 else { throw error }
        return try discard(temporary)  // somebody was faster
      }
    }
  }

  /// Removes a directory and then its parents as long as they carry our mark and hold nothing else.
  package static func removeIfEmpty(_ path: FilePath) throws(SyscallError) {
    try discard(making(path))
    do {
      if try Kernel.names(inDirectory: path) != [mark.string] { return }
      try Kernel.rename(path, to: making(path))
      try discard(making(path))
    } catch {
      if error.errno != 2 { throw error }
    }
    let parent = path.removingLastComponent()
    if !parent.isEmpty && parent != path { try removeIfEmpty(parent) }
  }

  private static func making(_ path: FilePath) -> FilePath { FilePath(path.string + ".making") }

  private static func discard(_ temporary: FilePath) throws(SyscallError) {
    try tolerating(2) { () throws(SyscallError) in try Kernel.remove(temporary.appending(mark)) }
    try tolerating(2, 39) { () throws(SyscallError) in try Kernel.remove(temporary, isDirectory: true) }
  }
}

/// Runs a call for which these errors are as good as success.
package func tolerating(_ errors: Int32..., call: () throws(SyscallError) -> Void) throws(SyscallError) {
  do {
    try call()
  } catch {
    if !errors.contains(error.errno) { throw error }
  }
}
