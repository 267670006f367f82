// Reads a seccomp profile in Docker's JSON form: what is wrong is told with its place in that file. JSON is YAML, so the
// composer of stack files reads it.

struct SeccompFileReader {
  let context: LoadContext
  /// Far more than any profile.
  private static let maximumSize = 1 << 20

  static let actions = [
    "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO",
    "SCMP_ACT_TRACE", "SCMP_ACT_LOG", "SCMP_ACT_ALLOW",
  ]
  private static let comparisons = [
    "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
  ]

  /// The profile of a path in a stack file; nil after a report.
  func read(_ text: String, named node: YAMLNode) -> SeccompFilePlan? {
    let path = PathText.resolve(text, base: context.base(of: node), home: context.home)
    guard let bytes = context.input.readFile(path) else {
      let message = "the seccomp profile \(DisplayText.quote(text)) cannot be read"
      // Who only looks at a stack file need not have what it names.
      if context.input.purpose == .run {
        context.error(
          .missingFile, message, at: node.span, label: "read as \(path)", notes: context.notes(about: node),
          help: "name a file beside this one, or write seccomp=unconfined")
      } else {
        context.warning(.missingFile, message, at: node.span, label: "read as \(path)")
      }
      return nil
    }
    guard bytes.count <= Self.maximumSize else {
      context.error(.budget, "the seccomp profile is over 1 MiB", at: node.span, label: "read as \(path)")
      return nil
    }
    let source = context.addSource(
      LoaderFile(file: context.shown(text, beside: node.document, path: path), absolutePath: path, bytes: bytes))
    var composer = YAMLComposer(source: source, sink: context.sink) {
      YAMLDocument(source: source, base: "/", environment: ProjectEnvironment(process: [:]))
    }
    // Docker's own is indented with tabs, which JSON allows and YAML does not; inside a string they are errors in both.
    let roots = composer.compose(bytes.map { $0 == 9 ? 0x20 : $0 }) ?? []
    defer { for root in roots { root.document.scalars = [] } }
    guard let root = roots.first, roots.count == 1 else {
      // A file that cannot be read was reported by the composer.
      if roots.count > 1 { fail("a seccomp profile is one object", roots[1].span) }
      return nil
    }
    return profile(root)
  }

  private func profile(_ root: YAMLNode) -> SeccompFilePlan? {
    guard root.entries != nil else {
      fail("a seccomp profile is one object", root.span)
      return nil
    }
    guard let node = root.value("defaultAction"), let action = word(node, Self.actions) else {
      if root.value("defaultAction") == nil { fail("the seccomp profile has no 'defaultAction'", root.span) }
      return nil
    }
    let before = context.sink.errorCount
    var plan = SeccompFilePlan(defaultAction: action)
    for entry in root.entries ?? [] {
      switch entry.key {
      case "defaultAction": continue
      case "defaultErrnoRet": plan.defaultErrno = number(entry.value, 0...4095).map { Int($0) }
      case "architectures": plan.architectures += texts(entry.value)
      case "archMap":
        for item in entry.value.items ?? [] {
          plan.architectures += item.value("architecture").map { [$0.scalar?.text ?? ""] } ?? []
          plan.architectures += item.value("subArchitectures").map(texts) ?? []
        }
      case "flags": plan.flags += texts(entry.value)
      case "syscalls": plan.rules = (items(entry.value) ?? []).compactMap(rule)
      case "listenerPath", "listenerMetadata":
        fail("'\(entry.key)' has no meaning in a stack", entry.keySpan, help: "no program of ours would answer it")
      default: fail("unknown key \(DisplayText.quote(entry.key)) in a seccomp profile", entry.keySpan)
      }
    }
    plan.architectures = Set(plan.architectures.filter { !$0.isEmpty }).sorted()
    return context.sink.errorCount == before ? plan : nil
  }

