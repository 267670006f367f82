// Edits as such: overlaps, contradictions, offsets in scalars, and rounds that make a file worse.
import Testing

@testable import ContainrSpec

struct FixApplierTests {
  private let source = SourceText(file: "f", bytes: Array("aé😀bcdef".utf8))

  private func fix(_ pairs: (Range<Int>, String)...) -> Diagnostic.Fix {
    Diagnostic.Fix(
      "m", edits: pairs.map { .init(span: source.span($0.0.lowerBound, $0.0.upperBound), replacement: $0.1) },
      applicability: .always)
  }

  private func apply(_ fixes: Diagnostic.Fix...) -> (text: String, applied: [Int]) {
    let outcome = FixApplier.apply(fixes, to: Array(source.text.utf8), of: "f")
    return (String(decoding: outcome.bytes, as: UTF8.self), outcome.applied)
  }

  @Test("offsets count scalars; insertions, replacements and removals in any order")
  func offsets() {
    #expect(apply(fix((2..<3, "X"))).text == "aéXbcdef")
    #expect(apply(fix((7..<8, "")), fix((0..<0, ">")), fix((3..<4, "longer"))).text == ">aé😀longercde")
    #expect(apply(fix((8..<8, "!"))).text == "aé😀bcdef!")
    #expect(apply(fix((6..<99, "z"))).text == "aé😀bcdz")
    #expect(apply(fix((5..<6, "2"), (1..<2, "1"))).text == "a1😀bc2ef")
  }

  @Test("of two that overlap the first is applied, all of a fix or nothing")
  func overlaps() {
    #expect(apply(fix((1..<4, "x")), fix((3..<5, "y"))).applied == [0])
    #expect(apply(fix((3..<5, "y")), fix((0..<1, "-"), (4..<6, "+"))).text == "aé😀ydef")
    #expect(apply(fix((3..<5, "y")), fix((5..<6, "z"))).applied == [0])
    #expect(apply(fix((1..<4, "x"), (2..<3, "y"))).applied.isEmpty)
  }

  @Test("equal fixes count once, contradicting ones not at all")
  func rivals() {
    #expect(apply(fix((3..<4, "x")), fix((3..<4, "x"))).applied == [0])
    #expect(apply(fix((3..<4, "x")), fix((3..<4, "y"))).applied.isEmpty)
    #expect(apply(fix((3..<4, "x")), fix((3..<4, "y")), fix((6..<7, "z"))).applied == [2])
  }

  @Test("other files and bytes that are not text are left alone")
  func foreign() {
    #expect(FixApplier.apply([fix((0..<1, "x"))], to: [0x61], of: "g").applied.isEmpty)
    #expect(FixApplier.apply([fix((0..<1, "x"))], to: [0x61, 0xFF], of: "f").bytes == [0x61, 0xFF])
  }

  /// A loader that calls every `a` an error whose fix is to write what `better` says.
  private func run(_ text: String, _ better: String, isError: @escaping (Unicode.Scalar) -> Bool) -> FixRun.Outcome {
    FixRun.run(["f": Array(text.utf8)], includesMaybe: false) { files in
      let source = SourceText(file: "f", bytes: files["f"]!)
      return source.scalars.indices.filter { isError(source.scalars[$0]) }.map { index in
        let span = source.span(index, index + 1)
        let fix = Diagnostic.Fix("write \(better)", span, source.scalars[index] == "a" ? better : "b", .always)
        return Diagnostic(severity: .error, code: "C0102", message: "no", primary: span, fixes: [fix])
      }
    }
  }

  @Test("a fix that makes it worse is not kept, the others are")
  func worse() {
    #expect(run("xax", "b") { $0 == "a" }.files["f"] == Array("xbx".utf8))
    let outcome = run("aec", "ccccc") { $0 == "a" || $0 == "c" || $0 == "e" }
    // `a` would become two errors; the other two get better one after the other.
    #expect(outcome.files["f"] == Array("abb".utf8))
    #expect(outcome.diagnostics.count == 1)
  }

  @Test("what never ends is ended")
  func endless() {
    let outcome = run("a", "a ") { $0 == "a" }
    #expect(outcome.changes.count == FixRun.maximumRounds)
  }
}
