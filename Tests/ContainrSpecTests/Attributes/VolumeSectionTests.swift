// volumes at the top level.
import Testing

struct VolumeSectionTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("", "{name: demo_v}"),
      (#"{name: "${WORD}"}"#, "{name: word}"),
      (
        #"{driver: local, driver_opts: {type: nfs, o: "addr=10.0.0.1,rw", device: ":/x"}, labels: {a: 1}}"#,
        "{driver: local, driver_opts: {device: :/x, o: 'addr=10.0.0.1,rw', type: nfs}, labels: {a: '1'}, name: demo_v}"
      ),
      (
        "{driver: local, driver_opts: {type: none, o: bind, device: ./data}}",
        "{driver: local, driver_opts: {device: /srv/demo/data, o: bind, type: none}, name: demo_v}"
      ),
      ("{driver_opts: {size: 5}}", "{driver_opts: {size: '5'}, name: demo_v}"),
      ("{external: true}", "{external: true, name: v}"),
      ("{external: true, name: real}", "{external: true, name: real}"),
      ("{external: {name: real}}", "{external: true, name: real}"),
      ("{external: false}", "{name: demo_v}"),
      ("{x-a: 1}", "{name: demo_v, x-a: 1}"),
    ])
  func forms(text: String, expected: String) {
    #expect(sectionModel("volumes", "v", text) == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("text", "C0101 2:14"),
      ("[a]", "C0101 2:14"),
      ("{drivr: x}", "C0102 2:15"),
      (#"{name: "a b"}"#, "C0119 2:21"),
      ("{driver: [a]}", "C0101 2:23"),
      ("{driver_opts: text}", "C0101 2:28"),
      ("{driver_opts: {a: [b]}}", "C0101 2:32"),
      ("{external: maybe}", "C0101 2:25"),
      ("{external: {id: x}}", "C0102 2:26"),
      ("{external: true, driver: local}", "C0222 2:31"),
      ("{external: true, labels: {a: b}}", "C0222 2:31"),
      ("{external: {name: a}, name: b}", "C0222 2:42"),
    ])
  func wrong(text: String, expected: String) {
    #expect(sectionMistakes("volumes", "v", text) == expected)
  }

  @Test(
    "key by key, and a later file wins",
    arguments: [
      (
        "{driver: local, labels: {a: 1}}", "{labels: [a=2, b=3]}",
        "{driver: local, labels: {a: '2', b: '3'}, name: demo_v}"
      ),
      ("{driver_opts: {a: 1, b: 2}}", "{driver_opts: {b: 3}}", "{driver_opts: {a: '1', b: '3'}, name: demo_v}"),
      ("{external: true}", "", "{external: true, name: v}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(sectionModel("volumes", "v", base, over) == expected)
  }

  @Test(
    "what this version does with it",
    arguments: [
      ("", ""),
      ("{driver: local}", ""),
      ("{external: true}", ""),
      ("{name: x}", ""),
      ("{driver: nfs}", "C0401 2:15"),
      ("{driver_opts: {a: b}}", "C0401 2:32"),
      ("{driver_opts: {type: nfs}}", "C0401 2:35"),
      (#"{driver_opts: {type: nfs, o: "addr=10.0.0.1,rw", device: ":/x"}}"#, ""),
      ("{driver_opts: {type: nfs, device: /x}}", "C0401 2:48"),
      ("{driver_opts: {type: tmpfs, device: tmpfs, o: \"size=1m,uid=1000\"}}", ""),
      ("{driver_opts: {type: none, o: bind, device: ./data}}", ""),
      ("{driver_opts: {type: none, device: /data}}", "C0401 2:35"),
      ("{driver_opts: {type: ext4, o: bind, device: /data}}", "C0401 2:35"),
      ("{driver_opts: {type: none, o: \"bind,size=1\", device: /data}}", "C0401 2:44"),
      ("{driver_opts: {type: ext4, o: remount, device: /dev/sda}}", "C0401 2:44"),
      ("{driver_opts: {dev: /x, type: none}}", "C0401 2:34"),
      ("{labels: {a: b}}", ""),
      ("{x-containr: {idmap: host-user}}", "C0401 2:28"),
    ])
  func run(text: String, expected: String) {
    #expect(sectionRunning("volumes", "v", text) == expected)
  }

  @Test(
    "a name that no volume can have is an error",
    arguments: [
      ("a b", "C0119 2:11"), ("-a", "C0119 2:11"), ("a/b", "C0119 2:11"),
    ])
  func names(name: String, expected: String) {
    let loaded = loadFiles(["services: {web: {image: i}}\nvolumes: {\"\(name)\": {}}"])
    #expect(places(loaded.errors) == expected)
  }
}
