// "Did you mean": the nearest of the possible names by Damerau-Levenshtein distance.

/// Suggestions for names that nobody knows.
public enum NearestName {
  /// Comparing with more names takes longer than a suggestion is worth.
  private static let maximumCandidates = 2000

  /// The name that is at most two typing mistakes away, if there is one; the first in order among equals.
  public static func suggestion(for name: String, among candidates: some Collection<String>) -> String? {
    let name = Array(name.lowercased().utf8)
    guard (2...64).contains(name.count), candidates.count <= maximumCandidates else { return nil }
    var best: (distance: Int, name: String)?
    for candidate in candidates {
      let other = Array(candidate.lowercased().utf8)
      guard abs(other.count - name.count) <= 2 else { continue }
      let distance = distance(name, other)
      // A short name is two mistakes away from too much.
      guard distance <= (name.count <= 4 ? 1 : 2) else { continue }
      if best.map({ (distance, candidate) < $0 }) ?? true { best = (distance, candidate) }
    }
    return best?.name
  }

  /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    var current = last
    for i in 0..<a.count {
      current[0] = i + 1
      for j in 0..<b.count {
        let cost = a[i] == b[j] ? 0 : 1
        current[j + 1] = min(last[j + 1] + 1, current[j] + 1, last[j] + cost)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          current[j + 1] = min(current[j + 1], beforeLast[j - 1] + 1)
        }
      }
      (beforeLast, last, current) = (last, current, beforeLast)
    }
    return last[b.count]
  }
}
