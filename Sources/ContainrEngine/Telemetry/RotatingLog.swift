// The log file of one container: appended to, renamed to NAME.1, NAME.2, … when it is full. Works in one directory fd.
public import ContainrSystem
public import SystemPackage

/// How much log is kept.
public struct LogLimits: Sendable, Hashable {
  /// Bytes after which the file is rotated.
  public var fileSize: UInt64
  /// Files kept, the current one included; at least 1.
  public var files: Int
  /// Whether anything is kept at all.
  public var isKept = true
  /// Who else gets all of it.
  public var journald: JournaldTarget?

  /// The default is 10 MiB in 3 files.
  public init(fileSize: UInt64 = 10 << 20, files: Int = 3) {
    self.fileSize = fileSize
    self.files = max(1, files)
  }

  /// Nothing is kept.
  public static var dropped: LogLimits {
    var limits = LogLimits()
    limits.isKept = false
    return limits
  }

  /// One line a limit, for a file that a shim reads.
  public var text: String {
    "size \(fileSize)\nfiles \(files)\nkept \(isKept ? 1 : 0)\n" + (journald.map { "journald \($0.text)\n" } ?? "")
  }

  /// nil for text that is not of this form.
  public init?(text: String) {
    var values: [UInt64] = []
    for (line, key) in zip(text.split(separator: "\n"), ["size ", "files ", "kept "]) {
      guard line.hasPrefix(key), let value = UInt64(line.dropFirst(key.utf8.count)) else { return nil }
      values.append(value)
    }
    guard values.count == 3, values[1] > 0 else { return nil }
    self.init(fileSize: values[0], files: Int(clamping: values[1]))
    isKept = values[2] != 0
    if let line = text.split(separator: "\n").dropFirst(3).first {
      guard line.hasPrefix("journald "), let target = JournaldTarget(text: String(line.dropFirst(9))) else {
        return nil
      }
      journald = target
    }
  }
}

/// An append-only file with rotation. Owns the descriptors of the directory and the file.
public struct RotatingLog: ~Copyable {
  private let directory: OwnedFD
  private let name: FilePath
  private var limits: LogLimits
  /// Whether what is appended is kept.
  var isKept: Bool { limits.isKept }
  /// Who else gets it.
  var journald: JournaldTarget? { limits.journald }
  private var file: OwnedFD
  private var size: UInt64
  /// Of the file that is written; 0: unknown.
  private var number: UInt64 = 0
  /// Nobody knows that the file ends with an end of a line: who wrote it before may have been cut off.
  private var isUnsettled: Bool

  /// Opens or makes `name` in `directory`, which is taken over.
  public init(directory: consuming OwnedFD, name: FilePath, limits: LogLimits) throws(SyscallError) {
    let file = try Self.open(name, in: directory.raw, limits)
    size = try Kernel.status(at: file.raw).size
    isUnsettled = size > 0
    self.file = file
    self.directory = directory
    self.name = name
    self.limits = limits
    if limits.isKept { number = LogSequence.begin(self.file.raw, isNew: size == 0) }
  }

  /// Appends whole entries, or nothing; rotates first if they do not fit any more.
  public mutating func append(_ entries: [UInt8]) throws(SyscallError) {
    try settle()
    if size > 0, size + UInt64(entries.count) > limits.fileSize { try rotate() }
    do throws(SyscallError) {
      try file.writeAll(entries)
    } catch {
      // A full disk takes the begin of them: what is told as lost is lost whole, and the next entry begins a line.
      // Somebody may have made room by shortening this very file: that is looked at anew.
      isUnsettled = true
      do throws(SyscallError) {
        if try Kernel.status(at: file.raw).size > size { try Kernel.truncate(file.raw, to: size) }
      } catch {
        // What is left of it is looked at with the next entry.
      }
      throw error
    }
    size += UInt64(entries.count)
  }

  /// Not when the file is opened: a disk that is full is no reason not to start.
  private mutating func settle() throws(SyscallError) {
    if !isUnsettled { return }
    size = try LogTail.mend(file.raw, size: try Kernel.status(at: file.raw).size)
    isUnsettled = false
  }

  private mutating func rotate() throws(SyscallError) {
    try settle()
    for index in stride(from: limits.files - 1, to: 0, by: -1) {
      let from: FilePath = index == 1 ? name : FilePath("\(name).\(index - 1)")
      do throws(SyscallError) {
        try Kernel.rename(from, at: directory.raw, to: FilePath("\(name).\(index)"), at: directory.raw)
      } catch {
        if error.errno != 2 { throw error }  // not so many files yet
      }
    }
    if limits.files == 1 { try Kernel.remove(name, at: directory.raw) }
    file = try Self.open(name, in: directory.raw, limits)
    size = 0
    number += 1
    LogSequence.note(number, at: file.raw)
  }

  /// Goes on under other limits: what is too much by them goes at once. Of a log that is dropped from now on, what was
  /// kept stays.
  public mutating func adopt(_ new: LogLimits) throws(SyscallError) {
    if limits.isKept != new.isKept {
      // If that fails, all is as it was.
      let opened = try Self.open(name, in: directory.raw, new)
      size = try Kernel.status(at: opened.raw).size
      isUnsettled = size > 0
      file = opened
      if new.isKept { number = LogSequence.begin(file.raw, isNew: size == 0) }
    }
    limits = new
    if !new.isKept { return }
    if size > new.fileSize { try rotate() }
    var index = new.files
    while true {
      do throws(SyscallError) {
        try Kernel.remove(FilePath("\(name).\(index)"), at: directory.raw)
      } catch {
        if error.errno == 2 { return }
        throw error
      }
      index += 1
    }
  }

  private static func open(
    _ name: FilePath, in directory: CInt, _ limits: LogLimits
  ) throws(SyscallError) -> OwnedFD {
    // There is no log then; the descriptor is there so that there is always one.
    if !limits.isKept { return try Kernel.open("/dev/null", .writeOnly) }
    return try Kernel.open(name, at: directory, [.readWrite, .create, .append, .noFollow], mode: 0o640)
  }
}
