// The values of variables that a saved plan or a revision names and does not hold: taken when it is applied, from where
// they came.
internal import ContainrForeground
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

extension SavedPlan {
  /// The stack that is wanted, with the contents of its configs and secrets.
  func desired(in context: CommandContext) throws -> StackPlan { try desired.withVariables(context, "a saved plan") }
}

extension StackPlan {
  /// A plan that was written down, with the values of the variables that its configs and secrets come from. `what`: in
  /// which form it was, with an article.
  func withVariables(_ context: CommandContext, _ what: String) throws -> StackPlan {
    var plan = self
    for index in plan.contents.indices {
      guard case .environment(let name, let file) = plan.contents[index].source else { continue }
      let value: String?
      if let file {
        value = try Self.values(of: file, context)[name]
      } else {
        value = context.surroundings.environment[name]
      }
      guard let value else {
        let content = plan.contents[index]
        throw CommandExit(
          .refused, "the variable \(name) of \(content.kind.rawValue) '\(content.key)' is not set",
          notes: ["\(what) says where contents come from, and does not hold them"],
          help: file.map { "set it in \($0)" } ?? "set it for this command")
      }
      plan.contents[index].value = Withheld(value)
    }
    return plan
  }

  private static func values(of file: String, _ context: CommandContext) throws -> [String: String] {
    do throws(SyscallError) {
      let bytes = try TextFile.bytes(of: FilePath(file))
      return EnvironmentFiles.values(
        [LoaderFile(file: file, absolutePath: file, bytes: bytes)], environment: context.surroundings.environment)
    } catch {
      throw CommandExit(.refused, "the environment file \(file) cannot be read: \(error.reason)")
    }
  }
}
