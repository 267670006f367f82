// A plan in a file: what was wanted and what had to be done when it was made. `up` of it does exactly that, or refuses.
internal import ContainrForeground
internal import ContainrReconcile
internal import ContainrSpec
internal import FoundationEssentials

/// The content of `containr plan -o FILE`. Documented in schemas/saved-plan.schema.json.
struct SavedPlan: Codable, Sendable {
  /// The version of this form.
  static let format = 1
  /// The key that tells such a file from a stack file.
  private static let mark = Array("\"containr-plan\"".utf8)

  enum CodingKeys: String, CodingKey {
    case format = "containr-plan"
    case version, named, desired, changeset, removeOrphans
  }

  var format: Int
  /// The version of Containr that made it.
  var version: String
  /// The first file's path as it was named, made absolute: the lock file is beside it. nil: by a version that did not keep
  /// it, or it is that of `desired`.
  var named: String?
  /// What is wanted. It holds the values of variables: the file is readable for its owner alone.
  var desired: StackPlan
  /// What has to be done for it.
  var changeset: Changeset
  /// It was made with --remove-orphans; nil: by a version that knew no other way, or without.
  var removeOrphans: Bool?

  init(desired: StackPlan, changeset: Changeset, named: String = "", removeOrphans: Bool = false) {
    self.named = named.isEmpty || named == desired.file ? nil : named
    self.removeOrphans = removeOrphans ? true : nil
    format = Self.format
    version = VersionCommand.version
    self.desired = desired
    self.changeset = changeset
  }

  /// Whether the bytes of a file are meant as a saved plan.
  static func isMeant(_ bytes: [UInt8]) -> Bool {
    // A stack file may be JSON as well, but no such file has this key in front.
    guard bytes.first == UInt8(ascii: "{") else { return false }
    return bytes.prefix(64).split(separator: UInt8(ascii: ":"), maxSplits: 1).first?.contains(Self.mark) ?? false
  }

  init(reading bytes: [UInt8], shown: String) throws {
    do {
      self = try JSONDecoder().decode(SavedPlan.self, from: Data(bytes))
    } catch {
      throw CommandExit(
        .refused, "the saved plan \(shown) cannot be read", notes: ["\(error)"],
        help: "make it again with 'containr plan -o \(shown)'")
    }
    guard format == Self.format else {
      throw CommandExit(
        .refused, "the saved plan \(shown) has format \(format), this version reads format \(Self.format)",
        help: "make it again with 'containr plan -o \(shown)'")
    }
  }

  /// With a newline at the end; the mark comes first.
  func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let body = String(decoding: try encoder.encode(self), as: UTF8.self)
    // Sorted keys would put `changeset` before the mark.
    let rest = body.dropFirst().replacing("\"containr-plan\":\(format),", with: "", maxReplacements: 1)
    return "{\"containr-plan\":\(format),\(rest)\n"
  }

  /// What is different now from what the plan was made for: lines of `+` and `-`; empty if nothing moved.
  func moves(now: Changeset) -> [String] {
    // Notes change nothing, so they do not stand in the way either.
    if now.changes == changeset.changes, now.matching == changeset.matching { return [] }
    let (then, today) = (Self.lines(changeset), Self.lines(now))
    let gone = then.filter { !today.contains($0) }.map { "- \($0)" }
    let new = today.filter { !then.contains($0) }.map { "+ \($0)" }
    // The same lines in another order, or steps that have no line.
    return gone.isEmpty && new.isEmpty ? ["the order of the changes is another"] : gone + new
  }

  private static func lines(_ changeset: Changeset) -> [String] {
    changeset.changes.flatMap { change in
      change.reasons.isEmpty
        ? ["\(change.address): \(change.action.verb)"]
        : change.reasons.map { "\(change.address): \(change.action.verb): \($0.text)" }
    }
  }
}

extension Array where Element == UInt8 {
  fileprivate func contains(_ other: [UInt8]) -> Bool { self[...].contains(other) }
}

extension ArraySlice where Element == UInt8 {
  fileprivate func contains(_ other: [UInt8]) -> Bool {
    guard other.count <= count else { return false }
    return indices.dropLast(other.count - 1).contains { self[$0...].starts(with: other) }
  }
}
