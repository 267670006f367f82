// The schema and the decoder say the same of every file: what one refuses the other refuses. Both are made from the
// tables, but by different code, and most attributes have decoders of their own.
import Foundation
import Testing

@testable import ContainrSpec

struct SchemaEqualityTests {
  /// Codes of findings that a schema can have as well: types, keys, and the forms of single values.
  private static let structural: Set<String> = Set(
    [
      .wrongType, .unknownKey, .missingKey, .invalidValue, .duration, .byteSize, .number, .signal, .capability,
      .address,
      .port, .path, .name, .misplaced, .unknownCondition,
    ].map { (code: DiagnosticCode) in code.rawValue })

  /// What is said of several values together, or of the file as a whole, which may get its services from an include.
  private static func isAboutAll(_ finding: Diagnostic) -> Bool {
    ["the file has no services", "the healthcheck has no test"].contains(finding.message)
      || finding.message.hasSuffix("has neither an image nor layers")
      || finding.message.hasSuffix("are not equally long")
      || finding.message.hasSuffix("needs a 'target'")
  }

  /// The decoder's errors that are about the form of values, not about what they mean together.
  private func errors(_ document: JSON) -> [Diagnostic] {
    let result = StackLoader.load(
      LoaderInput(
        file: "stack.yaml", bytes: Array(document.text.utf8), absolutePath: "/srv/demo/stack.yaml",
        projectDirectory: "/srv/demo", environment: ["VALUE": "x"],
        readFile: { _ in Array("A=1".utf8) }, purpose: .check))
    return result.diagnostics.filter {
      $0.severity == .error && Self.structural.contains($0.code) && !Self.isAboutAll($0)
    }
  }

  private func schema() throws -> JSONSchema { try JSONSchema(StackSchema.text) }

  @Test("every key of a service and of its parts: each form takes and refuses the same values in both")
  func scalars() throws {
    let schema = try schema()
    for place in Place.all {
      let samples = Samples.of(place.form, mustBe: place.mustBe)
      for (value, isGood) in samples.good.map({ ($0, true) }) + samples.bad.map({ ($0, false) }) {
        let document = place.document(value)
        let found = errors(document)
        #expect(
          schema.accepts(document) == isGood,
          "the schema \(isGood ? "refuses" : "takes") \(value.text) as \(place.name)")
        #expect(
          found.isEmpty == isGood,
          "the decoder \(isGood ? "refuses" : "takes") \(value.text) as \(place.name): \(found.map(\.message))")
      }
    }
    #expect(schema.unknown.isEmpty)
  }

  @Test("random stacks, right and wrong ones, get the same verdict from both", arguments: 0..<8)
  func random(seed: Int) throws {
    let schema = try schema()
    var stacks = SampleStack(random: SeededNumbers(state: UInt64(seed)))
    var verdicts = [0, 0]
    for round in 0..<250 {
      // Half of the stacks have nothing wrong on purpose: otherwise few would be right as a whole.
      stacks.wrong = round % 2 == 0 ? 0 : 4
      let document = stacks.stack()
      let accepts = schema.accepts(document)
      let found = errors(document)
      verdicts[accepts ? 1 : 0] += 1
      #expect(accepts == found.isEmpty, "schema \(accepts), decoder \(found.map(\.message)) of\n\(document.text)")
    }
    #expect(verdicts.allSatisfy { $0 > 20 }, "both verdicts are met: \(verdicts)")
    #expect(schema.unknown.isEmpty)
  }
}
