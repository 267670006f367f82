// logging: how output is kept.
import ContainrSpec
import Testing

struct LoggingTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (
        "{driver: json-file, options: {max-size: 10m, max-file: 3}}",
        "{driver: json-file, options: {max-file: '3', max-size: 10m}}"
      ),
      (#"{driver: "${WORD}"}"#, "{driver: word}"),
      ("{options: {a: , b: true}}", "{options: {a: null, b: 'true'}}"),
      ("{driver: none, x-a: 1}", "{driver: none, x-a: 1}"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("logging", "logging: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("json-file", "C0101 4:14"),
      ("{opts: {a: b}}", "C0102 4:15"),
      ("{driver: [a]}", "C0101 4:23"),
      ("{options: [a]}", "C0101 4:24"),
      ("{options: {a: [b]}}", "C0101 4:28"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("logging: \(text)") == expected)
  }

  @Test(
    "options of one driver add up; another driver takes them away",
    arguments: [
      ("{driver: a, options: {x: 1, y: 2}}", "{driver: a, options: {y: 3}}", "{driver: a, options: {x: '1', y: '3'}}"),
      ("{driver: a, options: {x: 1}}", "{driver: b, options: {y: 2}}", "{driver: b, options: {y: '2'}}"),
      ("{driver: a, options: {x: 1}}", "{options: {y: 2}}", "{driver: a, options: {x: '1', y: '2'}}"),
      ("{options: {x: 1}}", "{driver: b}", "{driver: b, options: {x: '1'}}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("logging", "logging: \(base)", "logging: \(over)") == expected)
  }

  @Test(
    "what this version makes of it",
    arguments: [
      ("{driver: json-file}", ""), ("{driver: local}", ""), ("{driver: none}", ""), ("{}", ""),
      ("{options: {max-size: 10m, max-file: 3}}", ""), ("{options: {max-size: -1, max-file: '1'}}", ""),
      ("{driver: json-file, options: {a: , x-a: 1}}", ""),
      // Other drivers would take the output elsewhere.
      ("{driver: syslog, options: {syslog-address: x, max-size: x}}", "C0401 4:23"),
      ("{driver: json_file}", "C0401 4:23"),
      // What changes nothing about how much is kept is a warning, what nobody knows is an error.
      ("{driver: local, options: {compress: true, mode: non-blocking}}", "C0400 4:40, C0400 4:56"),
      ("{driver: none, options: {max-size: 1m}}", "C0400 4:39"),
      ("{driver: journald, options: {tag: 'a/{{.Name}}', max-size: 1m}}", ""),
      ("{driver: journald, options: {tag: '{{.DaemonName}}'}}", "C0401 4:48"), ("{options: {tag: x}}", "C0400 4:25"),
      ("{options: {max_size: 1m}}", "C0401 4:25"), ("{options: {max-size: 0}}", ""),
      ("{options: {max-size: 10x}}", "C0401 4:35"), ("{options: {max-size: -5}}", "C0401 4:35"),
      ("{options: {max-file: 0}}", "C0401 4:35"), ("{options: {max-file: a}}", "C0401 4:35"),
    ])
  func run(text: String, expected: String) {
    #expect(running("logging: \(text)") == expected)
  }

  @Test("the plan has what the file says, with its place, and nothing that it does not say")
  func plan() throws {
    let service = try loadWeb("logging: {driver: local, options: {max-size: 2k, max-file: 4}}").service()
    #expect(
      service.fields.filter { $0.path.hasPrefix("logging.") }.map { "\($0.path)=\($0.value)" } == [
        "logging.driver=local", "logging.options.max-file=4", "logging.options.max-size=2048",
      ])
    #expect(service.origins["logging.options.max-size"]?.column == 50)
    #expect(try loadWeb("logging: {}").service().logging == nil)
    #expect(try loadWeb("logging: {options: {max-size: -1}}").service().logging?.maxSize == -1)
    #expect(loadWeb("logging: {driver: jsonfile}").text.contains("did you mean 'json-file'?"))
    #expect(loadWeb("logging: {driver: fluentd}").text.contains("collect the files"))
  }
}
