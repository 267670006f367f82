// The way in: bytes of a stack file and what surrounds it go in, a plan or findings come out. No IO of its own.

/// What the caller has gathered for one load.
public struct LoaderInput: Sendable {
  /// The path as the user named it; findings show it.
  public var file: String
  /// The content of that file.
  public var bytes: [UInt8]
  /// The same path, absolute.
  public var absolutePath: String
  /// Absolute; relative host paths count from here.
  public var projectDirectory: String
  /// From `-p` or `COMPOSE_PROJECT_NAME`; nil: the file's `name`, or the directory's.
  public var projectName: String?
  /// The process environment.
  public var environment: [String: String]
  /// The project's `.env`, if there is one: its path as the user would name it, and its content.
  public var dotEnv: (file: String, bytes: [UInt8])?
  /// The content of a file at an absolute path, for `env_file`; nil if it cannot be read.
  public var readFile: @Sendable (String) -> [UInt8]?
  /// Active profiles; `*` is all.
  public var activeProfiles: [String]

  /// Gathers the input; what is left out is empty.
  public init(
    file: String, bytes: [UInt8], absolutePath: String, projectDirectory: String, projectName: String? = nil,
    environment: [String: String] = [:], dotEnv: (file: String, bytes: [UInt8])? = nil,
    readFile: @escaping @Sendable (String) -> [UInt8]? = { _ in nil }, activeProfiles: [String] = []
  ) {
    self.file = file
    self.bytes = bytes
    self.absolutePath = absolutePath
    self.projectDirectory = projectDirectory
    self.projectName = projectName
    self.environment = environment
    self.dotEnv = dotEnv
    self.readFile = readFile
    self.activeProfiles = activeProfiles
  }
}

/// What one load found.
public struct LoaderResult: Sendable {
  /// nil exactly if there is an error among the diagnostics.
  public let plan: StackPlan?
  /// All findings: the stack file's first, in the order of their places.
  public let diagnostics: [Diagnostic]
  /// Every file that diagnostics point into.
  public let sources: [SourceText]
}

/// Loads stack files. Pure: the same input gives the same result.
public enum StackLoader {
  /// Reads a stack file to the end and reports everything that is wrong with it.
  public static func load(_ input: LoaderInput) -> LoaderResult {
    let context = LoadContext(input)
    let plan = plan(context)
    let diagnostics = context.sink.sorted(files: context.sources.map(\.file))
    return LoaderResult(plan: context.sink.hasErrors ? nil : plan, diagnostics: diagnostics, sources: context.sources)
  }

  private static func plan(_ context: LoadContext) -> StackPlan? {
    var composer = YAMLComposer(source: context.source, sink: context.sink)
    guard let root = composer.compose(context.input.bytes) else {
      if !context.sink.hasErrors {
        context.error(.missingKey, "the file is empty", at: context.source.span(0, 0), help: StackDecoder.sketch)
      }
      return nil
    }
    if let dotEnv = context.input.dotEnv { context.addDotEnv(dotEnv.file, dotEnv.bytes) }
    let name = ProjectName.resolve(root, context)
    context.environment.setDefault("COMPOSE_PROJECT_NAME", name)
    for scalar in composer.scalars {
      context.environment.interpolate(scalar, source: context.source, sink: context.sink)
      if context.environment.isExhausted { return nil }
    }
    guard var draft = StackDecoder(context: context, projectName: name).decode(root) else { return nil }
    StackValidator(context: context, projectName: name).check(&draft)
    return StackPlanner.plan(draft, name: name, file: context.input.absolutePath)
  }
}
