import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct UnifiedDiffTests {
  private func diff(_ old: String, _ new: String) -> String {
    UnifiedDiff(old, new, name: "f").text(Ink(isOn: false))
  }

  @Test("equal texts have no diff") func equal() { #expect(diff("a\nb\n", "a\nb\n") == "") }

  @Test("changes have three lines around them, and far ones stand apart") func hunks() {
    let old = (1...20).map { "\($0)\n" }.joined()
    let new = old.replacing("2\n3\n", with: "2\nx\n3\n").replacing("18\n", with: "y\n")
    #expect(
      diff(old, new) == """
        --- f
        +++ f
        @@ -1,5 +1,6 @@
         1
         2
        +x
         3
         4
         5
        @@ -15,6 +16,6 @@
         15
         16
         17
        -18
        +y
         19
         20

        """)
  }

  @Test("a last line without a line break is named, and empty files are") func lastLine() {
    #expect(diff("a", "a\n") == "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n")
    #expect(diff("", "a\n") == "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n")
    #expect(diff("a\n", "") == "--- f\n+++ f\n@@ -1,1 +0,0 @@\n-a\n")
  }
}
