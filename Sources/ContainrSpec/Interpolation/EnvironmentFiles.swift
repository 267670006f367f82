// The variables of environment files, for callers that need some of them before a stack file is read. Pure.

/// Environment files as a load reads them.
public enum EnvironmentFiles {
  /// The variables that these files set. Later files win over earlier ones; `environment` wins in what they refer to,
  /// and gives a value to a name that stands alone.
  ///
  /// Lines that cannot be read are left out: the load of the stack reports them with their places.
  public static func values(_ files: [LoaderFile], environment: [String: String]) -> [String: String] {
    reading(files, environment: environment).values
  }

  /// The same with what is wrong with the files: their texts are the sources that the findings point into.
  public static func reading(
    _ files: [LoaderFile], environment: [String: String]
  ) -> (values: [String: String], findings: [Diagnostic], sources: [SourceText]) {
    var project = ProjectEnvironment(process: environment)
    let sink = DiagnosticSink()
    let sources = files.map { SourceText(file: $0.file, bytes: $0.bytes) }
    for source in sources { project.addDotEnv(source, sink: sink) }
    return (project.fileValues, sink.sorted(files: sources.map(\.file)), sources)
  }
}
