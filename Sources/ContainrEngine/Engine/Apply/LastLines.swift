// The end of a container's log, for reports of what is gone by then.
internal import ContainrHost
internal import ContainrSystem
internal import SystemPackage

enum LastLines {
  private static let count = 10
  /// Of a longer log only the end is read.
  private static let limit = 16_384

  /// The last lines without their times; empty if there is no log.
  /// `since`: what the log has of former lives of the container is not its.
  static func of(_ log: FilePath, since: String? = nil) throws(EngineError) -> [String] {
    do {
      let file = try Kernel.open(log, [.readOnly, .noFollow])
      let size = Int(try Kernel.status(at: file.raw).size)
      // Whose log it is may still write to it: not more is read, whatever stands behind by now.
      var end = [UInt8](repeating: 0, count: limit)
      end.removeLast(limit - (try Kernel.read(file.raw, into: &end, at: UInt64(max(0, size - limit)))))
      return lines(String(decoding: end, as: UTF8.self), isCut: size > limit, since: since)
    } catch {
      if error.errno == 2 { return [] }
      throw EngineError(error, "read the log \(log)")
    }
  }

  /// Lines of the CRI form are `TIME STREAM TAG TEXT`.
  static func lines(_ text: String, isCut: Bool, since: String? = nil) -> [String] {
    text.split(separator: "\n").dropFirst(isCut ? 1 : 0).suffix(count).filter { line in
      since.map { line >= $0 } ?? true
    }.compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      return parts.count == 4 ? String(parts[3]) : nil
    }
  }
}