  private func rule(_ node: YAMLNode) -> SeccompFilePlan.Rule? {
    guard node.entries != nil else {
      fail("a rule of a seccomp profile is an object", node.span)
      return nil
    }
    guard let action = node.value("action").flatMap({ word($0, Self.actions) }) else {
      if node.value("action") == nil { fail("the rule has no 'action'", node.span) }
      return nil
    }
    var rule = SeccompFilePlan.Rule(names: [], action: action)
    for entry in node.entries ?? [] {
      switch entry.key {
      case "action", "comment": continue
      case "names": rule.names += texts(entry.value)
      case "name": rule.names += entry.value.scalar.map { [$0.text] } ?? []
      case "errnoRet": rule.errno = number(entry.value, 0...4095).map { Int($0) }
      case "args": rule.arguments = entry.value.isNull ? [] : (items(entry.value) ?? []).compactMap(argument)
      case "includes": rule.includes = condition(entry.value)
      case "excludes": rule.excludes = condition(entry.value)
      default: fail("unknown key \(DisplayText.quote(entry.key)) in a rule of a seccomp profile", entry.keySpan)
      }
    }
    rule.names = rule.names.filter { !$0.isEmpty }
    if rule.names.isEmpty {
      fail("the rule names no system call", node.span)
      return nil
    }
    return rule
  }

  private func argument(_ node: YAMLNode) -> SeccompFilePlan.Argument? {
    guard let index = node.value("index").flatMap({ number($0, 0...5) }),
      let comparison = node.value("op").flatMap({ word($0, Self.comparisons) })
    else {
      if node.value("index") == nil || node.value("op") == nil {
        fail("the argument is incomplete", node.span, help: "it needs 'index', 'value' and 'op'")
      }
      return nil
    }
    let value = node.value("value").flatMap { number($0, 0...UInt64.max) } ?? 0
    let second = node.value("valueTwo").flatMap { number($0, 0...UInt64.max) } ?? 0
    return .init(index: Int(index), value: value, valueTwo: second, comparison: comparison)
  }

  private func condition(_ node: YAMLNode) -> SeccompFilePlan.Condition {
    var condition = SeccompFilePlan.Condition()
    for entry in node.entries ?? [] {
      switch entry.key {
      case "caps":
        for item in items(entry.value) ?? [] {
          do throws(ValueProblem) {
            condition.capabilities.append("CAP_" + (try CapabilityText.name(item.scalar?.text ?? "")))
          } catch {
            fail(error.message, item.span, help: error.help)
          }
        }
      case "arches": condition.architectures += texts(entry.value)
      case "minKernel":
        let parts = (entry.value.scalar?.text ?? "").pieces(".")
        if parts.count >= 2, parts.allSatisfy(\.isDigits) {
          condition.minimumKernel = parts.joined(separator: ".")
        } else {
          fail("a kernel's version is two numbers, such as \"4.8\"", entry.value.span)
        }
      default: fail("unknown condition \(DisplayText.quote(entry.key)) in a seccomp profile", entry.keySpan)
      }
    }
    return condition
  }

  // MARK: values

  private func items(_ node: YAMLNode) -> [YAMLNode]? {
    if node.isNull { return [] }
    guard let items = node.items else {
      fail("a list is expected here", node.span)
      return nil
    }
    return items
  }

  private func texts(_ node: YAMLNode) -> [String] {
    (items(node) ?? []).compactMap { item in
      guard let scalar = item.scalar, scalar.kind == .string else {
        fail("a string is expected here", item.span)
        return nil
      }
      return scalar.text
    }
  }

  private func word(_ node: YAMLNode, _ words: [String]) -> String? {
    let text = node.scalar?.text ?? ""
    if words.contains(text) { return text }
    let near = NearestName.suggestion(for: text, among: words)
    fail(
      text == "SCMP_ACT_NOTIFY"
        ? "SCMP_ACT_NOTIFY asks another program, and there is none"
        : "\(DisplayText.quote(text)) is not one of the words that are known here", node.span,
      help: near.map { "did you mean '\($0)'?" })
    return nil
  }

  private func number(_ node: YAMLNode, _ range: ClosedRange<UInt64>) -> UInt64? {
    guard let scalar = node.scalar, let number = UInt64(scalar.text), range.contains(number) else {
      fail("a number from \(range.lowerBound) to \(range.upperBound) is expected here", node.span)
      return nil
    }
    return number
  }

  private func fail(_ message: String, _ span: SourceSpan, help: String? = nil) {
    context.error(.invalidValue, message, at: span, help: help)
  }
}
