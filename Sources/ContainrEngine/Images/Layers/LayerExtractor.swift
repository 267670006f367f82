// Writes the entries of one archive below one directory, which is its whole world: every name is resolved by
// openat2(RESOLVE_BENEATH) from that directory's descriptor. Makes no process and no policy of confinement.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// The state of one unpacking.
struct LayerExtractor {
  private let root: CInt
  /// What is unpacked is data of a volume: nothing hides anything.
  private let isVolume: Bool
  /// We are root in a user namespace only: overlayfs takes its marks from `user.*` there (`userxattr`), and nobody makes
  /// devices but its own whiteouts.
  private let isNested: Bool
  /// Whiteouts and opaque directories are files (`OverlayMarks`). No name has its mark beside it.
  private let marksAreFiles: Bool
  private var budget: UnpackBudget
  private var omitted: Set<String> = []
  /// Directories get their mode and time at the end: entries change the time, and 0555 would lock us out.
  private var directories: [FilePath: DirectoryFinish] = [:]
  /// The last parent, which the next entry very often shares.
  private var recent: (path: FilePath, fd: SharedFD)?

  private struct DirectoryFinish {
    var inode: UInt64
    var mode: UInt32
    var modified: FileTime?
  }

  /// Borrows the descriptor of an empty directory.
  init(
    into root: CInt, limits: UnpackLimits, isVolume: Bool = false, isNested: Bool = false, marksAreFiles: Bool = false
  ) {
    self.root = root
    self.isVolume = isVolume
    self.isNested = isNested
    self.marksAreFiles = marksAreFiles
    budget = UnpackBudget(limits)
  }

  /// Unpacks everything. `isWanted` is asked now and then; when it says no, unpacking stops.
  mutating func run(_ reader: ArchiveReader, isWanted: () -> Bool = { true }) throws(UnpackError) -> UnpackReport {
    while let entry = try reader.next() {
      if budget.entries & 63 == 0 && !isWanted() { throw .refused("nobody waits for it any more") }
      try budget.addEntry(size: entry.size)
      try budget.check(decompressed: reader.decompressed, compressed: reader.compressed)
      try apply(entry, reader, isWanted)
    }
    try finishDirectories()
    var report = UnpackReport()
    report.entries = budget.entries
    report.bytes = budget.bytes
    report.omitted = omitted.sorted()
    report.digest = try reader.finish()
    return report
  }

  private mutating func apply(_ entry: ArchiveEntry, _ reader: ArchiveReader, _ isWanted: () -> Bool)
    throws(UnpackError)
  {
    let name = isVolume ? try EntryName.plain(entry.name) : try EntryName.read(entry.name)
    switch name {
    case .metadata: omitted.insert("entries named .wh..wh.*")
    case .whiteout(let hidden): try hide(hidden)
    case .opaque(let directory): try makeOpaque(try open(directory: directory).raw)
    case .root:
      guard entry.kind == .directory else { throw refused(entry, "is the layer's root but not a directory") }
      try describe(root, entry, as: "")
    case .plain(let path):
      if entry.hasACL { throw refused(entry, "has an access control list, which Containr does not keep") }
      let parent = try open(directory: path.parent)
      let wasHidden = try removeMark(of: path, in: parent.raw)
      if let target = entry.hardLink {
        try makeHardLink(path, in: parent.raw, to: target)
        return
      }
      guard let kind = entry.kind else { throw refused(entry, "is of a type that no layer may hold") }
      switch kind {
      case .regular: try makeFile(path, in: parent.raw, entry, reader, isWanted)
      case .directory: try makeDirectory(path, in: parent.raw, entry, hidesLower: wasHidden)
      case .symlink: try makeSymlink(path, in: parent.raw, entry)
      case .characterDevice, .blockDevice, .fifo: try makeNode(path, in: parent.raw, entry, kind)
      }
    }
  }

  // MARK: kinds of entries

