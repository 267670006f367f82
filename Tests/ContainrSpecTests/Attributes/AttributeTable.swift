// What the tests of single attributes share: a stack around the attribute, and texts short enough for tables.
import ContainrSpec
import Testing

/// The stack around the attribute under test. The attribute stands in line 4, column 5; what is named here can be used.
enum Around {
  static let environment = [
    "ADDRESS": "10.0.0.9", "EMPTY": "", "NO": "false", "NUMBER": "3", "SIZE": "64m", "TIME": "90s", "WORD": "word",
    "YES": "true",
  ]
  static let files = ["/srv/demo/a.env": "A=1\nB=2\n", "/srv/demo/b.env": "B=3\n"]
  static let rest = """
      db: {image: d}
      cache: {image: c}
    networks: {front: {ipam: {config: [{subnet: 10.0.0.0/24}, {subnet: "fd00::/64"}]}}, back: }
    volumes: {data: , more: }
    secrets: {cert: {file: ./cert}, key: {file: ./key}}
    configs: {conf: {file: ./conf}, more: {file: ./more}}
    models: {llm: {model: ai/llm}, other: {model: ai/other}}
    """

  /// A file with the service `web`; `source` is its line 3.
  static func file(_ lines: String, source: String, rest: String = Around.rest) -> String {
    let indented = lines.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
    return (["services:", "  web:", "    \(source)"] + indented + [rest]).joined(separator: "\n") + "\n"
  }

  /// Line 3: what makes the service whole, unless the attribute does.
  static func image(beside lines: String) -> String {
    if lines.hasPrefix("layers:") { return "command: [c]" }
    return lines.hasPrefix("image:") ? "x-none: 1" : "image: i"
  }
  static let layers = "<<: {layers: [l], command: [c]}"
}

/// Loads stack files over each other, each as text; the first is `stack.yaml`.
func loadFiles(
  _ texts: [String], purpose: LoaderPurpose = .check, environment: [String: String] = Around.environment,
  files: [String: String] = Around.files, profiles: [String] = [], change: (inout ModelOptions) -> Void = { _ in }
) -> Loaded {
  let all = texts.enumerated().map { index, text in
    let name = index == 0 ? "stack.yaml" : "over\(index).yaml"
    return LoaderFile(file: name, absolutePath: "/srv/demo/\(name)", bytes: Array(text.utf8))
  }
  var input = LoaderInput(
    files: all, projectDirectory: "/srv/demo", environment: environment,
    readFile: { path in files[path].map { Array($0.utf8) } }, activeProfiles: profiles, purpose: purpose)
  change(&input.options)
  return Loaded(result: StackLoader.load(input))
}

/// What the canonical model says for one attribute of the service `web`; `-`: nothing.
func model(
  _ key: String, _ lines: String, profiles: [String] = [], at location: Testing.SourceLocation = #_sourceLocation
) -> String {
  attribute(
    key, loadFiles([Around.file(lines, source: Around.image(beside: lines))], profiles: profiles), location)
}

/// As `model`, of two files, the second over the first.
func merged(
  _ key: String, _ base: String, _ over: String, profiles: [String] = [],
  at location: Testing.SourceLocation = #_sourceLocation
) -> String {
  let second = Around.file(over, source: "x-none: 1", rest: "")
  return attribute(
    key, loadFiles([Around.file(base, source: Around.image(beside: base)), second], profiles: profiles), location)
}

/// As `model`, with files and variables of the environment left alone.
func modelAsWritten(_ key: String, _ lines: String, at location: Testing.SourceLocation = #_sourceLocation) -> String {
  attribute(
    key, loadFiles([Around.file(lines, source: Around.image(beside: lines))]) { $0.resolvesEnvironment = false },
    location)
}

