// The identity of a layer, checked before any use of it as a name (CVE-2024-3727).
internal import ContainrImageSpec

/// `sha256:<64 hex>` of an archive's bytes, or `directory:<64 hex>` of a directory's (device, inode, path).
public struct LayerDigest: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
  /// What was digested.
  public enum Algorithm: String, Sendable, Codable { case sha256, directory }
  /// How `hex` was made.
  public let algorithm: Algorithm
  /// 64 lower-case hexadecimal digits.
  public let hex: String

  /// nil unless `hex` is 64 lower-case hexadecimal digits.
  public init?(_ algorithm: Algorithm, hex: String) {
    guard Digest(.sha256, hex: hex) != nil else { return nil }
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

  /// Reads the text form; anything else is corrupt data.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let digest = LayerDigest(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not a layer's digest: \(text)"))
    }
    self = digest
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// By text.
  public static func < (a: Self, b: Self) -> Bool { a.description < b.description }
}
