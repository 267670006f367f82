// cap_add: capabilities beyond the default set.
import Testing

struct CapAddTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[NET_ADMIN, CAP_SYS_TIME]", "[NET_ADMIN, CAP_SYS_TIME]"),
      ("[ALL]", "[ALL]"),
      ("[net_admin]", "[net_admin]"),
      (#"["${NONE:-CHOWN}"]"#, "[CHOWN]"),
      ("[CHOWN, CHOWN]", "[CHOWN]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("cap_add", "cap_add: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("ALL", "C0101 4:14"),
      ("{a: b}", "C0101 4:14"),
      ("[NET_ADMN]", "C0115 4:15"),
      ("[{a: b}]", "C0101 4:15"),
      ("[true]", "C0101 4:15"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("cap_add: \(text)") == expected)
  }

  @Test(
    "entries add up, each once",
    arguments: [
      ("[CHOWN]", "[KILL, CHOWN]", "[CHOWN, KILL]"),
      ("[CHOWN]", "!override [KILL]", "[KILL]"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("cap_add", "cap_add: \(base)", "cap_add: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("[CHOWN]", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("cap_add: \(text)") == expected)
  }
}