private func attribute(_ key: String, _ loaded: Loaded, _ location: Testing.SourceLocation) -> String {
  guard loaded.errors.isEmpty, let model = loaded.result.model else {
    Issue.record("\(loaded.text)", sourceLocation: location)
    return "errors"
  }
  return model["services"]?["web"]?[key].map(compact) ?? "-"
}

/// The errors of a file that is only looked at, each as `CODE LINE:COLUMN`.
func mistakes(_ lines: String, rest: String = Around.rest) -> String {
  places(loadFiles([Around.file(lines, source: Around.image(beside: lines), rest: rest)]).errors)
}

/// The warnings of a file that is only looked at, as far as they are about the service `web`.
func warnings(_ lines: String) -> String {
  places(
    ofWeb(loadFiles([Around.file(lines, source: Around.image(beside: lines))]), lines).filter {
      $0.severity == .warning
    })
}

/// The findings about the service `web` of a stack that is to be started.
func running(_ lines: String) -> String {
  places(ofWeb(loadFiles([Around.file(lines, source: Around.layers)], purpose: .run), lines))
}

private func ofWeb(_ loaded: Loaded, _ lines: String) -> [Diagnostic] {
  let last = 4 + lines.count(where: { $0 == "\n" })
  return loaded.result.diagnostics.filter { found in
    found.primary.map { (4...last).contains($0.start.line) && $0.file == "stack.yaml" } ?? true
  }
}

func places(_ found: [Diagnostic]) -> String {
  found.map { one in
    let place = one.primary.map { " \($0.start.line):\($0.start.column)" } ?? ""
    return one.code + place
  }.joined(separator: ", ")
}

/// What the model of whole files says below a path of keys; `-`: nothing.
func model(
  at path: String, _ texts: [String], location: Testing.SourceLocation = #_sourceLocation
) -> String {
  let loaded = loadFiles(texts)
  guard loaded.errors.isEmpty, let model = loaded.result.model else {
    Issue.record("\(loaded.text)", sourceLocation: location)
    return "errors"
  }
  var value: ModelValue? = model
  for key in path.split(separator: "/") { value = value?[String(key)] }
  return value.map(compact) ?? "-"
}

/// What the model says for one object of a section; a second text is that of a later file.
func sectionModel(
  _ section: String, _ key: String, _ texts: String..., location: Testing.SourceLocation = #_sourceLocation
) -> String {
  let files = texts.enumerated().map { index, text in
    (index == 0 ? "services: {web: {image: i}}\n" : "x-none: 1\n") + "\(section): {\(key): \(text)}\n"
  }
  return model(at: "\(section)/\(key)", files, location: location)
}

/// The errors of a section in line 2 of a file that is only looked at.
func sectionMistakes(_ section: String, _ key: String, _ text: String) -> String {
  places(loadFiles(["services: {web: {image: i}}\n\(section): {\(key): \(text)}\n"]).errors)
}

/// The findings about a section in line 2 of a stack that is to be started.
func sectionRunning(_ section: String, _ key: String, _ text: String) -> String {
  let file = "services: {web: {layers: [l], command: [c]}}\n\(section): {\(key): \(text)}\n"
  return places(loadFiles([file], purpose: .run).result.diagnostics)
}

/// A value as flow YAML on one line. Strings that look like something else stand in quotes.
func compact(_ value: ModelValue) -> String {
  switch value {
  case .null: return "null"
  case .boolean(let value): return String(value)
  case .integer(let value): return String(value)
  case .decimal(let text): return text
  case .string(let text):
    let isBare =
      !text.isEmpty && Double(text) == nil && !["true", "false", "null"].contains(text)
      && !text.contains(where: { ",[]{}'\"\n".contains($0) }) && text.first != " " && text.last != " "
    return isBare ? text : "'\(text)'"
  case .list(let items): return "[" + items.map(compact).joined(separator: ", ") + "]"
  case .mapping(let entries):
    return "{" + entries.map { "\($0.key): \(compact($0.value))" }.joined(separator: ", ") + "}"
  }
}
