// volumes: mounts of a service.
import Testing

struct VolumesTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[data:/d]", "[{source: data, target: /d, type: volume, volume: {}}]"),
      (
        "[./a:/a:ro]",
        "[{bind: {create_host_path: true}, read_only: true, source: /srv/demo/a, target: /a, type: bind}]"
      ),
      ("[/abs:/a/]", "[{bind: {create_host_path: true}, source: /abs, target: /a, type: bind}]"),
      ("[/anonymous]", "[{target: /anonymous, type: volume, volume: {}}]"),
      (
        #"["./a:/a:rw,z,rshared"]"#,
        "[{bind: {create_host_path: true, propagation: rshared, selinux: z}, source: /srv/demo/a, target: /a, type: bind}]"
      ),
      ("[data:/d:nocopy]", "[{source: data, target: /d, type: volume, volume: {nocopy: true}}]"),
      ("[{type: bind, source: ./a, target: /a}]", "[{source: /srv/demo/a, target: /a, type: bind}]"),
      (
        "[{type: bind, source: ./a, target: /a, read_only: true, consistency: cached, bind: {propagation: rslave, selinux: Z, recursive: disabled}}]",
        "[{bind: {create_host_path: true, propagation: rslave, recursive: disabled, selinux: Z}, consistency: cached, read_only: true, source: /srv/demo/a, target: /a, type: bind}]"
      ),
      (
        "[{type: bind, source: ./a, target: /a, bind: {create_host_path: false}}]",
        "[{bind: {create_host_path: false}, source: /srv/demo/a, target: /a, type: bind}]"
      ),
      (
        #"[{type: volume, source: data, target: /d, volume: {nocopy: "true", labels: [a=1], subpath: x/y}}]"#,
        "[{source: data, target: /d, type: volume, volume: {labels: {a: '1'}, nocopy: true, subpath: x/y}}]"
      ),
      ("[{type: volume, target: /d}]", "[{target: /d, type: volume}]"),
      (
        "[{type: tmpfs, target: /t, tmpfs: {size: 64m, mode: 0o1777}}]",
        "[{target: /t, tmpfs: {mode: '1777', size: '67108864'}, type: tmpfs}]"
      ),
      (
        "[{type: image, source: alpine, target: /i, image: {subpath: etc}}]",
        "[{image: {subpath: etc}, source: alpine, target: /i, type: image}]"
      ),
      ("[{type: npipe, source: p, target: /p}]", "[{source: p, target: /p, type: npipe}]"),
      ("[{type: cluster, source: c, target: /c}]", "[{source: c, target: /c, type: cluster}]"),
      (#"["data:/${WORD}"]"#, "[{source: data, target: /word, type: volume, volume: {}}]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("volumes", "volumes: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("data:/d", "C0101 4:14"),
      ("{a: b}", "C0101 4:14"),
      ("[[a]]", "C0101 4:15"),
      (#"[":/x"]"#, "C0110 4:15"),
      (#"["./a:b"]"#, "C0118 4:15"),
      ("[nodata:/d]", "C0210 4:15"),
      (#"["./a:/a:rx"]"#, "C0110 4:15"),
      ("[{source: ./a, target: /a}]", "C0104 4:15"),
      ("[{type: bind, source: ./a}]", "C0104 4:15"),
      ("[{type: bind, target: /a}]", "C0104 4:15"),
      ("[{type: folder, target: /a}]", "C0110 4:22"),
      ("[{type: tmpfs, target: /a, bind: {create_host_path: true}}]", "C0222 4:41"),
      ("[{type: bind, source: ./a, target: /a, bind: {selinux: x}}]", "C0110 4:69"),
      ("[{type: bind, source: ./a, target: /a, bind: {recursive: no}}]", "C0110 4:71"),
      ("[{type: bind, source: ./a, target: /a, readonly: true}]", "C0102 4:53"),
      ("[{type: tmpfs, target: /t, tmpfs: {size: x}}]", "C0112 4:55"),
      (#"[{type: tmpfs, target: /t, tmpfs: {mode: "9"}}]"#, "C0113 4:55"),
      ("[{type: image, source: x, target: /i, image: {path: x}}]", "C0102 4:60"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("volumes: \(text)") == expected)
  }

  @Test(
    "a later file replaces the mount on the same target, and adds others",
    arguments: [
      ("[data:/d]", "[more:/d]", "[{source: more, target: /d, type: volume, volume: {}}]"),
      (
        "[data:/d]", "[more:/m]",
        "[{source: data, target: /d, type: volume, volume: {}}, {source: more, target: /m, type: volume, volume: {}}]"
      ),
      ("[data:/d]", "[{type: tmpfs, target: /d/}]", "[{target: /d, type: tmpfs}]"),
      ("[data:/d]", "!override [more:/m]", "[{source: more, target: /m, type: volume, volume: {}}]"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("volumes", "volumes: \(base)", "volumes: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start, unless it asks for what happens anyway",
    arguments: [
      ("[data:/d, ./a:/a:ro]", ""),
      ("[/anonymous, {type: volume, target: /other}]", ""),
      ("[./a:/a:rshared]", "C0401 4:15"),
      ("[./a:/a:z, data:/d:Z]", ""),
      ("[{type: image, source: x, target: /i}]", ""),
      ("[{type: image, source: x, target: /i, read_only: true, image: {subpath: a/b}}]", ""),
      ("[{type: image, source: x, target: /i, read_only: false}]", "C0401 4:63"),
      ("[{type: image, target: /i}]", "C0104 4:15"),
      (#"[{type: image, source: "a b", target: /i}]"#, "C0110 4:37"),
      ("[{type: image, source: x, target: /i, image: {subpath: ../a}}]", "C0118 4:69"),
      ("[{type: volume, target: /i, image: {subpath: a}}]", "C0222 4:42"),
      ("[{type: npipe, source: x, target: /i}]", "C0401 4:22"),
      ("[{type: bind, source: ./a, target: /a, bind: {propagation: rshared}}]", "C0401 4:73"),
      ("[{type: bind, source: ./a, target: /a, bind: {propagation: rprivate}}]", ""),
      ("[{type: bind, source: ./a, target: /a, bind: {propagation: rslave}}]", ""),
      ("[./a:/a:rslave]", ""),
      ("[data:/d:rslave]", "C0401 4:15"),
      ("[{type: bind, source: ./a, target: /a, bind: {recursive: disabled}}]", ""),
      ("[{type: bind, source: ./a, target: /a, read_only: true, bind: {recursive: readonly}}]", ""),
      ("[{type: bind, source: ./a, target: /a, bind: {recursive: readonly}}]", "C0222 4:71"),
      ("[{type: bind, source: ./a, target: /a, read_only: true, bind: {recursive: writable}}]", "C0401 4:88"),
      ("[{type: volume, source: data, target: /d, volume: {subpath: a//b/}}]", ""),
      ("[{type: volume, source: data, target: /d, volume: {subpath: a/../b}}]", "C0118 4:74"),
    ])
  func run(text: String, expected: String) {
    #expect(running("volumes: \(text)") == expected)
  }

  @Test(
    "what is allowed but doubtful is a warning",
    arguments: [
      ("[data:/d, more:/d]", "C0221 4:24")
    ])
  func doubtful(text: String, expected: String) {
    #expect(warnings("volumes: \(text)") == expected)
  }
}
