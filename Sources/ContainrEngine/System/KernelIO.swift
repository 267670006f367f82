// The syscall gate for bytes: whole reads and writes, atomic replacement, memfds, pipes.
internal import CContainrLinux
public import SystemPackage

extension Kernel {
  /// Reads to the end of a descriptor; more than `limit` bytes is EFBIG.
  public static func readAll(_ fd: CInt, limit: Int = 16 << 20) throws(SyscallError) -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = try read(fd, into: &buffer)
      if count == 0 { return all }
      if all.count + count > limit { throw SyscallError(errno: 27, operation: "read", detail: "over \(limit) bytes") }
      all.append(contentsOf: buffer[0..<count])
    }
  }

  /// One read(2) into `buffer`; answers the bytes read, 0 at the end.
  public static func read(_ fd: CInt, into buffer: inout [UInt8]) throws(SyscallError) -> Int {
    Int(try check(buffer.withUnsafeMutableBytes { cl_read(fd, $0.baseAddress!, $0.count) }, "read"))
  }

  /// One read(2) of at most `most` bytes to `start` of `buffer`, which has room for one at least.
  public static func read(
    _ fd: CInt, into buffer: inout [UInt8], from start: Int, atMost most: Int
  ) throws(SyscallError) -> Int {
    let room = buffer[start...].prefix(most).count
    return Int(try check(buffer.withUnsafeMutableBytes { cl_read(fd, $0.baseAddress! + start, room) }, "read"))
  }

  /// One pread(2).
  public static func read(_ fd: CInt, into buffer: inout [UInt8], at offset: UInt64) throws(SyscallError) -> Int {
    Int(
      try check(
        buffer.withUnsafeMutableBytes { cl_pread(fd, $0.baseAddress!, $0.count, off_t(offset)) }, "pread"))
  }

  /// One pread(2) into memory of the caller's, which has room for at least a byte.
  public static func read(
    _ fd: CInt, into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(SyscallError) -> Int {
    Int(try check(cl_pread(fd, buffer.baseAddress!, buffer.count, off_t(offset)), "pread"))
  }

  /// One read of at most 64 KiB from a non-blocking descriptor: nil if nothing is ready, empty at the end.
  public static func readReady(_ fd: CInt) throws(SyscallError) -> [UInt8]? {
    var result = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
      result = cl_read(fd, buffer.baseAddress!, buffer.count)
      count = max(0, result)
    }
    if result == -11 { return nil }
    try check(result, "read")
    return bytes
  }

  /// From now on reads and writes of this open file do not wait.
  public static func setNonBlocking(_ fd: CInt) throws(SyscallError) {
    try check(cl_set_nonblocking(fd, 1), "fcntl(F_SETFL)")
  }

  /// One write to a non-blocking descriptor: how many bytes it has taken, 0 if it can take none now.
  public static func writeReady(_ fd: CInt, _ bytes: ArraySlice<UInt8>) throws(SyscallError) -> Int {
    let result = bytes.withUnsafeBytes { cl_write(fd, $0.baseAddress!, $0.count) }
    return result == -11 ? 0 : Int(try check(result, "write"))
  }

  /// Writes all bytes.
  public static func writeAll(_ fd: CInt, _ bytes: [UInt8]) throws(SyscallError) {
    var done = 0
    while done < bytes.count {
      done += Int(
        try check(bytes.withUnsafeBytes { cl_write(fd, $0.baseAddress! + done, bytes.count - done) }, "write"))
    }
  }

  /// The whole file.
  public static func contents(
    of path: FilePath, at directory: CInt = currentDirectory, limit: Int = 16 << 20
  ) throws(SyscallError) -> [UInt8] {
    do {
      let file = try open(path, at: directory)
      return try readAll(file.raw, limit: limit)
    } catch {
      throw SyscallError(errno: error.errno, operation: error.operation, path: path, detail: error.detail)
    }
  }

  /// The text of a file that the kernel makes as one record (a value of cgroupfs or procfs), or that is small and never
  /// changed in place: one read gives it whole, and the end need not be asked for. One trailing newline is removed.
  public static func record(of path: FilePath, at directory: CInt = currentDirectory) throws(SyscallError) -> String {
    do {
      let file = try open(path, at: directory)
      var result = 0
      var isWhole = false
      let text = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> String in
        result = cl_read(file.raw, buffer.baseAddress!, buffer.count)
        isWhole = result < buffer.count
        if result < 0 || !isWhole { return "" }
        let end = result > 0 && buffer[result - 1] == 10 ? result - 1 : result
        return String(decoding: UnsafeRawBufferPointer(rebasing: buffer[..<end]), as: UTF8.self)
      }
      try check(result, "read")
      if isWhole { return text }
    } catch {
      throw SyscallError(errno: error.errno, operation: error.operation, path: path, detail: error.detail)
    }
    return try self.text(of: path, at: directory)
  }

  /// The whole file as text, one trailing newline removed: the form of cgroupfs, procfs and sysfs.
  public static func text(of path: FilePath, at directory: CInt = currentDirectory) throws(SyscallError) -> String {
    var bytes = try contents(of: path, at: directory)
    if bytes.last == 10 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// One write(2) of a value into an existing file of cgroupfs, procfs or sysfs.
  public static func write(
    _ value: String, into path: FilePath, at directory: CInt = currentDirectory
  ) throws(SyscallError) {
    do {
      let file = try open(path, at: directory, .writeOnly)
      try writeAll(file.raw, Array(value.utf8))
    } catch {
      throw SyscallError(errno: error.errno, operation: error.operation, path: path, detail: "value \(value)")
    }
  }

  /// Where `replace` writes before it renames; stays behind if its process is killed.
  public static func unfinished(_ path: FilePath) -> FilePath { FilePath(path.string + ".new") }

  /// Replaces a file atomically: temporary name beside it, then rename. `durable` adds fsync of file and directory.
  public static func replace(
    _ path: FilePath, with bytes: [UInt8], mode: UInt64 = 0o600, durable: Bool = false
  ) throws(SyscallError) {
    let temporary = unfinished(path)
    do {
      let file = try open(temporary, [.writeOnly, .create, .truncate, .noFollow], mode: mode)
      try file.writeAll(bytes)
      if durable { try check(cl_fsync(file.raw), "fsync", temporary) }
    }
    try rename(temporary, to: path)
    if durable { try sync(path.removingLastComponent()) }
  }

  /// Takes all bytes of a file away, and goes to its beginning.
  public static func empty(_ fd: CInt) throws(SyscallError) {
    try check(cl_ftruncate(fd, 0), "ftruncate")
    try rewind(fd)
  }

  /// Takes away what a file has beyond `size` bytes.
  public static func truncate(_ fd: CInt, to size: UInt64) throws(SyscallError) {
    try check(cl_ftruncate(fd, off_t(size)), "ftruncate")
  }

  /// Goes to the beginning of a file.
  public static func rewind(_ fd: CInt) throws(SyscallError) { try check(cl_lseek(fd, 0, 0), "lseek") }

  /// fsync(2) of a file or directory.
  public static func sync(_ path: FilePath) throws(SyscallError) {
    let file = try open(path)
    try check(cl_fsync(file.raw), "fsync", path)
  }

  /// syncfs(2): everything of the file system that a descriptor is on.
  public static func sync(fileSystemOf fd: CInt) throws(SyscallError) { try check(cl_syncfs(fd), "syncfs") }

  /// An anonymous file that holds `bytes`, sealed against any change and rewound.
  public static func sealedMemory(named name: String, _ bytes: [UInt8]) throws(SyscallError) -> OwnedFD {
    // MFD_CLOEXEC | MFD_ALLOW_SEALING; older kernels refuse MFD_NOEXEC_SEAL, so it is not asked for.
    let fd = OwnedFD(taking: try check(name.withCString { cl_memfd_create($0, 0x3) }, "memfd_create"))
    try fd.writeAll(bytes)
    try check(cl_fcntl_add_seals(fd.raw, 0xF), "fcntl(F_ADD_SEALS)")
    return fd
  }

  /// An anonymous file to be filled.
  public static func emptyMemory(named name: String) throws(SyscallError) -> OwnedFD {
    OwnedFD(taking: try check(name.withCString { cl_memfd_create($0, 0x1) }, "memfd_create"))
  }

  /// All bytes of a memory file, whatever its offset; at most `limit`.
  public static func memory(_ fd: CInt, limit: Int = 16 << 20) throws(SyscallError) -> [UInt8] {
    let size = Int(try status(at: fd).size)
    if size > limit { throw SyscallError(errno: 27, operation: "pread", detail: "over \(limit) bytes") }
    var bytes = [UInt8](repeating: 0, count: size)
    var done = 0
    while done < size {
      let count = Int(
        try check(
          bytes.withUnsafeMutableBytes { cl_pread(fd, $0.baseAddress! + done, size - done, off_t(done)) }, "pread"))
      if count == 0 { throw SyscallError(errno: 5, operation: "pread", detail: "short memory file") }
      done += count
    }
    return bytes
  }

  /// pipe2(2) with CLOEXEC.
  public static func pipe() throws(SyscallError) -> Pipe {
    var ends: [CInt] = [-1, -1]
    try check(cl_pipe2(&ends, CInt(cl_O_CLOEXEC())), "pipe2")
    return Pipe(read: OwnedFD(taking: ends[0]), write: OwnedFD(taking: ends[1]))
  }
}

