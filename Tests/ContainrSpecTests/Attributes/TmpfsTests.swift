// tmpfs: file systems in memory.
import Testing

struct TmpfsTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("/run", "[/run]"),
      (#"[/run, "/tmp:size=64m,mode=1777"]"#, "[/run, '/tmp:size=64m,mode=1777']"),
      (#"["/tmp:uid=1000,noexec"]"#, "['/tmp:uid=1000,noexec']"),
      (#""/${WORD}""#, "[/word]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("tmpfs", "tmpfs: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("run", "C0118 4:12"),
      (#"["/a:size=x"]"#, "C0112 4:13"),
      (#"["/a:mode=9"]"#, "C0113 4:13"),
      ("{a: b}", "C0101 4:12"),
      ("[{a: b}]", "C0101 4:13"),
      ("/t\nvolumes: [data:/t]", "C0221 4:12"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("tmpfs: \(text)") == expected)
  }

  @Test(
    "a later file replaces the one on the same target, and adds others",
    arguments: [
      ("/a", "/b", "[/a, /b]"),
      (#"["/a:size=1m"]"#, #"["/a:size=2m"]"#, "[/a:size=2m]"),
      ("[/a, /b]", #""/a:mode=700""#, "[/a:mode=700, /b]"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("tmpfs", "tmpfs: \(base)", "tmpfs: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start, unless it asks for what happens anyway",
    arguments: [
      ("/run", ""),
      (#"["/a:size=1m,mode=700"]"#, ""),
      (#"["/a:uid=5"]"#, ""),
      (#"["/a:mpol=bind"]"#, "C0401 4:13"),
    ])
  func run(text: String, expected: String) {
    #expect(running("tmpfs: \(text)") == expected)
  }
}
