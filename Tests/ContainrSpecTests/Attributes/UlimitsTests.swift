// ulimits: resource limits of processes.
import Testing

struct UlimitsTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{nofile: 65535, nproc: {soft: 1024, hard: 2048}}", "{nofile: 65535, nproc: {hard: 2048, soft: 1024}}"),
      ("{core: -1}", "{core: -1}"),
      (#"{nofile: "${NUMBER}"}"#, "{nofile: 3}"),
      (#"{nofile: {soft: "${NUMBER}", hard: "4"}}"#, "{nofile: {hard: 4, soft: 3}}"),
      ("{}", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("ulimits", "ulimits: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("65535", "C0101 4:14"),
      ("[a]", "C0101 4:14"),
      ("{nofile: x}", "C0113 4:23"),
      ("{nofile: [1]}", "C0101 4:23"),
      ("{nofile: {soft: 1}}", "C0104 4:23"),
      ("{nofile: {soft: 1, hard: 2, max: 3}}", "C0102 4:42"),
      ("{nofile: {soft: x, hard: 2}}", "C0113 4:30"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("ulimits: \(text)") == expected)
  }

  @Test(
    "limit by limit, a later file wins",
    arguments: [
      ("{nofile: 1, nproc: 2}", "{nofile: {soft: 3, hard: 4}}", "{nofile: {hard: 4, soft: 3}, nproc: 2}"),
      ("{nofile: {soft: 3, hard: 4}}", "{nofile: 5}", "{nofile: 5}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("ulimits", "ulimits: \(base)", "ulimits: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("{nofile: 1}", ""),
      ("{nofile: {soft: 1, hard: -1}}", ""),
      ("{nofiles: 1}", "C0401 4:15"),
      ("{nofile: {soft: 2, hard: 1}}", "C0222 4:23"),
      ("{nofile: {soft: -1, hard: 1}}", "C0222 4:23"),
      ("{}", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("ulimits: \(text)") == expected)
  }
}
