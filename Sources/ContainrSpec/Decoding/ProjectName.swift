// Decides the stack's name: from the caller, from the file, or from the directory.

enum ProjectName {
  /// A normalised name; `stack` after an error.
  static func resolve(_ roots: [YAMLNode], _ context: LoadContext) -> String {
    let entry = nameEntry(roots)
    if let entry { context.interpolate(entry.value) }
    // An empty variable is one that is not set, as in Compose.
    if let given = context.input.projectName, !given.isEmpty {
      let name = NameText.project(given)
      if name == given, NameText.isProject(name) { return name }
      context.sink.add(
        Diagnostic(
          severity: .error, code: DiagnosticCode.name.rawValue,
          message: "\(DisplayText.quote(given)) is not a project name",
          notes: ["it was given with -p or COMPOSE_PROJECT_NAME"],
          help: NameText.projectHelp(name)))
      return "stack"
    }
    if let entry, !entry.value.isNull {
      guard let text = context.text(entry.value, key: "name") else { return "stack" }
      do throws(ValueProblem) {
        try NameText.checkProject(text)
        return text
      } catch {
        context.report(error, at: entry.value)
        return "stack"
      }
    }
    let name = String(NameText.project(PathText.lastPart(context.input.projectDirectory)).prefix(63))
    if NameText.isProject(name) { return name }
    context.error(
      .name, "the stack has no name", at: context.source.span(0, 0),
      label: "the directory's name holds no letter or digit", help: "write 'name: my-stack' at the top of the file")
    return "stack"
  }

  /// The `name` of the last file that has one.
  private static func nameEntry(_ roots: [YAMLNode]) -> YAMLEntry? {
    roots.reversed().lazy.compactMap { $0.entries?.first { $0.key == "name" && !$0.value.isNull } }.first
  }
}
