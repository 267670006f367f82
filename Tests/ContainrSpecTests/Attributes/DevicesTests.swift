// devices: of the host.
import Testing

struct DevicesTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[/dev/a]", "[{permissions: rwm, source: /dev/a, target: /dev/a}]"),
      (#"["/dev/a:/dev/b"]"#, "[{permissions: rwm, source: /dev/a, target: /dev/b}]"),
      (#"["/dev/a:/dev/b:r"]"#, "[{permissions: r, source: /dev/a, target: /dev/b}]"),
      ("[vendor.com/class=name]", "[{permissions: rwm, source: vendor.com/class=name, target: vendor.com/class=name}]"),
      ("[{source: /dev/a, target: /dev/b, permissions: rw}]", "[{permissions: rw, source: /dev/a, target: /dev/b}]"),
      (#"["/dev/${WORD}"]"#, "[{permissions: rwm, source: /dev/word, target: /dev/word}]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("devices", "devices: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("/dev/a", "C0101 4:14"),
      ("{a: b}", "C0101 4:14"),
      (#"["a:b:c:d"]"#, "C0110 4:15"),
      (#"["/dev/a:/dev/b:x"]"#, "C0110 4:15"),
      ("[{target: /dev/b}]", "C0104 4:15"),
      ("[{source: /dev/a, path: x}]", "C0102 4:32"),
      ("[[a]]", "C0101 4:15"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("devices: \(text)") == expected)
  }

  @Test(
    "a later file replaces the device with the same path inside, and adds others",
    arguments: [
      (#"["/dev/a:/dev/x"]"#, #"["/dev/b:/dev/x:r"]"#, "[{permissions: r, source: /dev/b, target: /dev/x}]"),
      (
        "[/dev/a]", "[/dev/b]",
        "[{permissions: rwm, source: /dev/a, target: /dev/a}, {permissions: rwm, source: /dev/b, target: /dev/b}]"
      ),
      (
        "[/dev/a]", "[{source: /dev/c, target: /dev/a, permissions: r}]",
        "[{permissions: r, source: /dev/c, target: /dev/a}]"
      ),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("devices", "devices: \(base)", "devices: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("[/dev/a]", ""),
      ("[vendor.com/class=name]", ""),
      (#"["/dev/a:rw"]"#, ""),
      ("[dev/a]", "C0401 4:15"),
      ("[{source: /dev/a, permissions: x}]", "C0401 4:24"),
      (#"["/dev/a:/proc/a"]"#, "C0118 4:15"),
      (#"["/dev/a:/dev/x", "/dev/b:/dev/x"]"#, "C0221 4:32"),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("devices: \(text)") == expected)
  }
}
