// Applies fixes to the bytes of one file. Everything outside the edits stays as it is, byte for byte. Pure.

/// Applies what fits together and leaves the rest for another round.
public enum FixApplier {
  /// What one round did to one file.
  public struct Outcome: Sendable, Hashable {
    /// The new content.
    public var bytes: [UInt8]
    /// Positions in the list of fixes of those that were applied.
    public var applied: [Int]
  }

  /// Applies the fixes of `file`, in their order, as far as they do not overlap.
  ///
  /// Two different fixes for one and the same stretch contradict each other, so neither is applied. Of two that
  /// overlap otherwise the first one is. Equal ones count as one. Bytes that are not UTF-8 are never touched.
  public static func apply(_ fixes: [Diagnostic.Fix], to bytes: [UInt8], of file: String) -> Outcome {
    let unchanged = Outcome(bytes: bytes, applied: [])
    let mine = fixes.indices.filter { index in
      !fixes[index].edits.isEmpty && fixes[index].edits.allSatisfy { $0.span.file == file }
    }
    guard !mine.isEmpty, isUTF8(bytes) else { return unchanged }
    var rivals: [Range<Int>: Set<[Piece]>] = [:]
    for index in mine {
      let pieces = pieces(fixes[index])
      for piece in pieces { rivals[piece.range, default: []].insert(pieces) }
    }
    var taken: [Piece] = []
    var seen: Set<[Piece]> = []
    var applied: [Int] = []
    for index in mine {
      let pieces = pieces(fixes[index])
      if seen.contains(pieces) { continue }
      guard pieces.allSatisfy({ rivals[$0.range]!.count == 1 }), fit(pieces, taken) else { continue }
      seen.insert(pieces)
      taken.append(contentsOf: pieces)
      taken.sort { $0.range.lowerBound < $1.range.lowerBound }
      applied.append(index)
    }
    guard !applied.isEmpty else { return unchanged }
    return Outcome(bytes: replace(taken, in: bytes), applied: applied)
  }

  /// One edit by the offsets of its scalars.
  private struct Piece: Hashable {
    let range: Range<Int>
    let text: String
  }

  private static func pieces(_ fix: Diagnostic.Fix) -> [Piece] {
    fix.edits.map { edit in
      let start = max(0, edit.span.start.offset)
      return Piece(range: start..<max(start, edit.span.end.offset), text: edit.replacement)
    }.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// Whether the pieces touch neither each other nor those that are sorted in `taken`.
  private static func fit(_ pieces: [Piece], _ taken: [Piece]) -> Bool {
    for (left, right) in zip(pieces, pieces.dropFirst()) where left.range.upperBound > right.range.lowerBound {
      return false
    }
    return pieces.allSatisfy { piece in
      var low = 0
      var high = taken.count
      while low < high {
        let middle = (low + high) / 2
        if taken[middle].range.upperBound < piece.range.lowerBound { low = middle + 1 } else { high = middle }
      }
      // What only touches is left for the next round as well: an insertion has no width to compare.
      return low == taken.count || taken[low].range.lowerBound > piece.range.upperBound
    }
  }

  /// The bytes with `pieces`, which are sorted, in place of their ranges. A byte order mark counts as no scalar.
  private static func replace(_ pieces: [Piece], in bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    out.append(contentsOf: bytes[..<index])
    var offset = 0
    func skip(to target: Int) {
      while offset < target, index < bytes.count {
        index += 1
        while index < bytes.count, bytes[index] & 0xC0 == 0x80 { index += 1 }
        offset += 1
      }
    }
    for piece in pieces {
      let from = index
      skip(to: piece.range.lowerBound)
      out.append(contentsOf: bytes[from..<index])
      out.append(contentsOf: piece.text.utf8)
      skip(to: piece.range.upperBound)
    }
    out.append(contentsOf: bytes[index...])
    return out
  }

  private static func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
}
