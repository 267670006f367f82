// extra_hosts: further entries of /etc/hosts.
import Testing

struct ExtraHostsTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (#"["b=10.0.0.2", "a=10.0.0.1"]"#, "[a=10.0.0.1, b=10.0.0.2]"),
      (#"["a:10.0.0.1"]"#, "[a=10.0.0.1]"),
      (#"["a=::1", "b:[::1]", "c:::1"]"#, "[a=::1, b=::1, c=::1]"),
      (#"["h=host-gateway"]"#, "[h=host-gateway]"),
      (#"{b: 10.0.0.2, a: [10.0.0.1, "::1"]}"#, "[a=10.0.0.1, a=::1, b=10.0.0.2]"),
      (#"["a=10.0.0.1,10.0.0.2"]"#, "[a=10.0.0.1, a=10.0.0.2]"),
      (#"{a: "${ADDRESS}"}"#, "[a=10.0.0.9]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("extra_hosts", "extra_hosts: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("text", "C0101 4:18"),
      ("[a]", "C0116 4:19"),
      (#"["a=x"]"#, "C0116 4:19"),
      ("{a: x}", "C0116 4:22"),
      ("{a: {b: c}}", "C0101 4:22"),
      ("[{a: b}]", "C0101 4:19"),
      (#"["=10.0.0.1"]"#, "C0116 4:19"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("extra_hosts: \(text)") == expected)
  }

  @Test(
    "both add up, equal entries once; one name may have several addresses",
    arguments: [
      (#"["a=10.0.0.1"]"#, #"["a=10.0.0.2", "a=10.0.0.1"]"#, "[a=10.0.0.1, a=10.0.0.2]"),
      ("{a: 10.0.0.1}", #"["b:10.0.0.2"]"#, "[a=10.0.0.1, b=10.0.0.2]"),
      (#"["a:10.0.0.1"]"#, #"["a=10.0.0.1"]"#, "[a=10.0.0.1]"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("extra_hosts", "extra_hosts: \(base)", "extra_hosts: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts, and says nothing",
    arguments: [
      (#"["a=10.0.0.1"]"#, ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("extra_hosts: \(text)") == expected)
  }
}
