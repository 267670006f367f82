// What a copy of a file needs beside its bytes: holes, attributes, times. By descriptors.
internal import CContainrLinux
public import SystemPackage

extension Kernel {
  /// Where data and holes of a file are: the next data at or after `offset` and its end; nil: only a hole follows.
  /// A file system that knows no holes has one piece of data.
  public static func data(of fd: CInt, from offset: Int64) throws(SyscallError) -> Range<Int64>? {
    let begin = cl_lseek(fd, off_t(offset), 3)  // SEEK_DATA
    if begin == -6 { return nil }  // ENXIO
    try check(begin, "lseek(SEEK_DATA)")
    let end = cl_lseek(fd, begin, 4)  // SEEK_HOLE
    try check(end, "lseek(SEEK_HOLE)")
    return Int64(begin)..<Int64(end)
  }

  /// Copies the bytes of a regular file into an empty one, holes as holes and, where the file system can, by reference.
  public static func copyContents(from source: CInt, to target: CInt, size: Int64) throws(SyscallError) {
    var place: Int64 = 0
    while let piece = try data(of: source, from: place) {
      try check(cl_lseek(source, off_t(piece.lowerBound), 0), "lseek")
      try check(cl_lseek(target, off_t(piece.lowerBound), 0), "lseek")
      try copy(piece.upperBound - piece.lowerBound, from: source, to: target)
      place = piece.upperBound
    }
    try check(cl_ftruncate(target, off_t(size)), "ftruncate")
  }

  private static func copy(_ count: Int64, from source: CInt, to target: CInt) throws(SyscallError) {
    var left = count
    while left > 0 {
      let done = cl_copy_range(source, target, Int(min(left, 1 << 30)))
      if done == 0 { return }  // somebody has made it shorter
      // Two file systems, or one that cannot: by hand.
      if [-18, -22, -95, -38].contains(done) { break }
      left -= Int64(try check(done, "copy_file_range"))
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while left > 0 {
      let done = try read(source, into: &buffer)
      if done == 0 { return }
      try writeAll(target, Array(buffer[..<min(done, Int(left))]))
      left -= Int64(done)
    }
  }

  /// The extended attributes of an open file or directory, sorted by name.
  public static func attributes(of fd: CInt) throws(SyscallError) -> [(name: String, value: [UInt8])] {
    var names = [CChar](repeating: 0, count: 65536)
    let count = names.withUnsafeMutableBufferPointer { cl_flistxattr(fd, $0.baseAddress!, $0.count) }
    if count == -95 { return [] }  // EOPNOTSUPP
    try check(count, "flistxattr")
    var all: [(name: String, value: [UInt8])] = []
    for bytes in names.prefix(Int(count)).split(separator: 0) {
      let name = String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      var value = [UInt8](repeating: 0, count: 65536)
      let size = value.withUnsafeMutableBytes { cl_fgetxattr(fd, name, $0.baseAddress!, $0.count) }
      if size == -61 { continue }  // gone since
      all.append((name, Array(value.prefix(Int(try check(size, "getxattr \(name)"))))))
    }
    return all.sorted { $0.name < $1.name }
  }

  /// fsetxattr(2).
  public static func setAttribute(_ name: String, _ value: [UInt8], of fd: CInt) throws(SyscallError) {
    let padded = value + [0]  // an empty array has no address
    try check(
      padded.withUnsafeBytes { cl_fsetxattr(fd, name, $0.baseAddress!, value.count, 0) }, "fsetxattr \(name)")
  }

  /// setxattr(2), of what cannot be opened: a socket.
  public static func setAttribute(_ name: String, _ value: [UInt8], of path: FilePath) throws(SyscallError) {
    let padded = value + [0]  // an empty array has no address
    let result = path.withPlatformString { path in
      padded.withUnsafeBytes { cl_setxattr(path, name, $0.baseAddress!, value.count, 0) }
    }
    try check(result, "setxattr \(name)", path)
  }

  /// Sets both times of a name, which is not followed, or (empty) of the descriptor itself.
  public static func setTime(_ time: FileTime, of name: FilePath = "", at fd: CInt) throws(SyscallError) {
    let result =
      name.isEmpty
      ? cl_utimensat(fd, nil, time.seconds, time.nanoseconds, 0)
      : name.withPlatformString { cl_utimensat(fd, $0, time.seconds, time.nanoseconds, 0x100) }
    try check(result, "utimensat", name)
  }

  /// symlinkat(2) with a target that need not be text.
  public static func makeSymlink(_ path: FilePath, toBytes target: [UInt8], at directory: CInt) throws(SyscallError) {
    let text = target.map { CChar(bitPattern: $0) } + [0]
    try check(path.withPlatformString { cl_symlinkat(text, directory, $0) }, "symlinkat", path)
  }

  /// linkat(2): another name for a file that is not followed.
  public static func makeHardLink(
    _ path: FilePath, at directory: CInt, to target: FilePath, at targetDirectory: CInt
  ) throws(SyscallError) {
    let result = target.withPlatformString { from in
      path.withPlatformString { cl_linkat(targetDirectory, from, directory, $0, 0) }
    }
    try check(result, "linkat", path, detail: "to \(target)")
  }
}
