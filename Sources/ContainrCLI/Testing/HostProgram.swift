// A program of this host by the name that a person would type.
internal import ContainrForeground
internal import ContainrSystem
internal import SystemPackage

enum HostProgram {
  /// Where a shell looks without PATH.
  private static let places = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// nil: there is none. With a `/` in it the name is a path.
  static func find(_ name: String, _ surroundings: Surroundings) throws(SyscallError) -> FilePath? {
    if name.contains("/") {
      let path = surroundings.absolute(name)
      return try Kernel.exists(path) ? path : nil
    }
    for place in (surroundings.variable("PATH") ?? places).split(separator: ":") where !name.isEmpty {
      let path = surroundings.absolute(String(place)).appending(name)
      // What may not be executed is not taken, as a shell does not take it.
      guard try Kernel.exists(path), let status = try? Kernel.status(of: path) else { continue }
      if status.isRegular, status.mode & 0o111 != 0 { return path }
    }
    return nil
  }
}