  private mutating func makeFile(
    _ path: EntryPath, in parent: CInt, _ entry: ArchiveEntry, _ reader: ArchiveReader, _ isWanted: () -> Bool
  ) throws(UnpackError) {
    let file = try replacing(path, in: parent) { () throws(SyscallError) in
      try Kernel.open(path.name, at: parent, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
    }
    var end: Int64 = 0
    while let block = try reader.nextBlock() {
      if !isWanted() { throw .refused("nobody waits for it any more") }
      try budget.addBytes(Int64(block.bytes.count))
      try budget.check(decompressed: reader.decompressed, compressed: reader.compressed)
      try write(block.bytes, to: file.raw, at: block.offset, path)
      end = block.offset + Int64(block.bytes.count)
    }
    if entry.size > end {  // a hole at the end
      let result = cl_ftruncate(file.raw, off_t(entry.size))
      try gate { () throws(SyscallError) in _ = try check(result, "ftruncate", path.full) }
    }
    try describe(file.raw, entry, as: nil)
  }

  private mutating func makeDirectory(
    _ path: EntryPath, in parent: CInt, _ entry: ArchiveEntry, hidesLower wasHidden: Bool
  ) throws(UnpackError) {
    var hidesLower = wasHidden
    let directory = try gate { () throws(SyscallError) in
      do throws(SyscallError) {
        try Kernel.makeDirectory(path.name, at: parent, mode: 0o700)
      } catch {
        if error.errno != 17 { throw error }
        let there = try Kernel.status(of: path.name, at: parent, followSymlinks: false)
        if !there.isDirectory {
          // What is copied into a directory that is in use never takes a file's place by a directory, nor the reverse.
          if isVolume { throw SyscallError(errno: 20, operation: "mkdir", path: path.full) }
          if there.isWhiteout { hidesLower = true }
          recent = nil
          try Kernel.remove(path.name, at: parent)
          try Kernel.makeDirectory(path.name, at: parent, mode: 0o700)
        }
      }
      return try Kernel.open(path.name, at: parent, [.readOnly, .directory, .noFollow])
    }
    if hidesLower { try makeOpaque(directory.raw) }
    try describe(directory.raw, entry, as: path.full)
  }

  private mutating func makeSymlink(_ path: EntryPath, in parent: CInt, _ entry: ArchiveEntry) throws(UnpackError) {
    guard let target = entry.symlink, !target.isEmpty, target.count < 4096 else {
      throw refused(entry, "is a symbolic link without a proper target")
    }
    let owner = try entry.owner()
    if !entry.attributes.isEmpty { throw refused(entry, "has extended attributes on a symbolic link") }
    try replacing(path, in: parent) { () throws(SyscallError) in
      let link = target.map { CChar(bitPattern: $0) } + [0]
      try check(path.name.withPlatformString { cl_symlinkat(link, parent, $0) }, "symlinkat", path.full)
      try Kernel.changeOwner(path.name, at: parent, uid: owner.uid, gid: owner.gid)
      try Self.setTime(entry.modified, path.name, at: parent)
    }
  }

  private mutating func makeNode(
    _ path: EntryPath, in parent: CInt, _ entry: ArchiveEntry, _ kind: ArchiveEntry.Kind
  ) throws(UnpackError) {
    let owner = try entry.owner()
    if !entry.attributes.isEmpty { throw refused(entry, "has extended attributes on a device or fifo") }
    if isNested, kind != .fifo {
      omitted.insert("devices, which a user namespace cannot make")
      return
    }
    let type: UInt32 = kind == .fifo ? 0o010000 : kind == .blockDevice ? 0o060000 : 0o020000
    let device = kind == .fifo ? (0, 0) : entry.device
    try replacing(path, in: parent) { () throws(SyscallError) in
      try Kernel.makeNode(path.name, at: parent, mode: type | entry.mode, major: device.0, minor: device.1)
      try Kernel.changeOwner(path.name, at: parent, uid: owner.uid, gid: owner.gid)
      try Self.setTime(entry.modified, path.name, at: parent)
    }
  }

  private mutating func makeHardLink(_ path: EntryPath, in parent: CInt, to bytes: [UInt8]) throws(UnpackError) {
    // Some builders write `/usr/bin/x` for a file of the same layer: it is meant from the layer's root.
    let relative = Array(bytes.drop(while: { $0 == UInt8(ascii: "/") }))
    guard let target = try EntryPath.read(relative, "hard link's target") else {
      throw .refused("the hard link \(path.full) leads to the layer's root")
    }
    if target == path { throw .refused("the hard link \(path.full) leads to itself") }
    let source: SharedFD
    do {
      source = try openBeneath(target.parent)
    } catch {
      throw escapes(error)
        ?? .refused("the hard link \(path.full) leads to \(target.full), which the layer does not hold")
    }
    do {
      _ = try Kernel.status(of: target.name, at: source.raw, followSymlinks: false)
    } catch {
      throw .refused("the hard link \(path.full) leads to \(target.full), which the layer does not hold")
    }
    try replacing(path, in: parent) { () throws(SyscallError) in
      let result = target.name.withPlatformString { from in
        path.name.withPlatformString { cl_linkat(source.raw, from, parent, $0, 0) }
      }
      try check(result, "linkat", path.full, detail: "to \(target.full)")
    }
  }

  // MARK: whiteouts

  /// Hides a name of the layers below: a 0:0 character device, or an opaque directory if this layer has one there.
  private mutating func hide(_ path: EntryPath) throws(UnpackError) {
    let parent = try open(directory: path.parent)
    let isDirectory = try gate { () throws(SyscallError) in
      if try makeWhiteout(path, in: parent.raw) { return false }
      return try Kernel.status(of: path.name, at: parent.raw, followSymlinks: false).isDirectory
    }
    // A file of this layer hides the lower one anyway.
    guard isDirectory else { return }
    let directory = try gate { () throws(SyscallError) in
      try Kernel.open(path.name, at: parent.raw, [.readOnly, .directory, .noFollow])
    }
    try makeOpaque(directory.raw)
  }

  /// False: the layer has something of that name.
  private func makeWhiteout(_ path: EntryPath, in parent: CInt) throws(SyscallError) -> Bool {
    if marksAreFiles {
      if try Kernel.exists(path.name, at: parent) { return false }
      try makeMark(OverlayMarks.hiding(path.name), in: parent)
      return true
    }
    let result = path.name.withPlatformString { cl_mknodat(parent, $0, 0o020000, 0, 0) }
    if result == -17 { return false }
    try check(result, "mknodat", path.full, detail: "whiteout")
    return true
  }

  private func makeMark(_ name: FilePath, in directory: CInt) throws(SyscallError) {
    do throws(SyscallError) {
      _ = try Kernel.open(name, at: directory, [.writeOnly, .create, .exclusive, .noFollow], mode: 0)
    } catch {
      if error.errno != 17 { throw error }
    }
  }

  /// Takes away what has hidden a name that is made now; whether there was such.
  private func removeMark(of path: EntryPath, in parent: CInt) throws(UnpackError) -> Bool {
    try gate { () throws(SyscallError) in try takeAway(OverlayMarks.hiding(path.name), in: parent) }
  }

  private func takeAway(_ mark: FilePath, in parent: CInt) throws(SyscallError) -> Bool {
    if !marksAreFiles { return false }
    do throws(SyscallError) {
      try Kernel.remove(mark, at: parent)
      return true
    } catch {
      if error.errno == 2 || error.errno == 36 { return false }  // ENAMETOOLONG: no mark can hide it
      throw error
    }
  }

  private func makeOpaque(_ directory: CInt) throws(UnpackError) {
    // O_PATH descriptors take no attributes: the parent's descriptor is opened again for reading.
    try gate { () throws(SyscallError) in
      if marksAreFiles { return try makeMark(OverlayMarks.opaqueFile, in: directory) }
      let readable = try Kernel.open(".", at: directory, [.readOnly, .directory])
      let name = OverlayMarks.opaque(ofUsers: isNested)
      try check(cl_fsetxattr(readable.raw, name, "y", 1, 0), "fsetxattr \(name)")
    }
  }

  // MARK: ownership, mode, attributes, times

  /// The order matters: chown clears setuid and file capabilities, writing attributes changes no time. A directory
  /// (`as`: its path) gets mode and time at the end.
  private mutating func describe(_ fd: CInt, _ entry: ArchiveEntry, as directory: FilePath?) throws(UnpackError) {
    let owner = try entry.owner()
    let attributes = try wanted(entry)
    try gate { () throws(SyscallError) in
      try Kernel.changeOwner(at: fd, uid: owner.uid, gid: owner.gid)
      for (name, value) in attributes {
        let padded = value + [0]  // an empty array has no address
        try check(
          padded.withUnsafeBytes { cl_fsetxattr(fd, name, $0.baseAddress!, value.count, 0) }, "fsetxattr \(name)")
      }
      if directory == nil {
        try Kernel.changeMode(fd, mode: entry.mode)
        try Self.setTime(entry.modified, nil, at: fd)
      }
    }
    if let directory {
      let inode = try gate { () throws(SyscallError) in try Kernel.status(at: fd).inode }
      directories[directory] = DirectoryFinish(inode: inode, mode: entry.mode, modified: entry.modified)
    }
  }

  /// The attributes to set. `trusted.*` would steer overlayfs (redirects, opaque marks): refused. Labels of the
  /// machine that made the archive mean nothing on this one: left out and reported.
  private mutating func wanted(_ entry: ArchiveEntry) throws(UnpackError) -> [(String, [UInt8])] {
    var all: [(String, [UInt8])] = []
    for (name, value) in entry.attributes {
      if name.hasPrefix("user.overlay.") || name.hasPrefix("trusted.") {
        throw refused(entry, "sets the attribute \(UnpackError.quoted(Array(name.utf8))), which only overlayfs may")
      }
      if name.hasPrefix("user.") || name == "security.capability" || (isVolume && name.hasPrefix("system.posix_acl_")) {
        all.append((name, value))
      } else if name.hasPrefix("security.") {
        omitted.insert("attributes security.* other than security.capability")
      } else {
        throw refused(entry, "has the unknown attribute \(UnpackError.quoted(Array(name.utf8)))")
      }
    }
    return all
  }

  private mutating func finishDirectories() throws(UnpackError) {
    recent = nil
    for (path, finish) in directories {
      try gate { () throws(SyscallError) in
        let directory: OwnedFD
        do throws(SyscallError) {
          directory = try Kernel.open(
            path.isEmpty ? "." : path, at: root, [.readOnly, .directory, .noFollow], resolve: [.beneath, .noMagicLinks])
        } catch {
          // A later entry put something else there.
          if [2, 20, 40].contains(error.errno) { return }
          throw error
        }
        if try Kernel.status(at: directory.raw).inode != finish.inode { return }
        try Kernel.changeMode(directory.raw, mode: finish.mode)
        try Self.setTime(finish.modified, nil, at: directory.raw)
      }
    }
  }

  private static func setTime(_ time: FileTime?, _ name: FilePath?, at fd: CInt) throws(SyscallError) {
    guard let time else { return }
    let result =
      if let name {
        name.withPlatformString { cl_utimensat(fd, $0, time.seconds, time.nanoseconds, 0x100) }
      } else {
        cl_utimensat(fd, nil, time.seconds, time.nanoseconds, 0)
      }
    try check(result, "utimensat", name)
  }

  private func write(_ bytes: UnsafeRawBufferPointer, to fd: CInt, at offset: Int64, _ path: EntryPath)
    throws(UnpackError)
  {
    var done = 0
    while done < bytes.count {
      let result = cl_pwrite(fd, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
      done += try gate { () throws(SyscallError) in Int(try check(result, "pwrite", path.full)) }
    }
  }

  // MARK: names

  /// Does `make`; if something stands in the way, removes that and does it again: later entries replace earlier ones.
  private mutating func replacing<Result: ~Copyable>(
    _ path: EntryPath, in parent: CInt, _ make: () throws(SyscallError) -> Result
  ) throws(UnpackError) -> Result {
    do {
      return try make()
    } catch {
      if error.errno != 17 { throw .system(error) }
    }
    recent = nil
    if isVolume {
      let there = try gate { () throws(SyscallError) in
        try Kernel.status(of: path.name, at: parent, followSymlinks: false)
      }
      if there.isDirectory { throw .refused("\(path.full) is a directory, and something else would take its place") }
    }
    do {
      try Kernel.removeTree(path.name, at: parent)
    } catch {
      throw .system(error.failures[0])
    }
    return try gate(make)
  }

  /// The directory at a relative path, made with its parents where missing.
  private mutating func open(directory path: FilePath) throws(UnpackError) -> SharedFD {
    if let recent, recent.path == path { return recent.fd }
    let fd: SharedFD
    do {
      fd = try openBeneath(path)
    } catch {
      if error.errno != 2 { throw escapes(error) ?? .system(error) }
      var parent = path
      parent.removeLastComponent()
      let above = try open(directory: parent)
      do {
        try Kernel.makeDirectory(FilePath(root: nil, path.components.suffix(1)), at: above.raw, mode: 0o755)
        fd = try openBeneath(path)
        let mark = OverlayMarks.hiding(FilePath(root: nil, path.components.suffix(1)))
        if try takeAway(mark, in: above.raw) { try makeMark(OverlayMarks.opaqueFile, in: fd.raw) }
      } catch {
        // EEXIST: a dangling symlink stands there.
        throw escapes(error)
          ?? (error.errno == 17
            ? .refused("\(path) is a symbolic link that leads nowhere, yet entries lie below it") : .system(error))
      }
    }
    recent = (path, fd)
    return fd
  }

  private func openBeneath(_ path: FilePath) throws(SyscallError) -> SharedFD {
    SharedFD(
      try Kernel.open(path.isEmpty ? "." : path, at: root, [.path, .directory], resolve: [.beneath, .noMagicLinks]))
  }

  /// The words for a path that leaves the layer (EXDEV), is a loop (ELOOP) or goes through a file (ENOTDIR).
  private func escapes(_ error: SyscallError) -> UnpackError? {
    let path = error.path?.description ?? "an entry"
    switch error.errno {
    case 18: return .refused("\(path) leads out of the layer through a symbolic link")
    case 40: return .refused("\(path) leads through too many symbolic links")
    case 20: return .refused("\(path) leads through something that is not a directory")
    default: return nil
    }
  }

  private func refused(_ entry: ArchiveEntry, _ why: String) -> UnpackError {
    .refused("the entry \(UnpackError.quoted(entry.name)) \(why)")
  }

  private func gate<Result: ~Copyable>(_ body: () throws(SyscallError) -> Result) throws(UnpackError) -> Result {
    do { return try body() } catch { throw .system(error) }
  }
}
