// A service that is not there: what is said about it, whatever command it is. Pure.
internal import ContainrForeground
internal import ContainrSpec

enum UnknownService {
  /// The message with the name that was perhaps meant, and else with all there are.
  static func exit(
    _ name: String, _ known: some Collection<String>, _ code: ContainrForeground.ExitCode, _ message: String
  ) -> CommandExit {
    let names = known.sorted()
    let all = names.isEmpty ? "there are none" : "there are \(names.joined(separator: ", "))"
    let near = NearestName.suggestion(for: name, among: names)
    return CommandExit(code, message, help: near.map { "did you mean '\($0)'? \(all)" } ?? all)
  }
}
