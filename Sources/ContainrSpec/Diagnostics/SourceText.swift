// One source file as text with a line index, for positions and for snippets. Never reads the file system.

/// The text of one file that diagnostics point into.
public struct SourceText: Sendable {
  /// The file as the user named it.
  public let file: String
  /// Where the first malformed UTF-8 sequence starts; nil: well formed. It stands as U+FFFD in the text.
  let firstMalformed: Int?
  let scalars: [Unicode.Scalar]
  /// The offset of each line's first scalar.
  private let lineStarts: [Int]

  /// Decodes `bytes` as UTF-8 without a byte order mark. Malformed sequences become U+FFFD.
  public init(file: String, bytes: [UInt8]) {
    self.file = file
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(bytes.count)
    var malformed: Int?
    var isStart = true
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    decoding: while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar):
        // Only the first one is a byte order mark.
        if scalar == "\u{FEFF}", isStart { isStart = false } else { scalars.append(scalar) }
        isStart = false
      case .error:
        malformed = malformed ?? scalars.count
        isStart = false
        scalars.append("\u{FFFD}")
      case .emptyInput: break decoding
      }
    }
    firstMalformed = malformed
    self.scalars = scalars
    lineStarts = Self.lineStarts(of: scalars)
  }

  /// The whole text.
  public var text: String { string(0, scalars.count) }
  /// How many lines there are; at least 1.
  public var lineCount: Int { lineStarts.count }

  /// The line with this number, counted from 1, without its line break; nil if there is none.
  public func line(_ number: Int) -> String? {
    lineScalars(number).map { string($0.startIndex, $0.endIndex) }
  }

  /// The scalars of a line without its line break, not copied.
  func lineScalars(_ number: Int) -> ArraySlice<Unicode.Scalar>? {
    guard number >= 1, number <= lineStarts.count else { return nil }
    let start = lineStarts[number - 1]
    var end = number < lineStarts.count ? lineStarts[number] : scalars.count
    while end > start, Self.isBreak(scalars[end - 1]) { end -= 1 }
    return scalars[start..<end]
  }

  /// The position of an offset, which is clamped to the text.
  func position(at offset: Int) -> SourcePosition {
    let offset = min(max(offset, 0), scalars.count)
    var low = 0
    var high = lineStarts.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
    }
    return SourcePosition(line: low + 1, column: offset - lineStarts[low] + 1, offset: offset)
  }

  /// The span of these offsets.
  func span(_ start: Int, _ end: Int) -> SourceSpan {
    SourceSpan(file: file, start: position(at: start), end: position(at: max(start, end)))
  }

  private func string(_ start: Int, _ end: Int) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[start..<end])
    return String(view)
  }

  /// The breaks that libyaml counts as lines, so that its marks and ours agree.
  static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  private static func lineStarts(of scalars: [Unicode.Scalar]) -> [Int] {
    var starts = [0]
    for (index, scalar) in scalars.enumerated() where isBreak(scalar) {
      if scalar == "\r", index + 1 < scalars.count, scalars[index + 1] == "\n" { continue }
      starts.append(index + 1)
    }
    return starts
  }
}
