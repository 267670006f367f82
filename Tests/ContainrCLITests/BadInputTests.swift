// Runs the built program on wrong stack files, as a user without root would, and compares every word of what it says.
import ContainrTestSupport
import Foundation
import Testing

@Suite struct BadInputTests {
  private struct Failure {
    var code: Int32
    var output: String
    var errors: String
  }

  /// `containr check stack.yaml` (or other words) in a directory that holds this stack file.
  private func check(_ stack: String, _ words: [String] = ["check", "stack.yaml"]) throws -> Failure {
    let directory = try ScratchDirectory("bad-input")
    try Data(stack.utf8).write(to: directory.url.appendingPathComponent("stack.yaml"))
    let result = try run(BuiltPrograms.path("containr"), words, directory: directory.url)
    return Failure(code: result.code, output: result.output, errors: result.errors)
  }

  @Test("an unknown key is named with the one that was meant") func unknownKey() throws {
    let failure = try check(
      """
      name: bad
      services:
        web:
          layers: [/]
          command: [httpd]
          enviroment: {A: b}

      """)
    #expect(failure.code == 2)
    #expect(failure.output == "")
    #expect(
      failure.errors == """
        error[C0102]: unknown key 'enviroment'
         --> stack.yaml:6:5
          |
        6 |     enviroment: {A: b}
          |     ^^^^^^^^^^ not a service attribute
          = help: did you mean 'environment'?

        1 error

        """)
  }

  /// A wrong file, and what has to be among the words.
  struct Mistake: Sendable, CustomTestStringConvertible {
    /// What holds of it.
    var testDescription: String
    /// Below `services:`.
    var services: String
    /// How the first finding begins, and what stands behind.
    var words: [String]
  }

  static let mistakes = [
    Mistake(
      testDescription: "a wrong type is said in YAML's words",
      services: "web: {layers: [/], command: [httpd], ports: {80: 80}}",
      words: ["error[C0101]: ", " --> stack.yaml:3:47\n", "ports: {80: 80}}\n"]),
    Mistake(
      testDescription: "an undefined reference is shown where it is made",
      services: """
        web: {layers: [/], command: [x], depends_on: [ap], networks: [back], volumes: ["data:/data"]}
          app: {layers: [/], command: [x]}
        """,
      words: ["error[C0201]: ", "error[C0210]: ", "error[C0211]: ", "did you mean 'app'?", "\n3 errors\n"]),
    Mistake(
      testDescription: "a cycle of dependencies names everyone in it",
      services: """
        a: {layers: [/], command: [x], depends_on: [b]}
          b: {layers: [/], command: [x], depends_on: [c]}
          c: {layers: [/], command: [x], depends_on: [a]}
        """,
      words: ["error[C0202]: ", "a → b → c → a"]),
    Mistake(
      testDescription: "a duplicate key shows both places",
      services: """
        web:
            layers: [/]
            command: [x]
            command: [y]
        """,
      words: ["error[C0103]: ", "5 |     command: [x]\n", "6 |     command: [y]\n"]),
  ]

  @Test("a mistake is named with its code, its place and a way out", arguments: mistakes)
  func mistake(_ mistake: Mistake) throws {
    let failure = try check("name: bad\nservices:\n  \(mistake.services)\n")
    #expect(failure.code == 2)
    #expect(failure.errors.hasPrefix(mistake.words[0]), "\(failure.errors)")
    for word in mistake.words { #expect(failure.errors.contains(word), "\(word): \(failure.errors)") }
  }

  @Test("all problems of a file are reported at once, in the order of their places") func allAtOnce() throws {
    let failure = try check(
      """
      name: bad
      services:
        web:
          layers: [/]
          comand: [x]
          mem_limit: 12q
          stop_grace_period: soon
          cap_add: [NET_ADMIM]

      """)
    #expect(failure.code == 2)
    let places = failure.errors.split(separator: "\n").filter { $0.contains("--> stack.yaml:") }
    #expect(places.count >= 4)
    #expect(
      places.map { Int($0.split(separator: ":")[1])! } == places.map { Int($0.split(separator: ":")[1])! }.sorted())
  }

  @Test("findings are JSON where that is asked for") func json() throws {
    let failure = try check("name: bad\nservices: {a: 1}\n", ["check", "--json", "stack.yaml"])
    #expect(failure.code == 2)
    let object = try #require(JSONSerialization.jsonObject(with: Data(failure.output.utf8)) as? [String: Any])
    #expect(object["version"] as? Int == 1)
    #expect(object["errors"] as? Int == 1)
  }

  @Test("a good file is summed up and ends with 0") func good() throws {
    let result = try check("name: good\nservices: {a: {layers: [/], command: [x]}}\n")
    #expect(result.code == 0)
    #expect(result.output == "good: 1 service, 1 network, 0 volumes; no errors\n")
    #expect(result.errors == "")
  }

  @Test("a file that is not there is named") func missingFile() throws {
    let failure = try check("", ["check", "nope.yaml"])
    #expect(failure.code == 2)
    #expect(failure.errors == "error: the stack file nope.yaml cannot be read: No such file or directory\n")
  }

  @Test("wrong words on the command line end with 1 and say how to go on") func usage() throws {
    let failure = try check("", ["up", "--bogus"])
    #expect(failure.code == 1)
    #expect(failure.errors.hasPrefix("error: Unknown option '--bogus'\n"))
    #expect(failure.errors.contains("Usage: containr up"))
  }

  @Test("a mistyped command is named with the one that was meant, and others with what there is") func command() throws
  {
    let near = try check("", ["cofig"])
    #expect(near.code == 1)
    #expect(near.errors == "error: there is no command 'cofig'\n  = help: did you mean 'config'?\n")
    let far = try check("", ["frobnicate", "x"])
    #expect(far.code == 1)
    #expect(far.errors.hasPrefix("error: there is no command 'frobnicate'\n  = help: there are up, down, plan, "))
    #expect(!far.errors.contains("supervise"))
    #expect(try check("", ["help", "config"]).code == 0)
  }

  @Test("every finding's code can be explained") func explain() throws {
    let all = try check("", ["explain"])
    #expect(all.output.contains("C0102  The key is not part of the Compose Specification at this place\n"))
    let one = try check("", ["explain", "c0102"])
    #expect(one.code == 0)
    #expect(one.output.hasPrefix("C0102\nThe key is not part of the Compose Specification"))
    #expect(try check("", ["explain", "C9999"]).code == 1)
  }

  @Test("without a stack file it is said what was looked for") func nothingThere() throws {
    let directory = try ScratchDirectory("nothing")
    let result = try run(BuiltPrograms.path("containr"), ["check"], directory: directory.url)
    #expect(result.code == 2)
    #expect(result.errors.contains("no stack file here or in a directory above"))
    #expect(result.errors.contains("compose.yaml"))
  }
}
