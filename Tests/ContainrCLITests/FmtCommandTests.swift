// Runs the built program on files and streams to be laid out.
import ContainrTestSupport
import Foundation
import Testing

@Suite struct FmtCommandTests {
  private static let messy = "services:\n    web:   # the web\n        ports:\n        - 80\n"
  private static let neat = "services:\n  web:   # the web\n    ports:\n      - 80\n"

  private func fmt(_ folder: ScratchDirectory, _ words: String..., input: String = "") throws -> CommandResult {
    try run(BuiltPrograms.path("containr"), ["fmt"] + words, input: input, directory: folder.url)
  }

  private func text(_ folder: ScratchDirectory, _ name: String) throws -> String {
    try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
  }

  @Test("files are rewritten in place, once, and named") func inPlace() throws {
    let folder = try ScratchDirectory("fmt")
    try folder.write(Self.messy, to: "a.yaml", mode: 0o600)
    try folder.write(Self.neat, to: "b.yaml")
    let first = try fmt(folder, "a.yaml", "b.yaml")
    #expect(first.code == 0 && first.output == "a.yaml\n" && first.errors == "", "\(first)")
    #expect(try text(folder, "a.yaml") == Self.neat)
    #expect(try run("stat", ["-c", "%a", "\(folder.path)/a.yaml"]).output == "600\n")
    let second = try fmt(folder, "a.yaml", "b.yaml")
    #expect(second.code == 0 && second.output == "")
    #expect(try run("ls", ["-A", folder.path]).output == "a.yaml\nb.yaml\n")
  }

  @Test("without a file, those of the stack are formatted") func found() throws {
    let folder = try ScratchDirectory("fmt")
    for name in ["compose.yaml", "compose.override.yaml", "other.yaml"] { try folder.write(Self.messy, to: name) }
    #expect(try fmt(folder).output == "compose.yaml\ncompose.override.yaml\n")
    #expect(try text(folder, "other.yaml") == Self.messy)
  }

  @Test("--check writes nothing and says with its code whether there is something to do") func check() throws {
    let folder = try ScratchDirectory("fmt")
    try folder.write(Self.messy, to: "a.yaml")
    try folder.write(Self.neat, to: "b.yaml")
    let result = try fmt(folder, "--check", "a.yaml", "b.yaml")
    #expect(result.code == 2 && result.output == "a.yaml\n" && result.errors == "", "\(result)")
    #expect(try text(folder, "a.yaml") == Self.messy)
    #expect(try fmt(folder, "--check", "b.yaml").code == 0)
  }

  @Test("--diff shows what would change") func diff() throws {
    let folder = try ScratchDirectory("fmt")
    try folder.write(Self.messy, to: "a.yaml")
    let result = try fmt(folder, "--diff", "a.yaml")
    #expect(result.code == 0)
    #expect(
      result.output == """
        --- a.yaml
        +++ a.yaml
        @@ -1,4 +1,4 @@
         services:
        -    web:   # the web
        -        ports:
        -        - 80
        +  web:   # the web
        +    ports:
        +      - 80

        """)
    #expect(try text(folder, "a.yaml") == Self.messy)
    #expect(try fmt(folder, "--diff", "--check", "a.yaml").code == 2)
  }

  @Test("standard input goes to standard output") func stream() throws {
    let folder = try ScratchDirectory("fmt")
    let result = try fmt(folder, "-", input: Self.messy)
    #expect(result.code == 0 && result.output == Self.neat)
    #expect(try fmt(folder, "-", input: Self.neat).output == Self.neat)
    let check = try fmt(folder, "--check", "-", input: Self.messy)
    #expect(check.code == 2 && check.output == "<stdin>\n")
    #expect(try fmt(folder, "-", "a.yaml").code == 1)
  }

  @Test("--sort puts the sections in order") func sort() throws {
    let folder = try ScratchDirectory("fmt")
    let result = try fmt(folder, "--sort", "-", input: "volumes:\n  v:\nservices: {}\nname: n\n")
    #expect(result.output == "name: n\n\nservices: {}\n\nvolumes:\n  v:\n")
  }

  @Test("a file that is no YAML stays as it is, and the others are formatted all the same") func broken() throws {
    let folder = try ScratchDirectory("fmt")
    try folder.write("a: [\n", to: "bad.yaml")
    try folder.write("a: 1\rb: 2\n", to: "odd.yaml")
    try folder.write(Self.messy, to: "good.yaml")
    let result = try fmt(folder, "bad.yaml", "odd.yaml", "missing.yaml", "good.yaml")
    #expect(result.code == 2 && result.output == "good.yaml\n", "\(result)")
    #expect(result.errors.contains(" --> bad.yaml:"))
    #expect(result.errors.contains("error: odd.yaml stays as it is: line 1 ends in a line break"))
    #expect(result.errors.contains("error: missing.yaml cannot be read: No such file or directory\n"))
    #expect(try text(folder, "bad.yaml") == "a: [\n")
    #expect(try text(folder, "good.yaml") == Self.neat)
  }
}
