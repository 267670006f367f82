// The pair of categories by which SELinux tells containers of the same type apart. Pure.

/// Two different ones of c0 to c1023, the lower first.
public struct MCSCategories: Sendable, Hashable, CustomStringConvertible {
  /// The lower.
  public var first: Int
  /// The higher.
  public var second: Int

  /// How many pairs there are.
  public static let count = 1024 * 1023 / 2

  /// The pair of a number, 0 to `count` - 1; every pair has one.
  public init(number: Int) {
    // Pairs in the order of their higher one: (0,1), (0,2), (1,2), (0,3), … The higher one's first number is h(h-1)/2.
    var higher = 1
    var rest = number
    while rest >= higher {
      rest -= higher
      higher += 1
    }
    (first, second) = (rest, higher)
  }

  /// Of a context's level `s0:c1,c2`; nil for one with other than two categories.
  public init?(level: String) {
    guard let colon = level.firstIndex(of: ":") else { return nil }
    let words = level[level.index(after: colon)...].split(separator: ",")
    let numbers = words.compactMap { $0.hasPrefix("c") ? Int($0.dropFirst()) : nil }.sorted()
    guard words.count == 2, numbers.count == 2, numbers[0] != numbers[1], numbers[0] >= 0, numbers[1] < 1024
    else { return nil }
    (first, second) = (numbers[0], numbers[1])
  }

  /// A pair that is not `taken`, the same for the same `seed` as long as it is free: a container that starts again finds
  /// its own files. nil if all are taken.
  public static func allocate(seed: UInt64, taken: Set<MCSCategories>) -> MCSCategories? {
    if taken.count >= count { return nil }
    let start = Int(seed % UInt64(count))
    for step in 0..<count {
      let pair = MCSCategories(number: (start + step) % count)
      if !taken.contains(pair) { return pair }
    }
    return nil
  }

  /// `c1,c2`.
  public var description: String { "c\(first),c\(second)" }
}
