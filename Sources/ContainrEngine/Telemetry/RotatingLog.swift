// The log file of one container: appended to, renamed to NAME.1, NAME.2, … when it is full. Works in one directory fd.
public import ContainrSystem
public import SystemPackage

/// How much log is kept.
public struct LogLimits: Sendable, Hashable {
  /// Bytes after which the file is rotated.
  public var fileSize: UInt64
  /// Files kept, the current one included; at least 1.
  public var files: Int

  /// The default is 10 MiB in 3 files.
  public init(fileSize: UInt64 = 10 << 20, files: Int = 3) {
    self.fileSize = fileSize
    self.files = max(1, files)
  }
}

/// An append-only file with rotation. Owns the descriptors of the directory and the file.
public struct RotatingLog: ~Copyable {
  private let directory: OwnedFD
  private let name: FilePath
  private let limits: LogLimits
  private var file: OwnedFD
  private var size: UInt64

  /// Opens or makes `name` in `directory`, which is taken over.
  public init(directory: consuming OwnedFD, name: FilePath, limits: LogLimits) throws(SyscallError) {
    let file = try Self.open(name, in: directory.raw)
    size = try Kernel.status(at: file.raw).size
    self.file = file
    self.directory = directory
    self.name = name
    self.limits = limits
  }

  /// Appends whole entries; rotates first if they do not fit any more.
  public mutating func append(_ entries: [UInt8]) throws(SyscallError) {
    if size > 0, size + UInt64(entries.count) > limits.fileSize { try rotate() }
    try file.writeAll(entries)
    size += UInt64(entries.count)
  }

  private mutating func rotate() throws(SyscallError) {
    for index in stride(from: limits.files - 1, to: 0, by: -1) {
      let from: FilePath = index == 1 ? name : FilePath("\(name).\(index - 1)")
      do throws(SyscallError) {
        try Kernel.rename(from, at: directory.raw, to: FilePath("\(name).\(index)"), at: directory.raw)
      } catch {
        if error.errno != 2 { throw error }  // not so many files yet
      }
    }
    if limits.files == 1 { try Kernel.remove(name, at: directory.raw) }
    file = try Self.open(name, in: directory.raw)
    size = 0
  }

  private static func open(_ name: FilePath, in directory: CInt) throws(SyscallError) -> OwnedFD {
    try Kernel.open(name, at: directory, [.writeOnly, .create, .append, .noFollow], mode: 0o640)
  }
}
