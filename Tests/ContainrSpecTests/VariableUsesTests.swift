import Testing

@testable import ContainrSpec

@Suite struct VariableUsesTests {
  private func uses(_ texts: String...) -> [VariableUse] { ModelValue.list(texts.map { .string($0) }).variables() }

  private func use(
    _ name: String, required: Bool = false, standard: String = "", alternate: String = ""
  ) -> VariableUse {
    VariableUse(name: name, isRequired: required, defaultValue: standard, alternateValue: alternate)
  }

  @Test(
    "every form of the grammar",
    arguments: [
      ("$A", "A", false, "", ""), ("${A}", "A", false, "", ""), ("${A:-x y}", "A", false, "x y", ""),
      ("${A-x}", "A", false, "x", ""), ("${A:?why}", "A", true, "", ""), ("${A?}", "A", true, "", ""),
      ("${A:+r}", "A", false, "", "r"), ("${A+r}", "A", false, "", "r"), ("$A_1.b", "A_1", false, "", ""),
      ("${A:-{\"k\": 1}}", "A", false, "{\"k\": 1}", ""),
    ]) func forms(_ text: String, _ name: String, _ required: Bool, _ standard: String, _ alternate: String)
  {
    #expect(uses(text) == [use(name, required: required, standard: standard, alternate: alternate)])
  }

  @Test("what is nested counts as well, and stands in the default as it is written") func nested() {
    #expect(uses("${A:-${B:-${C}}}") == [use("A", standard: "${B:-${C}}"), use("B", standard: "${C}"), use("C")])
  }

  @Test(
    "what is no variable is none", arguments: ["$$A", "$1", "$", "a$", "${}", "${1}", "${A", "${A:x}", "$(A)", "A"])
  func none(_ text: String) { #expect(uses(text) == []) }

  @Test("the malformed beginning of an expression does not hide a later variable") func malformed() {
    #expect(uses("${ $A") == [use("A")])
    #expect(uses("${-x} ${B}") == [use("B")])
  }

  @Test("uses of one name become one") func merged() {
    #expect(
      uses("$B $A", "${A:-one}", "${A:-two}", "${A:?}", "${A:+set}") == [
        use("A", required: true, standard: "one", alternate: "set"), use("B"),
      ])
  }

  @Test("keys are not searched, values at any depth are") func depth() {
    let model = ModelValue.mapping([ModelEntry("$K", .mapping([ModelEntry("a", .list([.null, .string("$V")]))]))])
    #expect(model.variables() == [use("V")])
  }
}
