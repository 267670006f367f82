// ports and expose.
import Testing

@testable import ContainrSpec

struct PortTests {
  @Test(
    "short forms",
    arguments: [
      ("80", ["0.0.0.0:auto:80/tcp"]), ("8080:80", ["0.0.0.0:8080/tcp"]), ("127.0.0.1:8080:80", ["127.0.0.1:8080/tcp"]),
      ("5353:53/udp", ["0.0.0.0:5353/udp"]),
      ("8000-8002:80-82", ["0.0.0.0:8000/tcp", "0.0.0.0:8001/tcp", "0.0.0.0:8002/tcp"]),
      ("127.0.0.1:8000-8002:80", ["127.0.0.1:8000-8002:80/tcp"]),
      ("3000-3001", ["0.0.0.0:auto:3000/tcp", "0.0.0.0:auto:3001/tcp"]), ("127.0.0.1::80", ["127.0.0.1:auto:80/tcp"]),
      (":2283:2283", ["0.0.0.0:2283/tcp"]), ("0.0.0.0:1:2", ["0.0.0.0:1/tcp"]), ("0:80", ["0.0.0.0:auto:80/tcp"]),
      ("65535:65535/TCP", ["0.0.0.0:65535/tcp"]), ("7:7/sctp", ["0.0.0.0:7/sctp"]),
      ("[::1]:6001:6001", ["[::1]:6001/tcp"]), ("::1:6000:6000/udp", ["[::1]:6000/udp"]),
      ("[::]:80-81:80-81", ["[::]:80/tcp", "[::]:81/tcp"]), ("[::1]::80/sctp", ["[::1]:auto:80/sctp"]),
      ("[2001:DB8:0::1]:8000-8002:80", ["[2001:db8::1]:8000-8002:80/tcp"]),
      ("[::ffff:10.0.0.1]:1:2", ["10.0.0.1:1/tcp"]),
    ])
  func short(text: String, keys: [String]) throws {
    let loaded = loadWeb("ports: [\"\(text)\"]")
    #expect(try loaded.service().ports.map(\.key) == keys)
    #expect(loaded.codes.isEmpty)
  }

  @Test("a plain number and the long form")
  func long() throws {
    #expect(try loadWeb("ports:\n  - 8013").service().ports[0].containerPort == 8013)
    let ports = try loadWeb(
      """
      ports:
        - {target: 80, published: "8080", host_ip: 127.0.0.1, protocol: udp, mode: host, name: x, app_protocol: http}
        - {target: 90, published: 9090}
        - target: 91
      """
    ).service().ports
    #expect(ports.map(\.key) == ["127.0.0.1:8080/udp", "0.0.0.0:9090/tcp", "0.0.0.0:auto:91/tcp"])
    #expect(ports[0].name == "x" && ports[0].appProtocol == "http" && ports[1].name == nil)
    #expect(loadWeb("ports: [{target: 80, name: \"a b\"}]").codes == ["C0401"])
    let field = try loadWeb("ports: [{target: 80, name: x, app_protocol: h2}]").service().fields.first {
      $0.path == "ports.0.0.0.0:auto:80/tcp"
    }
    #expect(field?.value == "80 name=x app=h2")
  }

