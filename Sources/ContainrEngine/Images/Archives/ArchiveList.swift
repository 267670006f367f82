// The listing process (`containr list-archive`): which files a tar has and where in it they stand. The tar may be hostile,
// so libarchive reads it behind walls; what it tells is text, of which nothing is believed.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// The files of an uncompressed tar.
struct ArchiveList: Sendable, Hashable {
  /// One file.
  struct Entry: Sendable, Hashable {
    /// Bytes from the archive's start.
    var offset: Int64
    /// Bytes.
    var size: Int64
    /// Where a link leads; nil for a file.
    var link: String?
  }

  /// By name, without `./`.
  var entries: [String: Entry] = [:]

  /// The hidden subcommand.
  static let subcommand = "list-archive"
  /// Names that an image's archive may have: a few a layer.
  private static let mostEntries = 20_000

  /// The whole life of the process: reads descriptor 3, lists on descriptor 1.
  static func serve() -> Int32 {
    do throws(UnpackError) {
      try ArchiveReader.prepareLocale()
      do throws(SyscallError) {
        try InflateSandbox.enter()
      } catch {
        throw .system(error)
      }
      let reader = try ArchiveReader(3, isPlain: true, hashes: false)
      var text = ""
      var count = 0
      while let entry = try reader.next() {
        count += 1
        if count > mostEntries { throw .refused("it holds more than \(mostEntries) files: no image's archive does") }
        guard let path = try EntryPath.read(entry.name) else { continue }
        let target = entry.symlink ?? entry.hardLink
        guard target != nil || entry.kind == .regular else { continue }
        text += "\(reader.decompressed) \(entry.size) \(escaped(path.full.string))"
        if let target {
          // A hard link's target counts from the root, a symbolic one's from where it stands.
          text += entry.hardLink == nil ? " s" : " h"
          text += " \(escaped(String(decoding: target, as: UTF8.self)))"
        }
        text += "\n"
      }
      try write(text + "end\n")
      return 0
    } catch {
      try? write("failure \(error.description.replacing("\n", with: " "))\n")
      return 1
    }
  }

  private static func write(_ text: String) throws(UnpackError) {
    do { try Kernel.writeAll(1, Array(text.utf8)) } catch { throw .system(error) }
  }

  /// Lists an open tar; borrows the descriptor.
  static func run(program: FilePath, archive: CInt) throws(UnpackError) -> ArchiveList {
    do {
      let (text, status) = try ConfinedProcess.start(program, subcommand, [archive]).end(limit: 64 << 20)
      let lines = text.split(separator: "\n")
      if let last = lines.last, last.hasPrefix("failure ") {
        throw UnpackError.unreadable(String(last.dropFirst(8)))
      }
      guard status ?? .exited(0) == .exited(0), lines.last == "end", let list = ArchiveList(lines.dropLast()) else {
        throw UnpackError.unreadable("the listing process gave no whole list")
      }
      return list
    } catch let error as SyscallError {
      throw .system(error)
    } catch let error as UnpackError {
      throw error
    } catch {
      fatalError("\(error)")
    }
  }

  init() {}

  /// nil unless each line is one.
  init?(_ lines: some Sequence<Substring>) {
    for line in lines {
      let parts = line.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 3 || parts.count == 5, let offset = Int64(parts[0]), let size = Int64(parts[1]), offset >= 0,
        size >= 0, let name = Self.unescaped(parts[2])
      else { return nil }
      var entry = Entry(offset: offset, size: size)
      if parts.count == 5 {
        guard let target = Self.unescaped(parts[4]) else { return nil }
        var base = FilePath(parts[3] == "h" ? "" : name)
        base.removeLastComponent()
        entry.link = base.pushing(FilePath(target)).lexicallyNormalized().string
      }
      entries[name] = entry
    }
  }

  /// The file of a name, links followed; nil if there is none.
  func file(_ name: String) -> Entry? {
    var name = name
    for _ in 0..<8 {
      guard let entry = entries[name] else { return nil }
      guard let link = entry.link else { return entry }
      name = link
    }
    return nil
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("%", with: "%25").replacing(" ", with: "%20").replacing("\n", with: "%0A")
  }

  private static func unescaped(_ text: Substring) -> String? {
    let plain = text.replacing("%20", with: " ").replacing("%0A", with: "\n").replacing("%25", with: "%")
    return plain.isEmpty ? nil : String(plain)
  }
}
