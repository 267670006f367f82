// ports: published ports.
import Testing

struct PortsTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[80]", "[{mode: ingress, protocol: tcp, target: 80}]"),
      (#"["8080:80"]"#, "[{mode: ingress, protocol: tcp, published: '8080', target: 80}]"),
      (
        #"["127.0.0.1:8080:80/udp"]"#,
        "[{host_ip: 127.0.0.1, mode: ingress, protocol: udp, published: '8080', target: 80}]"
      ),
      (#"["127.0.0.1::80"]"#, "[{host_ip: 127.0.0.1, mode: ingress, protocol: tcp, target: 80}]"),
      (
        #"["8000-8001:80-81"]"#,
        "[{mode: ingress, protocol: tcp, published: '8000', target: 80}, {mode: ingress, protocol: tcp, published: '8001', target: 81}]"
      ),
      (#"["8000-8010:80"]"#, "[{mode: ingress, protocol: tcp, published: 8000-8010, target: 80}]"),
      (#"["[::1]:6001:6001"]"#, "[{host_ip: ::1, mode: ingress, protocol: tcp, published: '6001', target: 6001}]"),
      (#"["53/sctp"]"#, "[{mode: ingress, protocol: sctp, target: 53}]"),
      (
        #"[{target: 80, published: "8080", host_ip: 127.0.0.1, protocol: udp, mode: host, name: web, app_protocol: http}]"#,
        "[{app_protocol: http, host_ip: 127.0.0.1, mode: host, name: web, protocol: udp, published: '8080', target: 80}]"
      ),
      ("[{target: 80, published: 8000-8010}]", "[{mode: ingress, protocol: tcp, published: 8000-8010, target: 80}]"),
      (#"[{target: "${NUMBER}"}]"#, "[{mode: ingress, protocol: tcp, target: 3}]"),
      (#"["${NUMBER}:80"]"#, "[{mode: ingress, protocol: tcp, published: '3', target: 80}]"),
      ("[{target: 80, mode: custom}]", "[{mode: custom, protocol: tcp, target: 80}]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("ports", "ports: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("80", "C0101 4:12"),
      ("{a: b}", "C0101 4:12"),
      ("[a:b]", "C0117 4:13"),
      ("[0]", "C0117 4:13"),
      ("[70000]", "C0117 4:13"),
      (#"["8000:80-81"]"#, "C0117 4:13"),
      (#"["80/foo"]"#, "C0117 4:13"),
      (#"["1.2.3:80:80"]"#, "C0116 4:13"),
      ("[{published: 80}]", "C0104 4:13"),
      ("[{target: x}]", "C0117 4:22"),
      ("[{target: 80, protocol: foo}]", "C0117 4:36"),
      ("[{target: 80, port: 8}]", "C0102 4:26"),
      ("[{target: 80, host_ip: x}]", "C0116 4:35"),
      ("[[80]]", "C0101 4:13"),
      (#"["80:1", "80:2"]"#, "C0220 4:21"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("ports: \(text)") == expected)
  }

  @Test(
    "a later file replaces the same port, and adds others",
    arguments: [
      (
        #"["80:80"]"#, #"["81:81"]"#,
        "[{mode: ingress, protocol: tcp, published: '80', target: 80}, {mode: ingress, protocol: tcp, published: '81', target: 81}]"
      ),
      (#"["80:80"]"#, #"["80:80"]"#, "[{mode: ingress, protocol: tcp, published: '80', target: 80}]"),
      (
        #"["80:80"]"#, "[{target: 80, published: 80, name: web}]",
        "[{mode: ingress, name: web, protocol: tcp, published: '80', target: 80}]"
      ),
      (#"["0.0.0.0:80:80/tcp"]"#, #"["80:80"]"#, "[{mode: ingress, protocol: tcp, published: '80', target: 80}]"),
      (#"["80:80"]"#, "!reset []", "-"),
      (#"["80:80"]"#, "!override [81]", "[{mode: ingress, protocol: tcp, target: 81}]"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("ports", "ports: \(base)", "ports: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start, unless it asks for what happens anyway",
    arguments: [
      (#"["8080:80"]"#, ""),
      (#"["[fe80::1]:6001:6001"]"#, "C0401 4:13"),
      (#"["8000-8010:80"]"#, ""),
      (#"["53/sctp"]"#, ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("ports: \(text)") == expected)
  }

  @Test(
    "what is allowed but doubtful is a warning",
    arguments: [
      (#"["80:80", "80:80"]"#, "C0221 4:22")
    ])
  func doubtful(text: String, expected: String) {
    #expect(warnings("ports: \(text)") == expected)
  }
}
