// A stack whose service is a CI job: privileged, with our programs and what they are linked to.
import ContainrTestSupport
import Foundation

enum NestedJob {
  /// Service `ci`, working directory `/job`, a volume as the state directory of root inside, one as /home.
  static func stack() throws -> String {
    let (programs, places) = try places()
    let volumes = places.map { "\"\($0):\($0):ro\"" }
    return """
      services:
        ci:
          layers: [./base]
          privileged: true
          init: true
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          environment: { NO_COLOR: "1", PATH: "\(programs):/bin:/usr/bin:/usr/sbin", CONTAINR_ADDRESS_POOL: 10.250.0.0/20 }
          volumes: [\(volumes.joined(separator: ", ")), "./base:/base:ro", "./job:/job", "state:/var/lib/containr", "home:/home"]
      volumes: { state: {}, home: {} }

      """
  }

  /// The directory of our programs, and all that have to be there for them.
  static func places() throws -> (programs: String, all: [String]) {
    let programs = URL(fileURLWithPath: try BuiltPrograms.path("containr")).deletingLastPathComponent().path
    var places = ["/usr", "/lib", "/lib64", programs]
    // The toolchain's libraries, wherever they are; release builds need none.
    for line in try run("ldd", ["\(programs)/containr-up"]).succeeding().output.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 2, words[1] == "=>" else { continue }
      let place = URL(fileURLWithPath: String(words[2])).deletingLastPathComponent().path
      if !places.contains(where: { place == $0 || place.hasPrefix("\($0)/") }) { places.append(place) }
    }
    return (programs, places.filter { FileManager.default.fileExists(atPath: $0) })
  }

  /// A stack for who has no limits to give.
  static let inner = """
    name: inner
    services:
      web:
        layers: [/base]
        command: [sh, -c, "mkdir /www; echo page > /www/index.html; rm -r /srv; mkdir /srv; exec httpd -f -p 80 -h /www"]
        stop_signal: SIGKILL
        ports: ["8080:80"]
        healthcheck: { test: [CMD-SHELL, "nc -w 1 127.0.0.1 80 < /dev/null"], interval: 1s, start_interval: 50ms, start_period: 60s, timeout: 20s }
      app: { layers: [/base], command: [sh, -c, "until nc -w 1 web 80 < /dev/null; do sleep 0.1; done; echo found"], depends_on: { web: { condition: service_healthy } } }

    """

  /// Up, seen, used, and down, in a shell inside; each line of what it writes has to be there.
  static let script = """
    set -e
    containr-up -d --wait -y stack.yaml > up.log 2>&1 || { cat up.log; exit 1; }
    containr plan stack.yaml | head -n 1
    wget -q -O - 127.0.0.1:8080
    until containr logs -p inner app | grep found; do sleep 0.1; done
    containr exec -T -p inner web sh -c 'ls -A /srv | wc -l; id -u'
    containr-down -v -y stack.yaml > down.log 2>&1 || { cat down.log; exit 1; }
    """
}
