// security_opt: seccomp, AppArmor, SELinux and the like.
import Testing

struct SecurityOptTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (
        #"["no-new-privileges:true", "seccomp=unconfined", "label:user:USER"]"#,
        "[no-new-privileges:true, seccomp=unconfined, label:user:USER]"
      ),
      (#"["${WORD}"]"#, "[word]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("security_opt", "security_opt: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("x", "C0101 4:19"),
      ("[{a: b}]", "C0101 4:20"),
      ("[true]", "C0101 4:20"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("security_opt: \(text)") == expected)
  }

  @Test(
    "entries add up, each once",
    arguments: [
      ("[a]", "[b, a]", "[a, b]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("security_opt", "security_opt: \(base)", "security_opt: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      (#"["no-new-privileges:true"]"#, ""),
      ("[no-new-privileges]", ""),
      (#"["seccomp:unconfined"]"#, ""),
      ("[seccomp=unconfined, systempaths=unconfined, apparmor=unconfined, label=disable]", ""),
      ("[apparmor=mine]", ""),
      (#"["label:type:mine_t"]"#, ""),
      ("[seccomp=unconfined, seccomp=builtin]", "C0222 4:40"),
      ("[seccomp=missing.json]", "C0232 4:20"),
      ("[secomp=unconfined]", "C0401 4:20"),
      ("[seccomp=]", "C0110 4:20"),
      (#"["no-new-privileges:maybe"]"#, "C0110 4:20"),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("security_opt: \(text)") == expected)
  }
}
