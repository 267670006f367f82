// What `security_opt: label=…` says, and the contexts that come of it. Pure.

/// The words of one service.
public struct SELinuxOptions: Sendable, Hashable {
  /// `disable`: the container runs as its starter does.
  public var isDisabled = false
  /// `nested`: the container sees SELinux and may ask it.
  public var isNested = false
  /// In place of those of the default context.
  public var user: String?
  /// Of the process.
  public var role: String?
  /// Of the process.
  public var type: String?
  /// Instead of categories of the container's own.
  public var level: String?
  /// The type of its files.
  public var fileType: String?

  /// Nothing is said.
  public init() {}

  /// From the words behind `label`: `disable`, `nested`, `user:NAME`, `role:`, `type:`, `level:`, `filetype:`.
  public init(_ words: [String]) throws(SecurityError) {
    for word in words {
      func refuse(_ reason: String) -> SecurityError { SecurityError(field: "label", value: word, reason: reason) }
      let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else {
        switch word {
        case "disable": isDisabled = true
        case "nested": isNested = true
        default: throw refuse("is none of disable, nested, user:, role:, type:, level:, filetype:")
        }
        continue
      }
      let value = parts[1]
      // Else it would say something of the part behind it.
      let isPlain = value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && (parts[0] == "level" || !value.contains(":"))
      if value.isEmpty || !isPlain { throw refuse("is no part of a context") }
      switch parts[0] {
      case "user": user = value
      case "role": role = value
      case "type": type = value
      case "level": level = value
      case "filetype": fileType = value
      default: throw refuse("is none of disable, nested, user:, role:, type:, level:, filetype:")
      }
    }
    if isDisabled, isNested || asksForContext {
      throw SecurityError(field: "label", value: "disable", reason: "stands beside words that ask for a context")
    }
  }

  /// A part of a context is asked for: the start fails where there is none to be had.
  public var asksForContext: Bool { isNested || [user, role, type, level, fileType].contains { $0 != nil } }

  /// The contexts of a container whose own categories are `categories`; nil if it gets none.
  public func labels(_ contexts: SELinuxContexts, categories: MCSCategories) -> SELinuxLabels? {
    if isDisabled { return nil }
    var (process, mount) = (contexts.process, contexts.file)
    if let user { process.user = user }
    if let role { process.role = role }
    if let type { process.type = type }
    if let fileType { mount.type = fileType }
    if let user { mount.user = user }
    if process.level != nil {
      let own = level ?? "\(contexts.sensitivity):\(categories)"
      (process.level, mount.level) = (own, own)
    }
    return SELinuxLabels(process: process, mount: mount)
  }
}
