// docker's config.json and containers' auth.json: who has logged in where. Pure: bytes in, bytes out.
internal import ContainrJSON

/// The part of the file that is about credentials. Everything else in it is kept as it is.
struct CredentialFile: Sendable {
  /// The program that has a registry's credentials.
  enum Keeper: Sendable, Hashable {
    /// `docker-credential-NAME`.
    case helper(String)
    /// The file itself.
    case file
  }

  private var members: [JSONMember]

  /// An empty file.
  init() { members = [] }

  /// Reads it; `name` is for the error, which has the position.
  init(_ bytes: [UInt8], name: String) throws(RegistryError) {
    // docker makes an empty file now and then.
    if bytes.allSatisfy({ [0x20, 0x0a, 0x0d, 0x09].contains($0) }) {
      members = []
      return
    }
    let value: JSONValue
    do throws(JSONSyntaxError) { value = try JSONValue(bytes) } catch {
      let position = JSONPosition(offset: error.offset, in: bytes)
      throw RegistryError(.configuration, "\(name):\(position.line):\(position.column): \(error.reason)")
    }
    do throws(JSONShapeError) {
      members = try JSONReader(value).members
      try check()
    } catch {
      throw RegistryError(.configuration, error.text(file: name, in: bytes))
    }
  }

  private func check() throws(JSONShapeError) {
    let reader = try JSONReader(.object(members))
    _ = try reader.string("credsStore")
    _ = try reader.texts("credHelpers")
    guard let all = try reader.object("auths") else { return }
    for key in all.keys {
      guard let entry = try all.object(key) else { continue }
      for name in ["auth", "identitytoken", "username", "password"] { _ = try entry.string(name) }
      if let text = try entry.string("auth"), !text.isEmpty, Self.pair(text) == nil {
        throw entry.fault("auth", "must be USER:PASSWORD in base64")
      }
    }
  }

  private var reader: JSONReader? { Self.ignoring { () throws(JSONShapeError) in try JSONReader(.object(members)) } }

  /// After `check` nothing can be of another shape.
  private static func ignoring<Value>(_ body: () throws(JSONShapeError) -> Value?) -> Value? {
    do throws(JSONShapeError) { return try body() } catch { return nil }
  }

  private static func pair(_ text: String) -> (String, String)? {
    guard let bytes = Base64.decode(text) else { return nil }
    let parts = String(decoding: bytes, as: UTF8.self).split(
      separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    // docker pads what it writes with NULs now and then.
    return (String(parts[0]), String(parts[1].reversed().drop { $0 == "\0" }.reversed()))
  }

  // MARK: looking up

  /// Who keeps the credentials of a registry.
  func keeper(of registry: String) -> Keeper {
    guard let reader else { return .file }
    let helpers = Self.ignoring { () throws(JSONShapeError) in try reader.texts("credHelpers") } ?? [:]
    for key in Self.names(of: registry) { if let name = helpers[key], !name.isEmpty { return .helper(name) } }
    if let name = Self.ignoring({ () throws(JSONShapeError) in try reader.string("credsStore") }), !name.isEmpty {
      return .helper(name)
    }
    return .file
  }

  /// The credentials in the file for a repository of a registry: the most specific key that fits, which may name a path
  /// (containers-auth.json(5)), or be an address as old versions of docker wrote it.
  func credentials(for registry: String, repository: String) -> Credentials? {
    guard let all = Self.ignoring({ () throws(JSONShapeError) in try reader?.object("auths") }) else { return nil }
    var path = "\(registry)/\(repository)"
    while !path.isEmpty, path != registry {
      if let found = Self.entry(path, in: all) { return found }
      path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
    let names = Self.names(of: registry)
    for name in names { if let found = Self.entry(name, in: all) { return found } }
    for key in all.keys where key.contains("://") && names.contains(Self.host(ofKey: key)) {
      if let found = Self.entry(key, in: all) { return found }
    }
    return nil
  }

  private static func entry(_ key: String, in all: JSONReader) -> Credentials? {
    guard let entry = ignoring({ () throws(JSONShapeError) in try all.object(key) }) else { return nil }
    func text(_ name: String) -> String? {
      guard let text = ignoring({ () throws(JSONShapeError) in try entry.string(name) }), !text.isEmpty else {
        return nil
      }
      return text
    }
    let both = text("auth").flatMap(pair)
    let user = both?.0 ?? text("username") ?? ""
    if let token = text("identitytoken") { return Credentials(user: user, identityToken: token) }
    guard let password = both?.1 ?? text("password"), !user.isEmpty else { return nil }
    return Credentials(user: user, password: password)
  }

  /// The key that a login writes: docker's own of Docker Hub, else `host[:port]`.
  static func key(of registry: String) -> String { names(of: registry)[0] }

  static func names(of registry: String) -> [String] {
    registry == "docker.io"
      ? ["https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io"] : [registry]
  }

  private static func host(ofKey key: String) -> String {
    guard let scheme = key.firstIndex(of: ":") else { return key }
    return String(key[scheme...].drop { $0 == ":" || $0 == "/" }.prefix { $0 != "/" })
  }

  // MARK: changing

  /// Puts credentials in the file.
  mutating func set(_ credentials: Credentials, for registry: String) {
    remove(registry)
    var entry = [
      JSONMember("auth", .string(Base64.encode(Array("\(credentials.user):\(credentials.password ?? "")".utf8))))
    ]
    if let token = credentials.identityToken { entry.append(JSONMember("identitytoken", .string(token))) }
    change { $0.append(JSONMember(Self.key(of: registry), .object(entry))) }
  }

  /// Marks a registry whose credentials a helper has, as docker does.
  mutating func mark(_ registry: String) {
    remove(registry)
    change { $0.append(JSONMember(Self.key(of: registry), .object([]))) }
  }

  /// Takes a registry's credentials away; false if there were none.
  @discardableResult
  mutating func remove(_ registry: String) -> Bool {
    let names = Self.names(of: registry)
    var isFound = false
    change { entries in
      let before = entries.count
      entries.removeAll { names.contains($0.key) || $0.key.contains("://") && names.contains(Self.host(ofKey: $0.key)) }
      isFound = entries.count != before
    }
    return isFound
  }

  private mutating func change(_ body: (inout [JSONMember]) -> Void) {
    let index = members.firstIndex { $0.key == "auths" }
    var entries: [JSONMember] = []
    if let index, case .object(let there) = members[index].value { entries = there }
    body(&entries)
    if let index {
      members[index].value = .object(entries)
    } else if !entries.isEmpty {
      members.append(JSONMember("auths", .object(entries)))
    }
  }

  /// The file's text.
  var bytes: [UInt8] { Array((JSONValue.object(members).text(indent: 2) + "\n").utf8) }
}
