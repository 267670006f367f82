// `--scale SERVICE=N`, shared by `up` and `plan`.
internal import ArgumentParser

/// One `SERVICE=N`.
struct ScaleWord: ExpressibleByArgument, Sendable, Hashable {
  var service: String
  var count: Int

  init?(argument: String) {
    guard let sign = argument.lastIndex(of: "="), sign != argument.startIndex,
      let count = Int(argument[argument.index(after: sign)...]), (0...10_000).contains(count)
    else { return nil }
    service = String(argument[..<sign])
    self.count = count
  }
}

struct ScaleOptions: ParsableArguments {
  @Option(
    name: .customLong("scale"),
    help: ArgumentHelp(
      "Run N containers of a service, whatever the file says; repeated.", valueName: "service=n"))
  var words: [ScaleWord] = []

  /// By service; of several words the last one counts.
  var counts: [String: Int] { Dictionary(words.map { ($0.service, $0.count) }) { _, last in last } }
}
