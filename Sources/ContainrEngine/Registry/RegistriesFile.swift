// The file of registries, JSON: which may be insecure, and which have mirrors. Pure: bytes in, entries out.
internal import ContainrImageSpec
internal import ContainrJSON

/// `{"registries": {"HOST[:PORT]": {"insecure": true, "mirrors": ["HOST[:PORT][/PREFIX]"]}}}`.
public enum RegistriesFile {
  /// Where it lies unless `CONTAINR_REGISTRIES` names another place.
  public static let defaultPath = "/etc/containr/registries.json"

  static func insecureHelp(_ name: String) -> String {
    "{\"registries\": {\"\(name)\": {\"insecure\": true}}} in \(defaultPath), or --insecure"
  }

  /// Reads it. `name` is for the error, which has the position.
  public static func entries(_ bytes: [UInt8], name: String) throws(RegistryError) -> [String: RegistryEntry] {
    let value: JSONValue
    do throws(JSONSyntaxError) { value = try JSONValue(bytes) } catch {
      let position = JSONPosition(offset: error.offset, in: bytes)
      throw RegistryError(.configuration, "\(name):\(position.line):\(position.column): \(error.reason)")
    }
    do throws(JSONShapeError) { return try entries(value) } catch {
      throw RegistryError(.configuration, error.text(file: name, in: bytes))
    }
  }

  private static func entries(_ value: JSONValue) throws(JSONShapeError) -> [String: RegistryEntry] {
    let top = try JSONReader(value)
    try refuseOthers(in: top, than: ["registries"])
    guard let all = try top.object("registries") else { return [:] }
    var found: [String: RegistryEntry] = [:]
    for name in all.keys {
      guard RegistryName.isValid(name) else { throw all.fault(name, "must be named HOST or HOST:PORT") }
      guard let reader = try all.object(name) else { continue }
      try refuseOthers(in: reader, than: ["insecure", "mirrors"])
      var entry = RegistryEntry(isInsecure: try reader.bool("insecure") ?? false)
      for (index, text) in try reader.strings("mirrors").enumerated() {
        guard let mirror = RegistryMirror(text) else {
          throw JSONShapeError(
            reader.path + ["mirrors", String(index)],
            "is '\(text)', and must be HOST[:PORT][/PREFIX]; one without TLS is a registry with \"insecure\": true")
        }
        entry.mirrors.append(mirror)
      }
      found[RegistryName.normalised(name)] = entry
    }
    return found
  }

  /// What is misspelt would be a protection or a mirror that is not there.
  private static func refuseOthers(in reader: JSONReader, than known: [String]) throws(JSONShapeError) {
    if let other = reader.keys.first(where: { !known.contains($0) }) {
      throw reader.fault(other, "is not known here; there are: \(known.joined(separator: ", "))")
    }
  }
}

extension RegistryMirror {
  /// `host[:port][/prefix]`, also behind `https://`; nil for anything else.
  init?(_ text: String) {
    var rest = Substring(text)
    if rest.hasPrefix("https://") { rest = rest.dropFirst(8) }
    while rest.last == "/" { rest = rest.dropLast() }
    let host = String(rest.prefix { $0 != "/" })
    let prefix = String(rest.dropFirst(host.count).drop { $0 == "/" })
    let isSane = prefix.isEmpty || RegistryName.isPath(prefix)
    guard RegistryName.isValid(host), isSane else { return nil }
    self.init(registry: RegistryName.normalised(host), prefix: prefix)
  }
}

/// Names of registries, as people write them.
public enum RegistryName {
  /// `host.domain`, `host:port`, `[v6]:port`, `localhost`.
  public static func isValid(_ text: String) -> Bool {
    guard text.utf8.count <= 255 else { return false }
    do throws(ImageReferenceError) {
      // A single word before a slash would be a namespace of Docker Hub.
      let reference = try ImageReference("\(text)/a/b")
      return reference.registry.lowercased() == normalised(text) && reference.repository == "a/b"
    } catch { return false }
  }

  /// One spelling: lower case, and Docker Hub under its one name.
  public static func normalised(_ text: String) -> String {
    let name = text.lowercased()
    return ["index.docker.io", "registry-1.docker.io", "https://index.docker.io/v1/"].contains(name)
      ? "docker.io" : name
  }

  static func isPath(_ text: String) -> Bool {
    text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy { byte in
          switch byte {
          case 0x30...0x39, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
          default: false
          }
        } && part != "." && part != ".."
    }
  }
}
