// What the tests of rolling updates start: a web server that says its version, and a crew of three of which one may be bad.
import ContainrTestSupport
import Foundation
import Testing

/// The stacks and looks of these tests.
enum Rolling {
  /// A web server that answers with its version. SIGKILL ends it in the middle of whatever it does: nothing but the drain
  /// keeps a request whole.
  static func web(_ version: String = "v1", _ more: String = "") -> String {
    """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "echo \(version) > /tmp/index.html; exec httpd -f -p 80 -h /tmp"]
        stop_signal: SIGKILL
        ports: ["8080:80"]
        healthcheck: {test: [CMD, probe-page], interval: 1s, timeout: 20s, retries: 3}
        deploy: {update_config: {order: start-first\(more)}}
      client:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL

    """
  }

  static func crew(_ version: String, _ rules: String) -> String {
    """
    services:
      crew:
        layers: [./base]
        command: [sh, -c, "echo \(version) > /tmp/version; case \(version)$(hostname) in bad*-2) exit 3 ;; esac; touch /tmp/well; exec sleep 100000"]
        stop_signal: SIGKILL
        healthcheck: {test: [CMD, test, -e, /tmp/well], interval: 1s, timeout: 20s, start_interval: 50ms, start_period: 60s}
        deploy:
          replicas: 3
          update_config: {monitor: 300ms, \(rules)}

    """
  }

  static func use(_ stack: String, _ body: (Bed) throws -> Void) throws {
    try Bed.use { bed in
      // Says why, as a probe should. The page is there before somebody listens.
      let probe = """
        #!/bin/sh
        read page < /tmp/index.html
        case $page in v*) ;; *) echo "the page is $page"; exit 1 ;; esac
        grep -q ':0050 [0-9A-F:]* 0A' /proc/net/tcp /proc/net/tcp6 || { echo "nobody listens"; exit 1; }

        """
      try bed.sandbox.directory.write(probe, to: "base/bin/probe-page")
      chmod(bed.path + "/base/bin/probe-page", 0o755)
      try run("cp", [try LoadGenerator.path(), bed.path + "/base/bin/load"]).succeeding()
      try bed.write(stack)
      try body(bed)
    }
  }

  /// The ids on the host of everything that is there of a service.
  static func ids(_ bed: Bed, _ service: String = "web") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: bed.sandbox.runDirectory + "/containers").filter {
      $0.hasPrefix("t-\(service)-")
    }.sorted()
  }

  static func versions(_ bed: Bed) throws -> [String] {
    try (1...3).map { index in
      guard let pid = try bed.pids()["crew-\(index)"] else {
        throw TestSupportError("crew-\(index) does not run: \(try bed.ps())")
      }
      return try String(contentsOfFile: "/proc/\(pid)/root/tmp/version", encoding: .utf8).trimmingCharacters(
        in: .newlines)
    }
  }
}
