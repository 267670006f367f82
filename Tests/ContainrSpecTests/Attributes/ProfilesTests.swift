// profiles: when a service is part of the stack at all.
import Testing

struct ProfilesTests {
  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("dev", "C0101 4:15"),
      ("{a: b}", "C0101 4:15"),
      ("[{a: b}]", "C0101 4:16"),
      ("[true]", "C0101 4:16"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("profiles: \(text)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("[dev]", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("profiles: \(text)") == expected)
  }

  @Test(
    "a service without an active profile is checked, but not in the model",
    arguments: [
      ("[dev]", [], "-"), ("[dev]", ["dev"], "[dev]"), ("[dev, test]", ["test"], "[dev, test]"),
      ("[dev]", ["*"], "[dev]"),
      ("[dev]", ["other"], "-"), ("[]", [], "-"), ("[\"${WORD}\"]", ["word"], "[word]"),
      ("[dev, dev]", ["dev"], "[dev]"),
    ])
  func active(text: String, profiles: [String], expected: String) {
    #expect(model("profiles", "profiles: \(text)", profiles: profiles) == expected)
  }

  @Test("profiles of several files add up, each once")
  func merge() {
    #expect(merged("profiles", "profiles: [a]", "profiles: [b, a]", profiles: ["a"]) == "[a, b]")
    #expect(merged("profiles", "profiles: [a]", "profiles: !override [b]", profiles: ["b"]) == "[b]")
  }
}
