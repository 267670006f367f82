// The identity of content, checked before any use of it as a name (CVE-2024-3727). Pure.

/// `algorithm:hex` (image-spec, descriptor.md, "Digests").
public struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The registered algorithms that we compute.
  public enum Algorithm: String, Sendable, CaseIterable {
    case sha256, sha512

    /// Hexadecimal digits of one digest.
    public var digits: Int { self == .sha256 ? 64 : 128 }
  }

  /// How `hex` was made.
  public let algorithm: Algorithm
  /// Lower-case hexadecimal digits, as many as the algorithm has.
  public let hex: String

  /// nil unless `hex` is what the algorithm makes.
  public init?(_ algorithm: Algorithm, hex: String) {
    guard hex.utf8.count == algorithm.digits, hex.utf8.allSatisfy({ 48...57 ~= $0 || 97...102 ~= $0 }) else {
      return nil
    }
    self.algorithm = algorithm
    self.hex = hex
  }

  /// Reads `algorithm:hex`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let algorithm = Algorithm(rawValue: String(parts[0])) else { return nil }
    self.init(algorithm, hex: String(parts[1]))
  }

  /// `algorithm:hex`.
  public var description: String { "\(algorithm.rawValue):\(hex)" }

  /// The first twelve digits, as people read them.
  public var short: String { String(hex.prefix(12)) }

  /// By text.
  public static func < (a: Self, b: Self) -> Bool { a.description < b.description }
}
