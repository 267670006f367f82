// How the tests of this room load a stack: text in, plan or codes out.
import ContainrSpec
import Testing

/// The outcome of one load, with shortcuts.
struct Loaded {
  let result: LoaderResult

  var codes: [String] { result.diagnostics.map(\.code) }
  var errors: [Diagnostic] { result.diagnostics.filter { $0.severity == .error } }
  var text: String { DiagnosticRenderer.render(result.diagnostics, sources: result.sources, colour: false) }

  func plan(_ location: Testing.SourceLocation = #_sourceLocation) throws -> StackPlan {
    try #require(result.plan, "\(text)", sourceLocation: location)
  }

  func service(_ name: String = "web", _ location: Testing.SourceLocation = #_sourceLocation) throws -> ServicePlan {
    try #require(try plan(location).services.first { $0.name == name }, sourceLocation: location)
  }

  /// The one finding with this code.
  func finding(_ code: String, _ location: Testing.SourceLocation = #_sourceLocation) throws -> Diagnostic {
    let found = result.diagnostics.filter { $0.code == code }
    try #require(found.count == 1, "\(text)", sourceLocation: location)
    return found[0]
  }
}

func load(
  _ yaml: String, environment: [String: String] = [:], dotEnv: String? = nil, files: [String: String] = [:],
  profiles: [String] = [], projectName: String? = nil, directory: String = "/srv/demo"
) -> Loaded {
  load(
    bytes: Array(yaml.utf8), environment: environment, dotEnv: dotEnv, files: files, profiles: profiles,
    projectName: projectName, directory: directory)
}

func load(
  bytes: [UInt8], environment: [String: String] = [:], dotEnv: String? = nil, files: [String: String] = [:],
  profiles: [String] = [], projectName: String? = nil, directory: String = "/srv/demo"
) -> Loaded {
  Loaded(
    result: StackLoader.load(
      LoaderInput(
        file: "stack.yaml", bytes: bytes, absolutePath: "\(directory)/stack.yaml", projectDirectory: directory,
        projectName: projectName, environment: environment,
        dotEnv: dotEnv.map { (file: ".env", bytes: Array($0.utf8)) },
        readFile: { files[$0].map { Array($0.utf8) } }, activeProfiles: profiles)))
}

/// A stack with one service `web` that has these attribute lines, and more at the left margin.
func loadWeb(_ attributes: String, rest: String = "", environment: [String: String] = [:]) -> Loaded {
  load(web(attributes, rest: rest), environment: environment)
}

func web(_ attributes: String, rest: String = "") -> String {
  let lines = attributes.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
  let command = lines.contains(where: { $0.hasPrefix("    command:") }) ? [] : ["    command: [serve]"]
  return (["services:", "  web:", "    layers: [./base]"] + command + lines + [rest]).joined(separator: "\n") + "\n"
}
