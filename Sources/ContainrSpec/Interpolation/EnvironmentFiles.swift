// The variables of environment files, for callers that need some of them before a stack file is read. Pure.

/// Environment files as a load reads them.
public enum EnvironmentFiles {
  /// The variables that these files set. Later files win over earlier ones; `environment` wins in what they refer to,
  /// and gives a value to a name that stands alone.
  ///
  /// Lines that cannot be read are left out: the load of the stack reports them with their places.
  public static func values(_ files: [LoaderFile], environment: [String: String]) -> [String: String] {
    var project = ProjectEnvironment(process: environment)
    let unread = DiagnosticSink()
    for file in files { project.addDotEnv(SourceText(file: file.file, bytes: file.bytes), sink: unread) }
    return project.fileValues
  }
}
