// One entry of `layers`: a path, `oci:DIRECTORY[:NAME]` or `image:REFERENCE`.

enum LayerText {
  /// A directory whose name begins with one of the words is written `./oci:…`.
  static func layer(_ text: String, base: String, home: String?) throws(ValueProblem) -> LayerPlan {
    guard !text.isEmpty else { throw ValueProblem(.path, "an empty text is not a path") }
    if text.hasPrefix("image:") {
      let reference = String(text.dropFirst(6))
      try ImageText.check(reference)
      return LayerPlan(path: reference, kind: .image)
    }
    guard text.hasPrefix("oci:") else {
      let path = PathText.resolve(text, base: base, home: home)
      return LayerPlan(path: path, kind: PathText.isArchive(path) ? .archive : .directory)
    }
    let rest = String(text.dropFirst(4))
    let slash = rest.utf8.lastIndex(of: UInt8(ascii: "/"))
    let colon = rest.utf8.lastIndex(of: UInt8(ascii: ":"))
    var directory = rest
    var name: String?
    if let colon, slash.map({ $0 < colon }) ?? true {
      directory = String(rest[..<colon])
      name = String(rest[rest.utf8.index(after: colon)...])
    }
    guard !directory.isEmpty, name?.isEmpty != true else {
      throw ValueProblem(
        .path, "\(DisplayText.quote(text)) names no OCI layout", help: "write oci:DIRECTORY or oci:DIRECTORY:NAME")
    }
    var layer = LayerPlan(path: PathText.resolve(directory, base: base, home: home), kind: .layout)
    layer.name = name
    return layer
  }
}

/// References of images, as far as one can tell without knowing registries; the rest is the engine's.
enum ImageText {
  static func check(_ text: String) throws(ValueProblem) {
    let isFine = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    guard isFine else {
      throw ValueProblem(
        .invalidValue, "\(DisplayText.quote(text)) names no image", help: "write REPOSITORY[:TAG][@DIGEST]")
    }
  }
}
