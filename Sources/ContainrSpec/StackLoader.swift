// The way in: bytes of a stack file and what surrounds it go in, a plan or findings come out. No IO of its own.

/// One text that the caller has read: a stack file or an environment file.
public struct LoaderFile: Sendable {
  /// The path as the user named it; findings show it.
  public var file: String
  /// The same path, absolute.
  public var absolutePath: String
  /// Its content.
  public var bytes: [UInt8]

  /// Makes a file of its parts.
  public init(file: String, absolutePath: String, bytes: [UInt8]) {
    self.file = file
    self.absolutePath = absolutePath
    self.bytes = bytes
  }
}

/// What a load is for: it decides how hard a key that this version does not honour is taken.
public enum LoaderPurpose: Sendable {
  /// Something is to be started: what would make a service wrong or less safe is an error (C0401).
  case run
  /// The file is looked at (`check`, `config`, `compat`): the same findings are warnings, so that a valid file is valid.
  case check
  /// As `check`, and everything that is not honoured is an error (`--strict`).
  case strict
}

/// What the caller has gathered for one load.
public struct LoaderInput: Sendable {
  /// The stack files, never empty; later ones override earlier ones. The first gives the stack its path.
  public var files: [LoaderFile]
  /// Absolute; relative host paths count from here.
  public var projectDirectory: String
  /// From `-p` or `COMPOSE_PROJECT_NAME`; nil: the file's `name`, or the directory's.
  public var projectName: String?
  /// The process environment.
  public var environment: [String: String]
  /// The project's `.env`, or the files of `--env-file`; later ones win.
  public var dotEnvs: [LoaderFile]
  /// The content of a file at an absolute path, for `env_file`, `include` and `extends`; nil if it cannot be read.
  public var readFile: @Sendable (String) -> [UInt8]?
  /// Active profiles; `*` is all.
  public var activeProfiles: [String]
  /// How hard keys that are not honoured are taken.
  public var purpose: LoaderPurpose
  /// Who starts the stack, for `idmap: host-user`; nil: root by itself, or nobody knows.
  public var caller: (uid: UInt32, gid: UInt32)?
  /// The steps that are taken; all of them unless `containr config` was told otherwise.
  public var options = ModelOptions()
  /// Numbers of containers by service, instead of those of the files (`--scale`).
  public var scale: [String: Int] = [:]
  /// False: the result has no model. It takes as long as all the rest, and only who prints it needs it.
  public var wantsModel = true

  /// Gathers the input; what is left out is empty.
  public init(
    files: [LoaderFile], projectDirectory: String, projectName: String? = nil, environment: [String: String] = [:],
    dotEnvs: [LoaderFile] = [], readFile: @escaping @Sendable (String) -> [UInt8]? = { _ in nil },
    activeProfiles: [String] = [], purpose: LoaderPurpose = .run
  ) {
    precondition(!files.isEmpty, "a load needs a file")
    self.files = files
    self.projectDirectory = projectDirectory
    self.projectName = projectName
    self.environment = environment
    self.dotEnvs = dotEnvs
    self.readFile = readFile
    self.activeProfiles = activeProfiles
    self.purpose = purpose
  }

  /// Gathers the input for one file; what is left out is empty.
  public init(
    file: String, bytes: [UInt8], absolutePath: String, projectDirectory: String, projectName: String? = nil,
    environment: [String: String] = [:], dotEnv: (file: String, bytes: [UInt8])? = nil,
    readFile: @escaping @Sendable (String) -> [UInt8]? = { _ in nil }, activeProfiles: [String] = [],
    purpose: LoaderPurpose = .run
  ) {
    self.init(
      files: [LoaderFile(file: file, absolutePath: absolutePath, bytes: bytes)], projectDirectory: projectDirectory,
      projectName: projectName, environment: environment,
      dotEnvs: dotEnv.map { [LoaderFile(file: $0.file, absolutePath: "\(projectDirectory)/.env", bytes: $0.bytes)] }
        ?? [],
      readFile: readFile, activeProfiles: activeProfiles, purpose: purpose)
  }

  /// The file that gives the stack its path.
  var main: LoaderFile { files[0] }
}

/// What one load found.
public struct LoaderResult: Sendable {
  /// The merged, interpolated file in its canonical form; nil if the file breaks the specification, or unwanted.
  public let model: ModelValue?
  /// nil exactly if there is an error among the diagnostics.
  public let plan: StackPlan?
  /// All findings: the stack file's first, in the order of their places.
  public let diagnostics: [Diagnostic]
  /// Every file that diagnostics point into.
  public let sources: [SourceText]
}

/// Loads stack files. Pure: the same input gives the same result.
public enum StackLoader {
  /// Reads a stack to the end and reports everything that is wrong with it.
  public static func load(_ input: LoaderInput) -> LoaderResult { run(input).result }

  /// The load, with the merged tree if there is one.
  static func run(_ input: LoaderInput) -> (result: LoaderResult, tree: StackTree?) {
    let context = LoadContext(input)
    var plan: StackPlan?
    var model: ModelValue?
    let tree = StackTree.read(context)
    if let tree {
      // Before variables are replaced, values can be anything: only the structure is known.
      let draft = input.options.interpolates ? decode(tree, context) : StackDraft()
      if let draft, !context.sink.hasErrors {
        plan = StackPlanner(trails: ValueTrails(tree.root, reasons: context.readReasons)).plan(
          draft, name: tree.name, file: input.main.absolutePath)
        if input.wantsModel {
          let drafts = Dictionary(draft.services.map { ($0.plan.name, $0) }, uniquingKeysWith: { first, _ in first })
          model = Canonicaliser(context: context, options: input.options, projectName: tree.name, drafts: drafts)
            .model(tree.root)
        }
      }
    }
    let isRunnable = context.isRunnable && input.options.interpolates
    let result = LoaderResult(
      model: model, plan: isRunnable ? plan : nil, diagnostics: context.sink.sorted(files: context.sources.map(\.file)),
      sources: context.sources)
    return (result, tree)
  }

  /// The decoded stack; nil after a report.
  private static func decode(_ tree: StackTree, _ context: LoadContext) -> StackDraft? {
    guard var draft = StackDecoder(context: context, projectName: tree.name).decode(tree.root) else { return nil }
    ServiceScale(context: context).apply(to: &draft)
    if context.input.options.checksConsistency {
      ReferenceCheck(context: context, root: tree.root).check()
      BuildCheck(context: context, root: tree.root).check()
      ExclusionCheck(context: context, root: tree.root).check()
      StackValidator(context: context, projectName: tree.name).check(&draft)
    }
    return draft
  }
}
