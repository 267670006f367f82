// A program of the host's that does something for a user's namespaces: found where the system has its programs, run to its
// end.
internal import ContainrSystem
internal import SystemPackage

enum RootlessProgram {
  /// nil: it is not installed.
  static func find(_ name: String) throws(SyscallError) -> FilePath? {
    for directory in RootlessPlaces.programDirectories {
      let path = directory.appending(name)
      if try Kernel.exists(path) { return path }
    }
    return nil
  }

  /// nil: it has ended well. Otherwise what it said, 400 bytes of it at most.
  static func run(
    _ program: FilePath, _ arguments: [String], environment: [String] = []
  ) throws(SyscallError) -> String? {
    let null = try Kernel.open("/dev/null", .readWrite)
    let (reading, writing) = try Kernel.pipe().release()
    let said = OwnedFD(taking: reading)
    let far = OwnedFD(taking: writing)
    let child = try ChildProcess.spawn(
      program, arguments: arguments, environment: environment, descriptors: [null.raw, far.raw, far.raw])
    _ = consume far
    // What goes on behind it lets go of its standard descriptors.
    if try child.wait() == .exited(0) { return nil }
    let words = try said.readAll(within: 1000, limit: 4096)
    return String(decoding: words.prefix(400), as: UTF8.self).split(separator: "\n").joined(separator: "; ")
  }
}
