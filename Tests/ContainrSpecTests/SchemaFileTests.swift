// The files that scripts/check-schema.sh shows to another validator mean the same to the decoder: right ones load, wrong
// ones do not.
import Foundation
import Testing

@testable import ContainrSpec

struct SchemaFileTests {
  private static func files(_ folder: String) throws -> [URL] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let folder = tests.appending(path: "Schema/\(folder)")
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .sorted { $0.path < $1.path }
  }

  private func errors(_ file: URL) throws -> [String] {
    let input = LoaderInput(
      file: file.lastPathComponent, bytes: Array(try Data(contentsOf: file)), absolutePath: "/srv/demo/stack.yaml",
      projectDirectory: "/srv/demo", environment: ["TAG": "1"],
      readFile: { path in
        if path.hasSuffix(".env") { return Array("A=1\n".utf8) }
        if path.hasSuffix(".txt") { return Array("a=b\n".utf8) }
        let isOther = path.hasSuffix("common.yaml")
        return Array((isOther ? "services: {base: {image: common}}" : "x-empty: 1").utf8)
      }, purpose: .check)
    return StackLoader.load(input).diagnostics.filter { $0.severity == .error }.map { "\($0.code) \($0.message)" }
  }

  @Test("right files load")
  func valid() throws {
    let files = try Self.files("valid")
    #expect(files.count >= 8)
    for file in files { #expect(try errors(file) == [], "\(file.lastPathComponent)") }
  }

  @Test("wrong files have an error")
  func invalid() throws {
    let files = try Self.files("invalid")
    #expect(files.count >= 40)
    for file in files { #expect(try !errors(file).isEmpty, "\(file.lastPathComponent)") }
  }
}
