// The names in a layer's archive: which are sane, and which are OCI whiteouts. Pure; names are bytes, not text.
internal import SystemPackage

/// Where an entry goes: a directory relative to the layer's root (empty for the root), and a name in it.
struct EntryPath: Hashable {
  var parent: FilePath
  var name: FilePath

  var full: FilePath { parent.isEmpty ? name : parent.appending(name.components) }

  /// Reads a name of the archive; nil is the root itself. Refuses `..`, absolute and overlong names.
  static func read(_ bytes: [UInt8], _ what: String = "entry") throws(UnpackError) -> EntryPath? {
    let shown = UnpackError.quoted(bytes)
    if bytes.isEmpty { throw .refused("an \(what) has no name") }
    if bytes[0] == slash { throw .refused("the \(what) \(shown) has an absolute name") }
    if bytes.count > 4095 { throw .refused("the \(what) \(shown) has a name of \(bytes.count) bytes") }
    if bytes.contains(0) { throw .refused("the \(what) \(shown) has a zero byte in its name") }
    let parts = bytes.split(separator: slash).filter { $0 != [dot] }
    for part in parts {
      if part == [dot, dot] { throw .refused("the \(what) \(shown) has `..` in its name") }
      if part.count > 255 { throw .refused("the \(what) \(shown) has a component over 255 bytes") }
    }
    guard let last = parts.last else { return nil }
    return EntryPath(parent: filePath(parts.dropLast()), name: filePath([last]))
  }

  private static func filePath(_ parts: some Sequence<ArraySlice<UInt8>>) -> FilePath {
    let bytes = Array(parts.joined(separator: [slash])).map { CChar(bitPattern: $0) }
    return FilePath(platformString: bytes + [0])
  }

  private static let slash = UInt8(ascii: "/")
  private static let dot = UInt8(ascii: ".")
}

/// What an entry's name means (OCI image-spec, layer.md, "Whiteouts").
enum EntryName: Hashable {
  /// `.` or `./`: the layer's root.
  case root
  case plain(EntryPath)
  /// `dir/.wh.name`: hides `name` of the layers below.
  case whiteout(EntryPath)
  /// `dir/.wh..wh..opq`: hides all that the layers below have in `dir`.
  case opaque(directory: FilePath)
  /// Other `.wh..wh.` names: the book-keeping of aufs, which every unpacker leaves out.
  case metadata(EntryPath)

  /// Where names mean nothing but themselves.
  static func plain(_ name: [UInt8]) throws(UnpackError) -> EntryName {
    let bytes = name.first == UInt8(ascii: "/") ? [UInt8(ascii: ".")] + name : name
    return try EntryPath.read(bytes).map { .plain($0) } ?? .root
  }

  static func read(_ name: [UInt8]) throws(UnpackError) -> EntryName {
    // Some builders write `/usr/bin/x`: it is meant from the layer's root, and nothing can lead out of that.
    let bytes = name.first == UInt8(ascii: "/") ? [UInt8(ascii: ".")] + name : name
    guard let path = try EntryPath.read(bytes) else { return .root }
    if path.parent.components.contains(where: { $0.string.hasPrefix(".wh.") }) {
      throw .refused("the entry \(UnpackError.quoted(bytes)) lies below a whiteout")
    }
    let name = path.name.string
    guard name.hasPrefix(".wh.") else { return .plain(path) }
    if name == ".wh..wh..opq" { return .opaque(directory: path.parent) }
    if name.hasPrefix(".wh..wh.") { return .metadata(path) }
    // The hidden name is cut from bytes: it need not be UTF-8.
    let hidden = Array(
      bytes.split(separator: UInt8(ascii: "/")).last(where: { $0 != [UInt8(ascii: ".")] })!.dropFirst(4))
    if hidden.isEmpty || hidden == [46] || hidden == [46, 46] {
      throw .refused("the whiteout \(UnpackError.quoted(bytes)) hides no name")
    }
    return .whiteout(
      EntryPath(parent: path.parent, name: FilePath(platformString: hidden.map { CChar(bitPattern: $0) } + [0])))
  }
}
