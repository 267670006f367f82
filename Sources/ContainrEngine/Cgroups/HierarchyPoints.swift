// Where hierarchies are mounted, by name. A dozen names at the most, so lists that are looked through: a dictionary of this type
// costs a program that does little else a tenth of its time, for what Swift makes of its generic types as they are first used.
public import SystemPackage

/// Mount points by the name of a controller or of a hierarchy, sorted by name.
public struct HierarchyPoints: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// The names, each once.
  public private(set) var names: [String] = []
  /// The mount point of each name.
  public private(set) var points: [FilePath] = []

  /// None.
  public init() {}

  /// Of a name that is twice, the last counts.
  public init(dictionaryLiteral elements: (String, FilePath)...) {
    for (name, point) in elements { self[name] = point }
  }

  /// Whether there is none.
  public var isEmpty: Bool { names.isEmpty }

  /// The mount point of a name; nil takes it away.
  public subscript(name: String) -> FilePath? {
    get {
      for index in 0..<names.count where names[index] == name { return points[index] }
      return nil
    }
    set {
      var index = 0
      while index < names.count, names[index] < name { index += 1 }
      let isThere = index < names.count && names[index] == name
      if isThere {
        names.remove(at: index)
        points.remove(at: index)
      }
      guard let newValue else { return }
      names.insert(name, at: index)
      points.insert(newValue, at: index)
    }
  }

  /// The names whose mount point this is.
  public func names(at point: FilePath) -> [String] {
    var found: [String] = []
    for index in 0..<names.count where points[index] == point { found.append(names[index]) }
    return found
  }
}
