// Where one cgroup's files are in either layout, and how they are read and written.
internal import ContainrSystem
internal import SystemPackage

/// The files of one cgroup.
struct CgroupFiles: Sendable {
  let mounts: CgroupMounts
  let path: FilePath
  /// Directories that were opened, by controller: who reads many files walks to each directory once.
  var opened: [String: SharedFD] = [:]

  /// The cgroup's directory in the hierarchy of a controller; nil if that is not mounted.
  func directory(_ controller: String) -> FilePath? {
    let root = mounts.layout == .v2 ? mounts.unified : mounts.controllers[controller]
    // `appending(path.components)` would be the same, by way of generic code that is looked up when it runs.
    return path.isRelative ? root?.pushing(path) : root?.appending(path.components)
  }

  /// A directory, held open; nil if it is not there.
  static func opened(
    _ directory: FilePath, at parent: CInt = Kernel.currentDirectory
  ) throws(CgroupError) -> SharedFD? {
    try attempting("exists") { () throws(SyscallError) in
      do throws(SyscallError) {
        return SharedFD(try Kernel.open(directory, at: parent, [.path, .directory]))
      } catch {
        if error.errno == 2 || error.errno == 20 { return nil }
        throw error
      }
    }
  }

  /// A file's text; nil if the hierarchy, the cgroup or the file does not exist.
  func text(_ controller: String, _ file: String) throws(CgroupError) -> String? {
    do {
      if let directory = opened[mounts.layout == .v2 ? "" : controller] {
        return try Kernel.record(of: FilePath(file), at: directory.raw)
      }
      guard let directory = directory(controller) else { return nil }
      return try Kernel.record(of: directory.appending(file))
    } catch {
      if error.errno == 2 || error.errno == 20 || error.errno == 19 { return nil }  // ENODEV: rmdir was faster
      throw CgroupError(file, error)
    }
  }

  /// A number; nil for none, for `max` and for -1.
  func number(_ controller: String, _ file: String) throws(CgroupError) -> UInt64? {
    guard let text = try text(controller, file) else { return nil }
    return UInt64(CgroupValueForm.defaultWeight.found(in: text))
  }

  /// Bytes; nil for unlimited.
  func bytes(_ controller: String, _ file: String) throws(CgroupError) -> Int64? {
    guard let text = try text(controller, file) else { return nil }
    return Int64(CgroupValueForm.bytes(text))
  }

  /// The number after `key` in a file of `key value` lines.
  func keyed(_ controller: String, _ file: String, _ key: String) throws(CgroupError) -> UInt64? {
    for line in (try text(controller, file) ?? "").split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == key { return UInt64(words[1]) }
    }
    return nil
  }

  /// Writes one value; a file that is not there is a limit that this host cannot give.
  func perform(_ write: CgroupWrite) throws(CgroupError) {
    guard let directory = directory(write.controller) else {
      throw CgroupError(field: write.field, reason: Self.unreachable(write.controller, mounts))
    }
    do {
      try Kernel.write(write.value, into: directory.appending(write.file))
    } catch {
      if error.errno == 2 {
        if write.isExtra { return }
        throw CgroupError(
          field: write.field, reason: CgroupFiles.missing(write), file: directory.appending(write.file), errno: 2)
      }
      throw CgroupError(write.field, error)
    }
  }

  /// Why a controller is not ours to set, in words.
  static func unreachable(_ controller: String, _ mounts: CgroupMounts) -> String {
    if mounts.withheld.contains(controller) || mounts.withheld.contains("") {
      return "no cgroup of the \(controller) controller has been delegated to this user"
    }
    return "the \(controller) controller is not mounted"
  }

  /// Why a controller of v2 is not among those there are, in words.
  static func unavailable(_ controller: String, _ mounts: CgroupMounts) -> String {
    mounts.isDelegated
      ? "the \(controller) controller has not been delegated to this user"
      : "cgroup v2 has no \(controller) controller here"
  }

  /// Why a file may be missing, in words.
  static func missing(_ write: CgroupWrite) -> String {
    switch write.field {
    case "memory.swap": "the kernel does no swap accounting (no \(write.file); boot with swapaccount=1)"
    case "blkio.weight", "blkio.weight_device": "the kernel has no BFQ group scheduling (no \(write.file))"
    default: "the kernel has no \(write.file) in this cgroup"
    }
  }
}
