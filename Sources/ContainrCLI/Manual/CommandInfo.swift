// What a command's declaration says of itself, read from the parser's own dump: the one source of help, completions and manual.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrJSON

/// One command with those below it.
struct CommandInfo: Sendable {
  /// One option, flag or operand.
  struct Argument: Sendable {
    /// `-f`, `--file`; empty for an operand.
    var names: [String]
    /// `file`; nil for a flag.
    var value: String?
    var isOptional: Bool
    var isRepeating: Bool
    var abstract: String
    /// The text of its default; nil without one.
    var defaultValue: String?
  }

  /// `containr image ls`, by its words.
  var words: [String]
  var aliases: [String]
  var abstract: String
  var discussion: String
  var arguments: [Argument]
  var subcommands: [CommandInfo]

  /// Itself and all that is below it.
  var all: [CommandInfo] { [self] + subcommands.flatMap(\.all) }

  /// Of a root command.
  init(_ root: any ParsableCommand.Type) throws {
    let dump = try JSONReader(try JSONValue(Array(root._dumpHelp().utf8)))
    guard let command = try dump.object("command") else {
      throw CommandExit(.failure, "the parser describes no command")
    }
    try self.init(command, below: [])
  }

  private init(_ reader: JSONReader, below above: [String]) throws(JSONShapeError) {
    words = above + [try reader.requiredString("commandName")]
    aliases = try reader.strings("aliases")
    abstract = try reader.string("abstract") ?? ""
    discussion = try reader.string("discussion") ?? ""
    arguments = []
    for argument in try reader.objects("arguments") where try argument.bool("shouldDisplay") != false {
      arguments.append(try Argument(argument))
    }
    subcommands = []
    for command in try reader.objects("subcommands") where try command.bool("shouldDisplay") != false {
      // The parser's own, which says what `--help` says.
      if try command.string("commandName") == "help" { continue }
      subcommands.append(try CommandInfo(command, below: words))
    }
  }
}

extension CommandInfo.Argument {
  fileprivate init(_ reader: JSONReader) throws(JSONShapeError) {
    let kind = try reader.requiredString("kind")
    names = []
    if kind != "positional" {
      for name in try reader.objects("names") {
        let dashes = try name.requiredString("kind") == "long" ? "--" : "-"
        names.append(dashes + (try name.requiredString("name")))
      }
    }
    value = kind == "flag" ? nil : try reader.string("valueName") ?? "value"
    isOptional = try reader.bool("isOptional") ?? false
    isRepeating = try reader.bool("isRepeating") ?? false
    abstract = try reader.string("abstract") ?? ""
    defaultValue = try reader.string("defaultValue")
  }
}
