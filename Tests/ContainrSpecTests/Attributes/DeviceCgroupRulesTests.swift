// device_cgroup_rules: devices that may be used.
import Testing

struct DeviceCgroupRulesTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("['c 1:3 mr', 'a 7:* rwm']", "[c 1:3 mr, a 7:* rwm]"),
      (#"["c ${NUMBER}:* r"]"#, "[c 3:* r]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("device_cgroup_rules", "device_cgroup_rules: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("c 1:3 r", "C0101 4:26"),
      ("['x 1:3 r']", "C0110 4:27"),
      ("['c 1 r']", "C0110 4:27"),
      ("['c 1:3 x']", "C0110 4:27"),
      ("[{a: b}]", "C0101 4:27"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("device_cgroup_rules: \(text)") == expected)
  }

  @Test(
    "entries add up, each once",
    arguments: [
      ("['c 1:3 r']", "['c 1:5 r', 'c 1:3 r']", "[c 1:3 r, c 1:5 r]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("device_cgroup_rules", "device_cgroup_rules: \(base)", "device_cgroup_rules: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("['c 1:3 r']", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("device_cgroup_rules: \(text)") == expected)
  }
}
