// `containr schema`: the JSON Schema of stack files, for editors.
internal import ArgumentParser
internal import ContainrSpec

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Prints the JSON Schema (draft-07) of stack files, for editors and checkers.",
    discussion: "In the head of a file: # yaml-language-server: $schema=PATH")

  func run() throws { Output.standard.write(StackSchema.text) }
}
