// What a token is good for (distribution's token scopes). Pure.

/// `repository:library/nginx:pull,push`.
struct TokenScope: Sendable, Hashable, CustomStringConvertible {
  /// `repository`, `registry`; may have a class in parentheses.
  var type: String
  /// Of a repository: its name.
  var name: String
  /// `pull`, `push`, `delete`, `*`.
  var actions: Set<String>

  static func repository(_ name: String, _ actions: Set<String>) -> TokenScope {
    TokenScope(type: "repository", name: name, actions: actions)
  }

  init(type: String, name: String, actions: Set<String>) {
    self.type = type
    self.name = name
    self.actions = actions
  }

  /// nil for what has not three parts; the name may have colons of its own (a host's port).
  init?(_ text: String) {
    guard let first = text.firstIndex(of: ":"), let last = text.lastIndex(of: ":"), first < last else { return nil }
    type = String(text[..<first])
    name = String(text[text.index(after: first)..<last])
    actions = Set(text[text.index(after: last)...].split(separator: ",").map(String.init))
    if type.isEmpty || name.isEmpty || actions.isEmpty { return nil }
  }

  /// The scopes of a challenge, which are separated by blanks.
  static func all(in text: String) -> [TokenScope] { text.split(separator: " ").compactMap { TokenScope(String($0)) } }

  /// Scopes of the same thing become one; sorted, so that the same needs are the same text.
  static func merged(_ scopes: [TokenScope]) -> [TokenScope] {
    var all: [String: TokenScope] = [:]
    for scope in scopes { all["\(scope.type):\(scope.name)", default: scope].actions.formUnion(scope.actions) }
    return all.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Whether scopes that somebody has are enough for others.
  static func covers(_ held: [TokenScope], _ needed: [TokenScope]) -> Bool {
    needed.allSatisfy { need in
      held.contains { $0.type == need.type && $0.name == need.name && $0.actions.isSuperset(of: need.actions) }
    }
  }

  /// Actions in the usual order: alphabetical is `pull,push`.
  var description: String { "\(type):\(name):\(actions.sorted().joined(separator: ","))" }
}
