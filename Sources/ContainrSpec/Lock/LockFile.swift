// stack.lock: which contents a stack was made with, by digest. Text in, value or findings out; pure. Documented in
// docs/stack-file.md and schemas/stack-lock.schema.json.

/// The digests of a stack's layers, and of its images once there are some.
public struct LockFile: Sendable, Hashable {
  /// The version of this form.
  public static let version = 1

  /// Layers by path as the lock file has it: `./base.tar`, relative to the file's directory, or absolute.
  public var layers: [String: String] = [:]
  /// Images by reference.
  public var images: [String: String] = [:]

  /// Nothing is locked.
  public init() {}

  /// The file's text: sorted, one line an entry, so that a difference shows what changed and no more.
  public var text: String {
    var text =
      "# Made by 'containr lock': the contents that this stack runs. Keep it beside the stack file, in the repository.\n"
    text += "version: \(Self.version)\n"
    for (key, entries) in [("images", images), ("layers", layers)] where !entries.isEmpty {
      text += "\(key):\n"
      for name in entries.keys.sorted() { text += "  \(JSONLiteral.string(name)): \(entries[name] ?? "")\n" }
    }
    return text
  }

  /// What `digest` may be: of bytes, or of a directory's tree.
  static func isDigest(_ digest: String, tree: Bool) -> Bool {
    let parts = digest.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "sha256" || (tree && parts[0] == "tree-sha256"), parts[1].utf8.count == 64
    else {
      return false
    }
    return parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// The name of the lock file that belongs to a stack file: `stack.lock` for the usual names, else the file's own
  /// name, so that two stacks of one directory do not share it.
  public static func name(for file: String) -> String {
    var stem = file
    for ending in [".yaml", ".yml", ".json"] where stem.hasSuffix(ending) { stem.removeLast(ending.utf8.count) }
    return ["stack", "compose", "docker-compose"].contains(stem) ? "stack.lock" : "\(stem).lock"
  }

  /// A layer's path as the lock file of `directory` has it. Relative where the two have a directory in common, so that
  /// the file means the same in every checkout.
  public static func key(for path: String, in directory: String) -> String {
    let there = path.split(separator: "/")
    let here = directory.split(separator: "/")
    let common = zip(there, here).prefix { $0 == $1 }.count
    if common == 0 && !here.isEmpty { return path }
    let up = Array(repeating: "..", count: here.count - common)
    let down = there.dropFirst(common).map(String.init)
    return (up.isEmpty ? ["."] : up).joined(separator: "/") + (down.isEmpty ? "" : "/" + down.joined(separator: "/"))
  }
}
