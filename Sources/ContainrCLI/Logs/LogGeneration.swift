// The files that one container's log is made of, by what they are and not by what they are called: NAME, NAME.1, NAME.2, … are
// renamed and removed while they are read. Opens and looks; reads nothing of them.
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

/// Lines that are lost to a reader: their files were removed before it could open them.
struct LogGap: Sendable, Hashable {
  /// How many files; nil: perhaps none, nobody counts them here.
  var files: UInt64?
  /// How much they held, about.
  var bytes: UInt64 = 0
  /// The times of the lines before and behind the gap; empty: none is known.
  var after = "", before = ""

  /// Without the container's name.
  var words: String {
    var span = ""
    if !after.isEmpty { span += " after \(after)" }
    if !before.isEmpty { span += "\(after.isEmpty ? "" : " and") before \(before)" }
    let size = bytes >= 10 << 20 ? "\(bytes >> 20) MiB" : "\(max(1, bytes >> 10)) KiB"
    let what =
      files.map { "lines\(span) are lost: \($0) rotated \($0 == 1 ? "file" : "files"), about \(size)" }
      ?? "lines\(span) may be lost: rotated files"
    return "\(what), went before they were read; logging's max-size and max-file say how much is kept"
  }
}

/// One of them, held open.
final class LogGeneration {
  let descriptor: SharedFD
  let inode: UInt64
  /// Seen beside the one before: nothing is missing between the two, as far as names can tell.
  var isJoined = true
  private var known: UInt64?

  private init(_ descriptor: SharedFD, inode: UInt64) {
    self.descriptor = descriptor
    self.inode = inode
  }

  /// nil: there is none of this name now.
  static func open(_ path: FilePath) throws(SyscallError) -> LogGeneration? {
    do {
      let file = try Kernel.open(path, [.readOnly, .noFollow])
      let inode = try Kernel.status(at: file.raw).inode
      return LogGeneration(SharedFD(file), inode: inode)
    } catch {
      if error.errno != 2 { throw error }
      return nil
    }
  }

  /// Which one of its log it is, as its writer has noted; nil: it was not noted, or not yet.
  func number() throws(SyscallError) -> UInt64? {
    if known == nil { known = try LogSequence.number(of: descriptor.raw) }
    return known
  }

  func size() throws(SyscallError) -> UInt64 { try Kernel.status(at: descriptor.raw).size }
}

/// Those that are still to be read, held open, so that a rotation takes none of them away.
struct LogGenerations {
  /// More than so much of what only this reader holds is not kept from the disk.
  private static let mostBytes: UInt64 = 256 << 20
  /// Names that are looked for behind one that is not there: a rotation leaves a hole for a moment.
  private static let holes = 3

  private let path: FilePath
  /// The oldest first; the first one is being read.
  private(set) var held: [LogGeneration] = []
  /// No more than this are held at once, save those that are there at the first look.
  var most = 64
  private var heldBytes: UInt64 = 0

  init(_ path: FilePath) { self.path = path }

  /// Opens what has come since the last look. Cheap where nothing has. At the limit it opens nothing more, save `all`; what is
  /// lost by that is found when there is room again.
  mutating func look(all: Bool = false) throws(SyscallError) {
    guard let last = held.last else { return held = try scan(to: nil).found }
    if try Self.inode(of: path).map({ $0 == last.inode }) ?? true { return }
    if !all, held.count > 1, held.count >= most || heldBytes >= Self.mostBytes { return }
    do {
      let (news, isJoined) = try news(since: last)
      news.first?.isJoined = isJoined
      held += news
      heldBytes = 0
      for one in held { heldBytes += try one.size() }
    } catch {
      // No descriptor is free (EMFILE, ENFILE): later, when some of them are read.
      if all || held.count == 1 || ![23, 24].contains(error.errno) { throw error }
    }
  }

  /// The first one is read to its end, and will not be written any more: there is a later one. Answers what is missing
  /// between the two.
  mutating func removeFirst() throws(SyscallError) -> LogGap? {
    let (gap, size) = (try Self.gap(between: held[0], held[1]), try held[0].size())
    heldBytes -= min(size, heldBytes)
    held.removeFirst()
    return gap
  }

  /// Those behind `last`, and whether the first of them follows it without a doubt. A second look is for the case that
  /// rotations overtook the first.
  private func news(since last: LogGeneration) throws(SyscallError) -> ([LogGeneration], Bool) {
    var (found, isJoined) = try scan(to: last)
    if !isJoined, let oldest = found.first, try oldest.number() != last.number().map({ $0 + 1 }) {
      (found, isJoined) = try scan(to: last, found)
    }
    return (found, isJoined)
  }

  /// What is behind `last`, the oldest first, together with what was found before; and whether `last` is still there. From the
  /// newest to the oldest: files only move away from the newest name, so that none is passed over.
  private func scan(
    to last: LogGeneration?, _ before: [LogGeneration] = []
  ) throws(SyscallError) -> (found: [LogGeneration], isJoined: Bool) {
    var found: [LogGeneration] = []
    var (number, absent, isJoined) = (0, 0, false)
    while absent < Self.holes {
      let name = number == 0 ? path : FilePath("\(path).\(number)")
      number += 1
      guard let one = try LogGeneration.open(name) else {
        absent += 1
        continue
      }
      absent = 0
      if one.inode == last?.inode {
        isJoined = true
        break
      }
      // Renamed between two looks.
      if found.contains(where: { $0.inode == one.inode }) { continue }
      found.append(one)
    }
    var all = before
    for one in found.reversed() where !all.contains(where: { $0.inode == one.inode }) { all.append(one) }
    return (all, isJoined)
  }

  /// What is missing between two.
  private static func gap(between before: LogGeneration, _ one: LogGeneration) throws(SyscallError) -> LogGap? {
    guard let number = try one.number(), let last = try before.number() else { return one.isJoined ? nil : LogGap() }
    // Lower: a log of a later life, which begins with its first file.
    let missing = number > last ? number - last - 1 : number - 1
    if missing == 0 { return nil }
    return LogGap(files: missing, bytes: missing * (try before.size()))
  }

  private static func inode(of path: FilePath) throws(SyscallError) -> UInt64? {
    do { return try Kernel.status(of: path, followSymlinks: false).inode } catch {
      if error.errno == 2 { return nil }
      throw error
    }
  }
}
