// cgroup_parent: the cgroup to put the container into.
import Testing

struct CgroupParentTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("m-executor-abcd", "m-executor-abcd"),
      ("${WORD}", "word"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("cgroup_parent", "cgroup_parent: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("[a]", "C0101 4:20"),
      ("{a: b}", "C0101 4:20"),
      ("true", "C0101 4:20"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("cgroup_parent: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("m-executor-abcd", "other", "other"),
      ("m-executor-abcd", "", "m-executor-abcd"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("cgroup_parent", "cgroup_parent: \(base)", "cgroup_parent: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("/x/y", ""),
      ("user.slice", "C0401 4:20"),
      ("../x", "C0118 4:20"),
    ])
  func run(text: String, expected: String) {
    #expect(running("cgroup_parent: \(text)") == expected)
  }
}
