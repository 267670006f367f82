// Reads a CDI specification, JSON or YAML. It is the host's, but nobody checked it: what is not understood is an error
// with its place, since a device with half of what it needs is worse than none.

/// Why a CDI specification cannot be used.
public struct CDIProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// `FILE:LINE:COLUMN: what is wrong`.
  public var description: String

  /// A problem in words.
  public init(_ description: String) { self.description = description }
}

/// The reader.
public enum CDISpecificationReader {
  /// The specification in these bytes; `file` is shown in problems.
  public static func read(_ bytes: [UInt8], file: String) throws(CDIProblem) -> CDISpecification {
    let source = SourceText(file: file, bytes: bytes)
    let sink = DiagnosticSink()
    var composer = YAMLComposer(source: source, sink: sink) {
      YAMLDocument(source: source, base: "/", environment: ProjectEnvironment(process: [:]))
    }
    // JSON may be indented with tabs.
    let roots = composer.compose(bytes.map { $0 == 9 ? 0x20 : $0 }) ?? []
    defer { for root in roots { root.document.scalars = [] } }
    if let finding = sink.sorted(files: [file]).first(where: { $0.severity == .error }) {
      throw CDIProblem("\(finding.primary?.location.description ?? file): \(finding.message)")
    }
    guard roots.count == 1 else { throw CDIProblem("\(file): is no CDI specification") }
    return try CDISpecificationReader.specification(roots[0])
  }

  private static func specification(_ root: YAMLNode) throws(CDIProblem) -> CDISpecification {
    _ = try entries(root)
    let kind = try text(root, "kind")
    guard kind.pieces("/").count == 2 else { throw problem(root.value("kind") ?? root, "'kind' must be vendor/class") }
    var result = CDISpecification(kind: kind)
    for entry in try entries(root) {
      switch entry.key {
      case "cdiVersion", "kind", "annotations": continue
      case "devices":
        for item in try items(entry.value) {
          let name = try text(item, "name")
          result.devices.append(CDIDevice(name: name, edits: try edits(item.value("containerEdits"))))
        }
      case "containerEdits": result.edits = try edits(entry.value)
      default: throw CDIProblem("\(entry.keySpan.location): unknown key '\(entry.key)'")
      }
    }
    return result
  }

  private static func edits(_ node: YAMLNode?) throws(CDIProblem) -> CDIEdits {
    var edits = CDIEdits()
    guard let node, !node.isNull else { return edits }
    for entry in try entries(node) where !entry.value.isNull {
      switch entry.key {
      case "env":
        for item in try items(entry.value) {
          guard let text = item.scalar?.text, text.contains("="), !text.hasPrefix("=") else {
            throw problem(item, "a variable is NAME=value")
          }
          edits.environment.append(text)
        }
      case "deviceNodes": for item in try items(entry.value) { edits.nodes.append(try self.node(item)) }
      case "mounts": for item in try items(entry.value) { edits.mounts.append(try mount(item)) }
      case "additionalGids", "additionalGIDs":
        for item in try items(entry.value) { edits.groups.append(try number(item)) }
      case "hooks":
        for item in try items(entry.value) {
          edits.unsupported.append(
            "the hook \(item.value("path")?.scalar?.text ?? "") (\(item.span.location))")
        }
      default: edits.unsupported.append("'\(entry.key)' (\(entry.keySpan.location))")
      }
    }
    return edits
  }

  private static func node(_ item: YAMLNode) throws(CDIProblem) -> CDINode {
    var node = CDINode(path: try path(item, "path"))
    for entry in try entries(item) where !entry.value.isNull {
      switch entry.key {
      case "path": continue
      case "hostPath": node.hostPath = try path(item, "hostPath")
      case "type":
        let type = try text(item, "type")
        guard ["b", "c", "u", "p"].contains(type) else { throw problem(entry.value, "no type of a device") }
        node.type = type
      case "major": node.major = try number(entry.value)
      case "minor": node.minor = try number(entry.value)
      case "fileMode": node.mode = try mode(entry.value)
      case "permissions":
        let access = try text(item, "permissions")
        guard access.allSatisfy({ "rwm".contains($0) }), !access.isEmpty else {
          throw problem(entry.value, "access is made of r, w and m")
        }
        node.permissions = access
      case "uid": node.uid = try number(entry.value)
      case "gid": node.gid = try number(entry.value)
      default: throw CDIProblem("\(entry.keySpan.location): unknown key '\(entry.key)' of a device node")
      }
    }
    return node
  }

  private static func mount(_ item: YAMLNode) throws(CDIProblem) -> CDIMount {
    var options: [String] = []
    for entry in try entries(item) where !entry.value.isNull {
      switch entry.key {
      case "hostPath", "containerPath": continue
      case "type":
        guard ["bind", "", "none"].contains(entry.value.scalar?.text) else {
          throw problem(entry.value, "only files of the host are mounted")
        }
      case "options": for option in try items(entry.value) { options.append(option.scalar?.text ?? "") }
      default: throw CDIProblem("\(entry.keySpan.location): unknown key '\(entry.key)' of a mount")
      }
    }
    return CDIMount(
      hostPath: try path(item, "hostPath"), containerPath: try path(item, "containerPath"), options: options)
  }

  // MARK: values

  private static func problem(_ node: YAMLNode, _ words: String) -> CDIProblem {
    CDIProblem("\(node.span.location): \(words)")
  }

  private static func entries(_ node: YAMLNode) throws(CDIProblem) -> [YAMLEntry] {
    guard let entries = node.entries else { throw problem(node, "an object is expected here") }
    return entries
  }

  private static func items(_ node: YAMLNode) throws(CDIProblem) -> [YAMLNode] {
    if node.isNull { return [] }
    guard let items = node.items else { throw problem(node, "a list is expected here") }
    return items
  }

  private static func text(_ node: YAMLNode, _ key: String) throws(CDIProblem) -> String {
    guard let value = node.value(key) else { throw problem(node, "'\(key)' is missing") }
    guard let text = value.scalar?.text, !text.isEmpty, !value.isNull else {
      throw problem(value, "'\(key)' must be a text")
    }
    return text
  }

  private static func path(_ node: YAMLNode, _ key: String) throws(CDIProblem) -> String {
    let value = try text(node, key)
    do throws(ValueProblem) { return try PathText.inContainer(value) } catch {
      throw problem(node.value(key) ?? node, error.message)
    }
  }

  /// Permission bits: decimal as in JSON, or octal with a leading zero as YAML has it.
  private static func mode(_ node: YAMLNode) throws(CDIProblem) -> UInt32 {
    let text = node.scalar?.text ?? ""
    let digits = text.hasPrefix("0o") ? text.dropFirst(2) : text.hasPrefix("0") && text != "0" ? text.dropFirst() : nil
    let value = digits.map { UInt32($0, radix: 8) } ?? UInt32(text)
    guard let value, value <= 0o7777 else { throw problem(node, "permission bits are expected here, such as 0660") }
    return value
  }

  private static func number(_ node: YAMLNode) throws(CDIProblem) -> UInt32 {
    guard let text = node.scalar?.text, let value = UInt32(text) else {
      throw problem(node, "a number is expected here")
    }
    return value
  }
}
