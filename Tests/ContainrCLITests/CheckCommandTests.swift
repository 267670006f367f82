// Runs the built `containr check` on files of all kinds: forms, exit codes, several files, and fixing in place.
import ContainrTestSupport
import Foundation
import Testing

@Suite struct CheckCommandTests {
  private static let good = "services:\n  web:\n    layers: [./a]\n    command: [c]\n"
  private static let bad = good + "    hostnme: h # why\n"

  private let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory("check") }

  private func put(_ text: String, _ name: String = "stack.yaml") throws {
    try Data(text.utf8).write(to: directory.url.appendingPathComponent(name))
  }

  private func text(_ name: String = "stack.yaml") throws -> String {
    try String(contentsOf: directory.url.appendingPathComponent(name), encoding: .utf8)
  }

  private func check(_ words: String...) throws -> CommandResult {
    try run(BuiltPrograms.path("containr"), ["check"] + words, directory: directory.url)
  }

  @Test("a file without errors is praised on standard output, whatever its warnings") func fine() throws {
    try put("name: demo\n" + Self.good + "    environment: {A: no}\n")
    let result = try check("stack.yaml")
    #expect(result.code == 0)
    #expect(result.output == "demo: 1 service, 1 network, 0 volumes; no errors\n")
    #expect(result.errors.hasPrefix("warning[C0310]: ") && result.errors.hasSuffix("\n1 warning\n"))
  }

  @Test("each file is checked for itself, and one that cannot be read does not hide the next") func several() throws {
    try put(Self.bad, "a.yaml")
    try put(Self.bad, "c.yaml")
    let result = try check("a.yaml", "b.yaml", "c.yaml")
    #expect(result.code == 2)
    #expect(result.errors.contains("b.yaml cannot be read"))
    #expect(result.errors.contains("--> a.yaml:5:5") && result.errors.contains("--> c.yaml:5:5"))
    #expect(result.errors.hasSuffix("2 stacks: 2 errors\n"))
    #expect(try check("-f", "a.yaml", "c.yaml").code == 1)
  }

  @Test("the forms for machines are whole documents on standard output", arguments: ["json", "sarif", "github"])
  func forms(format: String) throws {
    try put(Self.bad)
    try put(Self.good, "good.yaml")
    let result = try check("--format", format, "stack.yaml", "good.yaml")
    #expect(result.code == 2)
    #expect(result.errors.isEmpty)
    if format == "github" {
      #expect(
        result.output
          == "::error file=stack.yaml,line=5,endLine=5,col=5,endColumn=11,title=C0102::unknown key 'hostnme' "
          + "(not a service attribute)%0Ahelp: did you mean 'hostname'?\n")
    } else {
      let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
      #expect(object?["version"] != nil)
    }
    #expect(try check("--format", format, "good.yaml").code == 0)
    #expect(try check("--json", "--format", "sarif", "stack.yaml").code == 1)
  }

  @Test("what is not honoured is a warning, and with --strict an error") func strict() throws {
    try put(Self.good + "    attach: false\n")
    #expect(try check("stack.yaml").code == 0)
    let result = try check("--strict", "stack.yaml")
    #expect(result.code == 2)
    #expect(result.errors.contains("error[C0400]"))
  }

  @Test("--frozen asks for a lock file, whether or not the file is mended as well") func frozen() throws {
    try put(Self.good)
    for words in [["--frozen", "stack.yaml"], ["--fix", "--frozen", "stack.yaml"]] {
      let result = try run(BuiltPrograms.path("containr"), ["check"] + words, directory: directory.url)
      #expect(result.code == 2 && result.errors.contains("there is no lock file stack.lock"), "\(words): \(result)")
    }
  }

  @Test("--fix mends in place, keeps the rest of the file and its mode, and says what it did") func fix() throws {
    let path = directory.url.appendingPathComponent("stack.yaml").path
    try put(Self.bad)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    let result = try check("--fix", "stack.yaml")
    #expect(result.code == 0)
    #expect(result.errors == "fixed[C0102]: stack.yaml:5:5: rename 'hostnme' to 'hostname'\n")
    #expect(try text() == Self.good + "    hostname: h # why\n")
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o640)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path) == ["stack.yaml"])
  }

  @Test("--fix-maybe takes the likely ones as well, also in .env") func maybe() throws {
    try put(Self.good + "    stop_grace_period: 5\n    environment: {P: \"$P\"}\n")
    try put("P=a$bc\n", ".env")
    #expect(try check("--fix", "stack.yaml").code == 2)
    #expect(try check("--fix-maybe", "stack.yaml").code == 0)
    #expect(try text().contains("stop_grace_period: 5s\n"))
    #expect(try text(".env") == "P=a$$bc\n")
  }

  @Test("a symbolic link stays one, a file with two names is left alone") func links() throws {
    try put(Self.bad, "real.yaml")
    let link = directory.url.appendingPathComponent("stack.yaml")
    try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "real.yaml")
    #expect(try check("--fix", "stack.yaml").code == 0)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == "real.yaml")
    #expect(try text("real.yaml").contains("hostname"))
    try put(Self.bad, "one.yaml")
    try FileManager.default.linkItem(
      at: directory.url.appendingPathComponent("one.yaml"), to: directory.url.appendingPathComponent("two.yaml"))
    let result = try check("--fix", "one.yaml")
    #expect(result.code == 1)
    #expect(
      result.errors.contains("one.yaml cannot be fixed: it has several names") && result.errors.contains("as it was"))
    #expect(try text("two.yaml") == Self.bad)
  }

  @Test("standard input can be checked and not be fixed") func standardInput() throws {
    #expect(try check("--fix", "-").code == 1)
  }

  @Test("explain prints the examples, and nothing of them acts on a terminal") func explain() throws {
    let result = try run(BuiltPrograms.path("containr"), ["explain", "c0102"], directory: directory.url)
    #expect(result.code == 0)
    #expect(
      result.output.contains("Instead of\n\n    services:\n")
        && result.output.contains("\n        environment: {A: b}\n"))
    let hidden = try run(BuiltPrograms.path("containr"), ["explain", "C0313"], directory: directory.url)
    #expect(hidden.output.contains("<U+202E>") && !hidden.output.unicodeScalars.contains("\u{202E}"))
    let unknown = try run(BuiltPrograms.path("containr"), ["explain", "C9999"], directory: directory.url)
    #expect(unknown.code == 1)
  }
}
