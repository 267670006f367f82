// What of these tests an ordinary user does not run: docs/rootless.md has it in the words of the sources. Needs no root.
import ContainrTestSupport
import Foundation
import Testing

@Suite("What is not run as a user")
struct NotAsUserTests {
  private let repository = BuiltPrograms.repository
  private static let begin = "<!-- written by NotAsUserTests -->\n"
  private static let end = "<!-- end -->\n"

  private func text(_ path: String) throws -> String {
    try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
  }

  /// The first string literal of a text, as it is written.
  private func literal(_ text: Substring) -> String {
    let inside = text.drop { $0 != "\"" }.dropFirst()
    return String(inside.prefix { $0 != "\"" })
  }

  /// `| suite | test | reason |`, a line a mark.
  private func marked() throws -> [String] {
    let folder = "Tests/ContainrPrivilegedTests"
    let files = try FileManager.default.contentsOfDirectory(atPath: repository.appendingPathComponent(folder).path)
    var rows: [String] = []
    for file in files.sorted() where file.hasSuffix("Tests.swift") || file.contains("Tests+") {
      if file == "NotAsUserTests.swift" { continue }
      let source = try text("\(folder)/\(file)")
      let suite = file.prefix { $0 != "." && $0 != "+" }
      var rest = source[...]
      while let mark = rest.range(of: ".notAsUser(") {
        let before = source[..<mark.lowerBound]
        let test = before.range(of: "@Test(", options: .backwards)
        let whole = before.range(of: "@Suite(", options: .backwards)
        let isSuite = test == nil || (whole.map { $0.lowerBound > test!.lowerBound } ?? false)
        let name = isSuite ? "(all)" : literal(before[test!.upperBound...])
        rows.append("| \(suite) | \(name) | \(literal(source[mark.upperBound...])) |")
        rest = rest[mark.upperBound...]
      }
    }
    return rows
  }

  @Test("docs/rootless.md lists every test that is skipped as a user, and why")
  func listed() throws {
    let marked = try marked()
    #expect(marked.count > 5 && marked.allSatisfy { !$0.contains("|  |") }, "\(marked)")
    let table = """
      | suite | test | why a user cannot run it |
      | --- | --- | --- |
      \(marked.joined(separator: "\n"))

      """
    let page = try text("docs/rootless.md")
    let parts = page.components(separatedBy: Self.begin)
    let tail = try #require(parts.dropFirst().first?.components(separatedBy: Self.end))
    #expect(parts.count == 2 && tail.count == 2)
    if ProcessInfo.processInfo.environment["CONTAINR_WRITE_GOLDEN"] == "1" {
      let new = parts[0] + Self.begin + table + Self.end + tail[1]
      try Data(new.utf8).write(to: repository.appendingPathComponent("docs/rootless.md"))
    } else {
      #expect(tail[0] == table, "CONTAINR_WRITE_GOLDEN=1 writes it anew")
    }
  }
}
