// Binds that give the host away are told, each with its line; others are not.
import Testing

@testable import ContainrSpec

struct HostControlTests {
  @Test(
    "control sockets, the host's root and places that the host obeys are warned of",
    arguments: [
      "/var/run/docker.sock:/var/run/docker.sock", "/run/docker.sock:/d.sock:ro", "/run/user/1000/docker.sock:/d",
      "/run/containerd/containerd.sock:/c", "/run/podman/podman.sock:/p", "/run/crio/crio.sock:/c",
      "/run/dbus/system_bus_socket:/b", "/:/host:ro", "/:/host", "/run:/run:ro", "/var/run/:/r", "/etc:/e",
      "/etc/../etc:/e",
      "/proc:/host/proc", "/sys:/s", "/dev:/host/dev", "/usr:/u", "/var/lib/docker:/d",
    ])
  func told(volume: String) {
    #expect(loadWeb("volumes: [\"\(volume)\"]").codes == ["C0315"])
  }

  @Test(
    "what gives nothing away is silent",
    arguments: [
      "./etc:/etc", "/etc/localtime:/etc/localtime:ro", "/etc:/e:ro", "/proc:/host/proc:ro", "/sys:/host/sys:ro",
      "/var/lib/docker:/d:ro", "/srv/run:/run", "/dev/shm:/s", "/run/secrets.d/one:/one", "data:/var/run/docker.sock",
      "/home/me/docker.sock.d:/x",
    ])
  func silent(volume: String) {
    #expect(loadWeb("volumes: [\"\(volume)\"]", rest: "volumes: {data: }").codes == [])
  }

  @Test("it is a warning with its line and a way out, in the long form as well")
  func place() throws {
    let text =
      "services:\n  web:\n    image: x\n    volumes:\n      - type: bind\n        source: /var/run/docker.sock\n        target: /d\n"
    let found = load(text).result.diagnostics
    #expect(found.map(\.severity) == [.warning])
    let words = found.map { "\($0.message) \($0.label ?? "") \($0.help ?? "")" }.joined()
    #expect(words.contains("/var/run/docker.sock") && words.contains("Docker does whatever") && words.contains("proxy"))
  }
}
