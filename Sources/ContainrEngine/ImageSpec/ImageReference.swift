// Names of images as people write them, and in full (distribution's reference grammar and Docker's short forms). Pure.

/// `registry/repository[:tag][@digest]`.
public struct ImageReference: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// `docker.io`, `localhost:5000`, `registry.example.org`.
  public var registry: String
  /// `library/nginx`; lower case, parts between slashes.
  public var repository: String
  /// nil only beside a digest.
  public var tag: String?
  /// nil: whatever the tag stands for.
  public var digest: Digest?

  /// Reads a reference as Docker does: without a registry it is of docker.io, without a namespace there `library/`,
  /// without tag and digest `latest`.
  public init(_ text: String) throws(ImageReferenceError) {
    guard !text.isEmpty else { throw ImageReferenceError(text, "it is empty") }
    var rest = Substring(text)
    if let at = rest.firstIndex(of: "@") {
      let digestText = String(rest[rest.index(after: at)...])
      guard let digest = Digest(digestText) else {
        throw ImageReferenceError(text, "'\(digestText)' is no digest: sha256: and 64 hexadecimal digits")
      }
      self.digest = digest
      rest = rest[..<at]
    }
    // A colon behind the last slash begins the tag; one before it belongs to the registry's port.
    let lastSlash = rest.lastIndex(of: "/")
    if let colon = rest.lastIndex(of: ":"), lastSlash.map({ colon > $0 }) ?? true {
      let tag = String(rest[rest.index(after: colon)...])
      guard Self.isTag(tag) else {
        throw ImageReferenceError(
          text, "'\(tag)' is no tag: letters, digits, `_`, `.` and `-`, at most 128, not beginning with `.` or `-`")
      }
      self.tag = tag
      rest = rest[..<colon]
    }
    let first = rest.firstIndex(of: "/").map { String(rest[..<$0]) }
    if let first, first.contains(".") || first.contains(":") || first == "localhost" || first != first.lowercased() {
      guard Self.isRegistry(first) else { throw ImageReferenceError(text, "'\(first)' is no registry's host[:port]") }
      registry = first == "index.docker.io" || first == "registry-1.docker.io" ? Self.defaultRegistry : first
      repository = String(rest.dropFirst(first.count + 1))
    } else {
      registry = Self.defaultRegistry
      repository = String(rest)
    }
    if registry == Self.defaultRegistry, !repository.contains("/") { repository = "library/\(repository)" }
    if let reason = Self.fault(ofRepository: repository) { throw ImageReferenceError(text, reason) }
    if tag == nil && digest == nil { tag = "latest" }
  }

  /// One that is known to be right.
  public init(registry: String, repository: String, tag: String?, digest: Digest? = nil) {
    self.registry = registry
    self.repository = repository
    self.tag = tag
    self.digest = digest
  }

  /// Whose images go without a registry's name.
  public static let defaultRegistry = "docker.io"

  /// In full: `docker.io/library/nginx:1.27`.
  public var description: String { name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }

  /// Registry and repository.
  public var name: String { "\(registry)/\(repository)" }

  /// The name as people write it: `nginx`, `grafana/grafana`, `localhost:5000/app`.
  public var familiarName: String {
    guard registry == Self.defaultRegistry else { return name }
    return repository.hasPrefix("library/") ? String(repository.dropFirst(8)) : repository
  }

  /// As people write it: `nginx:1.27`.
  public var familiar: String { familiarName + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }

  /// By text.
  public static func < (a: Self, b: Self) -> Bool { a.description < b.description }

  private static func isTag(_ text: String) -> Bool {
    guard let first = text.utf8.first, first != 0x2e, first != 0x2d, text.utf8.count <= 128 else { return false }
    return text.utf8.allSatisfy { isLetterOrDigit($0) || [0x5f, 0x2e, 0x2d].contains($0) }
  }

  private static func isLetterOrDigit(_ c: UInt8) -> Bool { 48...57 ~= c || 97...122 ~= c || 65...90 ~= c }

  /// `host[:port]`, `[v6]:port`.
  static func isRegistry(_ text: String) -> Bool {
    var host = Substring(text)
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return false }
      let address = host[host.index(after: host.startIndex)..<end]
      guard !address.isEmpty, address.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == 0x3a || $0 == 0x2e }) else {
        return false
      }
      host = host[host.index(after: end)...]
      return host.isEmpty || isPort(host)
    }
    if let colon = host.lastIndex(of: ":") {
      guard isPort(host[colon...]) else { return false }
      host = host[..<colon]
    }
    return !host.isEmpty
      && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
        guard let first = label.utf8.first, let last = label.utf8.last else { return false }
        return isLetterOrDigit(first) && isLetterOrDigit(last)
          && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 0x2d }
      }
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.first == ":" && (1...5).contains(text.count - 1) && text.dropFirst().utf8.allSatisfy { 48...57 ~= $0 }
      && (UInt32(text.dropFirst()) ?? 70000) <= 65535
  }

  /// Why a repository's name is none; nil if it is one.
  static func fault(ofRepository text: String) -> String? {
    if text.isEmpty || text == "library/" { return "it names no repository" }
    if text != text.lowercased() { return "a repository's name is in lower case" }
    if text.utf8.count > 255 { return "the repository's name is longer than 255 bytes" }
    for part in text.split(separator: "/", omittingEmptySubsequences: false) {
      let isEdge = { (c: UInt8) in 48...57 ~= c || 97...122 ~= c }
      guard let first = part.utf8.first, let last = part.utf8.last else {
        return "there is nothing between two slashes"
      }
      let isSane = part.utf8.allSatisfy { isEdge($0) || [0x5f, 0x2e, 0x2d].contains($0) }
      if !isEdge(first) || !isEdge(last) || !isSane || part.contains("..") || part.contains("___") {
        return "'\(part)' is no part of a repository's name: letters, digits, and `.`, `_`, `__` or `-` between them"
      }
    }
    return nil
  }
}

/// A text that names no image.
public struct ImageReferenceError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The text.
  public var text: String
  /// Why not.
  public var reason: String

  init(_ text: String, _ reason: String) {
    self.text = text
    self.reason = reason
  }

  /// One sentence.
  public var description: String { "'\(text)' names no image: \(reason)" }
}
