// logging.driver: journald, with a journal of the test's own.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Logs in the journal", .serialized, .asRoot)
struct JournaldLogTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "echo hello; echo bad >&2; while test ! -e /out/go; do sleep 0.02; done; echo again; exec sleep 100000"]
        volumes: ["./out:/out"]
        stop_signal: SIGKILL
        logging: {driver: journald, options: {tag: "app/{{.Name}}"}}

    """

  @Test("each line goes there with its container's fields, and stays in the log; without a journal nothing is begun")
  func lines() throws {
    try Bed.use(Self.stack) { bed in
      let journal = "\(bed.path)/journal"
      let environment = ["CONTAINR_JOURNALD_SOCKET": journal]
      let without = try bed.tryUp(environment: environment)
      #expect(without.code == 2 && without.errors.contains("there is no journal of systemd here"), "\(without)")
      let socket = try JournalSocket(journal)
      defer { socket.close() }
      try bed.tryUp(environment: environment).succeeding()
      var lines: [String] = []
      func received() -> [String] {
        while let bytes = socket.next() { lines.append(String(decoding: bytes, as: UTF8.self)) }
        return lines
      }
      try eventually("both lines are there") { received().count == 2 }
      let out = try #require(received().first { $0.hasSuffix("hello\n") })
      for field in [
        "CONTAINER_NAME=t-web-1", "CONTAINER_TAG=app/t-web-1", "SYSLOG_IDENTIFIER=app/t-web-1", "PRIORITY=6",
        "CONTAINR_STACK=t", "CONTAINR_SERVICE=web", "CONTAINER_ID=t-web-1",
      ] { #expect(out.contains(field + "\n"), "\(out)") }
      #expect(received().contains { $0.hasSuffix("bad\n") && $0.contains("PRIORITY=3\n") })
      let logs = try bed.run("containr", ["logs", "-p", "t", "--no-log-prefix"]).output
      #expect(Set(logs.split(separator: "\n")) == ["hello", "bad"], "\(logs)")
      // Another driver in place: the process does not notice, the journal does.
      let pid = try bed.pid("web")
      try bed.edit("driver: journald, options: {tag: \"app/{{.Name}}\"}", "driver: local")
      try bed.tryUp(environment: environment).succeeding()
      #expect(try bed.pid("web") == pid)
      try bed.sandbox.directory.write("", to: "out/go")
      try eventually("it is in the log") {
        try bed.run("containr", ["logs", "-p", "t"]).output.contains("again")
      }
      #expect(received().count == 2)
    }
  }
}
