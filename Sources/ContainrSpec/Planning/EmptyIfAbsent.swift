// Lists that came later than the first records and saved plans.

/// A list that an encoded form of an earlier version does not have: missing is empty.
@propertyWrapper
public struct EmptyIfAbsent<Element: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
  /// The list.
  public var wrappedValue: [Element]

  /// Empty unless told otherwise.
  public init(wrappedValue: [Element] = []) { self.wrappedValue = wrappedValue }

  /// Reads the plain list.
  public init(from decoder: any Decoder) throws { wrappedValue = try [Element](from: decoder) }

  /// Writes the plain list.
  public func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

extension KeyedDecodingContainer {
  /// What synthesised decoding calls for such a list.
  public func decode<Element>(
    _ type: EmptyIfAbsent<Element>.Type, forKey key: Key
  ) throws -> EmptyIfAbsent<Element> {
    try decodeIfPresent(type, forKey: key) ?? EmptyIfAbsent()
  }
}
