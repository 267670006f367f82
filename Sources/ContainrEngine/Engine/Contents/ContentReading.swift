// Contents of configs, secrets and mounted files: read from where the plan says, and told apart by digests that reveal
// nothing. Writes nothing.
internal import ContainrImages
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

/// Reads and compares contents of one stack.
struct ContentReading: Sendable {
  /// Larger configs and secrets are refused; larger mounted files are compared by size, time and inode.
  static let largest = 1 << 20
  let desired: StackPlan
  /// nil before the key exists, and when it is lost: then contents cannot be compared.
  let digests: KeyedDigest?

  init(desired: StackPlan, key: [UInt8]?) {
    self.desired = desired
    digests = key.map { KeyedDigest(key: $0) }
  }

  /// Why a content is not to be had, in words.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// What is in a config or secret, and what tells it from another content.
  func content(of file: FilePlan) throws(Failure) -> (bytes: [UInt8], record: ContentRecord) {
    guard let plan = desired.content(of: file) else {
      throw Failure(description: "it is not declared under '\(file.kind.section)'")
    }
    switch plan.source {
    case .content(let text): return try given(Array(text.utf8), file)
    case .environment(let name, _):
      guard let text = plan.value?.text else { throw Failure(description: "the variable \(name) is not set") }
      return try given(Array(text.utf8), file)
    case .file(let path):
      let source = try Source(path)
      let bytes = try source.bytes()
      return (bytes, record(file.target, file.kind.rawValue, bytes, stamp: source.stamp))
    }
  }

  /// The record alone; a file that has not changed since `old` is not read.
  func record(of file: FilePlan, since old: ContentRecord?) throws(Failure) -> ContentRecord {
    if let old, !old.stamp.isEmpty, case .file(let path)? = desired.content(of: file)?.source,
      try Source(path).stamp == old.stamp
    {
      return old
    }
    return try content(of: file).record
  }

  /// The record of a mounted file; nil if the source is gone or is no regular file.
  func record(of mount: MountPlan, since old: ContentRecord?) throws(Failure) -> ContentRecord? {
    guard mount.kind == .bind, let source = try Source(ifPresent: mount.source) else { return nil }
    if let old, !old.stamp.isEmpty, source.stamp == old.stamp { return old }
    if source.status.size > UInt64(Self.largest) {
      // The time and inode of something this large say enough; reading it would cost every command.
      return ContentRecord(target: mount.target, kind: "mount", digest: source.words, stamp: source.stamp)
    }
    return record(mount.target, "mount", try source.bytes(), stamp: source.stamp)
  }

  /// As a plan shows it.
  static func shown(_ record: ContentRecord) -> String {
    record.digest.utf8.count == 64 ? "digest " + String(record.digest.prefix(12)) : record.digest
  }

  private func given(_ bytes: [UInt8], _ file: FilePlan) throws(Failure) -> ([UInt8], ContentRecord) {
    if bytes.count > Self.largest { throw Failure(description: Self.tooLarge) }
    return (bytes, record(file.target, file.kind.rawValue, bytes, stamp: ""))
  }

  func record(_ target: String, _ kind: String, _ bytes: [UInt8], stamp: String) -> ContentRecord {
    // Names and kinds are part of it, so that equal contents of two files do not look alike.
    let digest = digests?.digest(of: Array("\(kind) \(target)\0".utf8) + bytes) ?? "unknown"
    return ContentRecord(target: target, kind: kind, digest: digest, stamp: stamp)
  }

  static var tooLarge: String { "it has more than \(largest >> 20) MiB: mount it with 'volumes'" }
}

extension ContentReading {
  /// An open file of the host.
  struct Source {
    private let path: String
    private let file: SharedFD
    let status: FileStatus
    private let modified: FileTime

    init(_ path: String) throws(Failure) {
      guard let source = try Source(opening: path, mayBeOther: false) else {
        throw Failure(description: "\(path) does not exist")
      }
      self = source
    }

    /// nil if it does not exist or is something else than a file.
    init?(ifPresent path: String) throws(Failure) { try self.init(opening: path, mayBeOther: true) }

    private init?(opening path: String, mayBeOther: Bool) throws(Failure) {
      do throws(SyscallError) {
        // A pipe would be waited for, a device could do anything: looked at before it is opened.
        if try !Kernel.status(of: FilePath(path)).isRegular {
          if mayBeOther { return nil }
          throw SyscallError(errno: 22, operation: "open")
        }
        let file = SharedFD(try Kernel.open(FilePath(path), [.readOnly, .nonBlocking]))
        self.path = path
        self.file = file
        status = try Kernel.status(at: file.raw)
        modified = try Kernel.modificationTime(file.raw)
      } catch {
        if error.errno == 2 || error.errno == 20 { return nil }
        throw Failure(description: error.errno == 22 ? "\(path) is not a file" : "\(path) cannot be read: \(error)")
      }
    }

    func bytes() throws(Failure) -> [UInt8] {
      if status.size > UInt64(ContentReading.largest) { throw Failure(description: ContentReading.tooLarge) }
      do throws(SyscallError) {
        return try Kernel.readAll(file.raw, limit: ContentReading.largest)
      } catch {
        throw Failure(description: error.errno == 27 ? ContentReading.tooLarge : "\(path) cannot be read: \(error)")
      }
    }

    /// Changes whenever the content does, also if who changed it put the time of modification back; empty while the file is
    /// so young that it may change within the same time.
    var stamp: String {
      let time = status.changed
      let age = Int64(Kernel.realTime() / 1_000_000) - (time.seconds * 1000 + Int64(time.nanoseconds) / 1_000_000)
      return age > 50 ? "\(status.device) \(status.inode) \(status.size) \(time.seconds).\(time.nanoseconds)" : ""
    }

    /// What a large file is known by. The time of modification: the kernel's own is another one after a chmod as well, and
    /// nothing would tell that from another content.
    var words: String {
      "\(status.size) bytes, changed \(modified.seconds).\(modified.nanoseconds), inode \(status.inode)"
    }
  }
}