  @Test("every address, of one family or of both")
  func families() throws {
    func port(_ text: String) throws -> PortPlan { try loadWeb("ports: [\"\(text)\"]").service().ports[0] }
    #expect(try port("80:80").hostAddress == nil)
    #expect(try port("0.0.0.0:80:80").hostAddress == "0.0.0.0" && port("[::]:80:80").hostAddress == "::")
    // Its key is that of both, so its value tells them apart.
    let four = try loadWeb("ports: [\"0.0.0.0:80:80\"]").service().fields.first { $0.path == "ports.0.0.0.0:80/tcp" }
    #expect(four?.value == "80 family=ipv4")
    for (ports, codes) in [
      ("\"0.0.0.0:80:1\", \"[::]:80:1\"", []), ("\"127.0.0.1:80:1\", \"[::1]:80:1\"", []),
      ("\"80:1\", \"[::]:80:1\"", ["C0220"]), ("\"80:1\", \"[::1]:80:1\"", ["C0220"]),
      ("\"[::]:80:1\", \"[::1]:80:1\"", ["C0220"]), ("\"0.0.0.0:80:1\", \"127.0.0.1:80:1\"", ["C0220"]),
    ] { #expect(loadWeb("ports: [\(ports)]").codes == codes, "\(ports)") }
  }

  @Test("an address of a family that no network of the service has is shown beside what switched it off")
  func noFamily() throws {
    func web(_ port: String, _ network: String) -> Loaded {
      load(
        "services: {web: {layers: [x], command: [c], ports: [\"\(port)\"]}}\nnetworks: {default: {\(network)}}")
    }
    let six = web("[::1]:80:80", "enable_ipv6: false")
    #expect(six.codes == ["C0222"] && six.text.contains("switched off here"), "\(six.text)")
    #expect(web("127.0.0.1:80:80", "enable_ipv4: false").codes == ["C0222"])
    #expect(web("[::1]:80:80", "enable_ipv4: false").codes.isEmpty)
    #expect(web("80:80", "enable_ipv6: false").codes.isEmpty && web("[::1]:80:80", "external: true").codes.isEmpty)
  }

  @Test("a wild default without a host port is read")
  func wild() throws {
    #expect(try loadWeb("ports:\n  - ${EXPOSE_PORT-:2283:2283}").service().ports.map(\.hostPort) == [2283])
  }

  @Test(
    "mistakes are errors with the right code",
    arguments: [
      ("99999", "C0117"), ("0", "C0117"), ("a:80", "C0117"), ("80:a", "C0117"), ("80-70:80-70", "C0117"),
      ("8000-8001:80-82", "C0117"), ("8000:80-81", "C0117"), ("1.2.3:80:80", "C0116"), ("256.0.0.1:80:80", "C0116"),
      ("80/foo", "C0117"), ("80/tcp/udp", "C0117"), ("[::g]:6000:6000", "C0116"),
      ("[fe80::1]:6001:6001", "C0401"),
      ("1:2:3:4", "C0116"), ("", "C0117"), (":", "C0117"), ("99999999999999999999:80", "C0117"), ("-1:80", "C0117"),
    ])
  func mistakes(text: String, code: String) {
    #expect(loadWeb("ports: [\"\(text)\"]").codes == [code])
  }

  @Test("long form mistakes")
  func longMistakes() throws {
    #expect(loadWeb("ports: [{published: 80}]").codes == ["C0104"])
    #expect(loadWeb("ports: [{target: x}]").codes == ["C0117"])
    #expect(loadWeb("ports: [{target: 80, protocol: foo}]").codes == ["C0117"])
    #expect(
      try loadWeb("ports: [{target: 80, host_ip: \"::\", published: 8}]").service().ports.map(\.key) == ["[::]:8/tcp"])
    #expect(loadWeb("ports: [{target: 80-82, published: 8-9}]").codes == ["C0117"])
    #expect(loadWeb("ports: [{target: 80, host_port: 8}]").text.contains("did you mean 'published'?"))
    #expect(loadWeb("ports: 80").codes == ["C0101"])
    #expect(loadWeb("ports: [[80]]").codes == ["C0101"])
  }

  @Test("the same host port twice, in one service and in two, shows both places")
  func duplicates() throws {
    #expect(loadWeb("ports: [\"80:1\", \"80:2\"]").codes == ["C0220"])
    #expect(loadWeb("ports: [\"80:1\", \"80:1/udp\"]").codes.isEmpty)
    let two = """
      services:
        a: {layers: [x], command: [c], ports: ["127.0.0.1:80:80"]}
        b: {layers: [x], command: [c], ports: ["80:80"]}
        c: {layers: [x], command: [c], ports: ["127.0.0.2:81:80"]}
        d: {layers: [x], command: [c], ports: ["127.0.0.3:81:80"]}
      """
    let finding = try load(two).finding("C0220")
    #expect(finding.primary?.start.line == 3)
    #expect(finding.secondary[0].label == "first published by 'a'")
    let ranges =
      "services: {a: {layers: [x], command: [c], ports: [\"1000-2000:1000-2000\"]}, b: {layers: [x], command: [c], ports: [\"1500-2500:1-1001\"]}}"
    #expect(load(ranges).codes == ["C0220"])
  }

  @Test("several containers cannot share a host port")
  func replicas() {
    #expect(loadWeb("ports: [\"80:80\"]\nscale: 2").codes == ["C0223"])
    #expect(loadWeb("ports: [80]\nscale: 2").codes.isEmpty)
  }

  @Test("huge ranges in many services are bounded")
  func bounded() {
    var text = "x-a: &a {layers: [x], command: [c], ports: [1-65535]}\nservices:\n"
    for index in 0..<50 { text += "  s\(index): *a\n" }
    #expect(load(text).codes == ["C0003"])
  }

  @Test("expose is checked and has no effect")
  func expose() throws {
    #expect(try loadWeb("expose: [80, \"90/udp\", \"1-5\"]").service().ports.isEmpty)
    #expect(loadWeb("expose: [abc]").codes == ["C0117"])
  }
}