/// Both ends of a pipe.
public struct Pipe: ~Copyable {
  /// The end to read from.
  public var read: OwnedFD
  /// The end to write to.
  public var write: OwnedFD

  /// Takes both ends.
  public init(read: consuming OwnedFD, write: consuming OwnedFD) {
    self.read = read
    self.write = write
  }

  /// Gives both ends away as numbers; the caller closes them.
  public consuming func release() -> (read: CInt, write: CInt) { (read.release(), write.release()) }
}

extension FilePath {
  /// `removingLastComponent()`, which goes by way of generic code whose types are looked up when it first runs. The same
  /// is why single names become paths by their strings, and not as collections of components.
  public var above: FilePath {
    let text = string
    guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
    return slash == text.startIndex ? "/" : FilePath(String(text[..<slash]))
  }

  /// Whether it is this directory or in it, by the letters of both: `starts(with:)` for paths without a slash at the end, and
  /// without its generic code.
  public func lies(below directory: FilePath) -> Bool {
    let (text, start) = (string, directory.string)
    guard text.hasPrefix(start) else { return false }
    return text.utf8.count == start.utf8.count || start == "/"
      || text.utf8[text.utf8.index(text.utf8.startIndex, offsetBy: start.utf8.count)] == 0x2F
  }
}
