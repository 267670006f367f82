// A revision as the caller sees it, and what an apply is told so that it records one. Values only.

/// What an `up` or a rollback made of a stack, or tried to.
public struct Revision: Sendable, Hashable, Codable {
  /// How it went.
  public enum Outcome: String, Sendable, Codable {
    /// A command works on it now.
    case applying
    case applied
    case failed
    /// It failed, and the stack went back to what it was.
    case rolledBack = "rolled back"
    /// The command was killed in the middle.
    case interrupted
  }
  /// From 1; never given twice in a stack's life.
  public var number: Int
  /// Seconds since 1970.
  public var createdAt: Int
  /// Seconds since 1970; nil: it has not ended, or nobody saw it.
  public var endedAt: Int?
  /// The uid of who asked for it.
  public var ownerUID: UInt32
  /// How it went.
  public var outcome: Outcome
  /// Path of the stack file.
  public var file: String
  /// What it changed, in one line, without values.
  public var summary: String
  /// The revision whose plan this one brought back.
  public var returnsTo: Int?
  /// Options of the command that are part of what was wanted.
  public var options: RevisionOptions
  /// Digests of the archives that it was made from, by path, and of its images' manifests, by `image:REFERENCE`; empty unless
  /// it was applied.
  public var layers: [String: String]
  /// Of the plan without its places: equal if the same is wanted.
  public var digest: String

  /// What keys of images begin with in `layers`.
  static let imagePrefix = "image:"

  /// The digests of its images by reference.
  var images: [String: String] {
    let images = layers.filter { $0.key.hasPrefix(Self.imagePrefix) }
    return Dictionary(uniqueKeysWithValues: images.map { (String($0.key.dropFirst(Self.imagePrefix.count)), $0.value) })
  }
}

/// Options that made the plan what it is.
public struct RevisionOptions: Sendable, Hashable, Codable {
  /// Active profiles.
  public var profiles: [String]
  /// Replicas by service, where the command line gave them.
  public var scale: [String: Int]

  /// None by default.
  public init(profiles: [String] = [], scale: [String: Int] = [:]) {
    self.profiles = profiles
    self.scale = scale
  }
}

/// What an apply records of itself.
public struct RevisionIntent: Sendable, Hashable {
  /// Options that made the plan what it is.
  public var options: RevisionOptions
  /// The revision whose plan is brought back.
  public var returnsTo: Int?
  /// The failed revision that is the reason; it ends as rolled back if this one succeeds.
  public var replacesFailed: Int?

  /// Of a plain `up`, by default.
  public init(options: RevisionOptions = RevisionOptions(), returnsTo: Int? = nil, replacesFailed: Int? = nil) {
    self.options = options
    self.returnsTo = returnsTo
    self.replacesFailed = replacesFailed
  }
}
