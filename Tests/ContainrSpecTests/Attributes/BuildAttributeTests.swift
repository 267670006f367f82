// build: how the image is built. Attribute by attribute in the specification's order.
import Testing

struct BuildAttributeTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("./dir", "{context: /srv/demo/dir, dockerfile: Dockerfile}"),
      (".", "{context: /srv/demo, dockerfile: Dockerfile}"),
      ("{context: ./dir, dockerfile: ../x.Dockerfile}", "{context: /srv/demo/dir, dockerfile: ../x.Dockerfile}"),
      ("{}", "{context: /srv/demo, dockerfile: Dockerfile}"),
      ("https://github.com/a/b.git#v1:d", "{context: https://github.com/a/b.git#v1:d, dockerfile: Dockerfile}"),
      (#""git@github.com:a/b.git""#, "{context: git@github.com:a/b.git, dockerfile: Dockerfile}"),
      (#"{context: "./${WORD}"}"#, "{context: /srv/demo/word, dockerfile: Dockerfile}"),
      (#"{context: /c, dockerfile_inline: "FROM x"}"#, "{context: /c, dockerfile_inline: FROM x}"),
      (#"{context: /c, dockerfile: "${EMPTY}"}"#, "{context: /c, dockerfile: Dockerfile}"),
      ("{context: /c, args: {A: 1, B: true}}", "{args: {A: '1', B: 'true'}, context: /c, dockerfile: Dockerfile}"),
      (
        "{context: /c, args: [A=1, WORD, MISSING]}", "{args: {A: '1', WORD: word}, context: /c, dockerfile: Dockerfile}"
      ),
      (
        #"{context: /c, additional_contexts: {a: ./x, b: "docker-image://alpine", c: "https://x/y"}}"#,
        "{additional_contexts: {a: /srv/demo/x, b: docker-image://alpine, c: https://x/y}, context: /c, dockerfile: Dockerfile}"
      ),
      (
        "{context: /c, additional_contexts: [a=../x]}",
        "{additional_contexts: {a: /srv/x}, context: /c, dockerfile: Dockerfile}"
      ),
      (
        "{context: /c, ssh: [default, key=./id]}",
        "{context: /c, dockerfile: Dockerfile, ssh: {default: null, key: /srv/demo/id}}"
      ),
      (
        "{context: /c, ssh: {default: , key: /id}}",
        "{context: /c, dockerfile: Dockerfile, ssh: {default: null, key: /id}}"
      ),
      (
        #"{context: /c, cache_from: [a, "type=local,src=x"], cache_to: [b]}"#,
        "{cache_from: [a, 'type=local,src=x'], cache_to: [b], context: /c, dockerfile: Dockerfile}"
      ),
      (
        #"{context: /c, no_cache: "true", pull: true, privileged: "${NO}", no_cache_filter: a}"#,
        "{context: /c, dockerfile: Dockerfile, no_cache: true, no_cache_filter: [a], privileged: false, pull: true}"
      ),
      (
        #"{context: /c, provenance: true, sbom: "generator=x"}"#,
        "{context: /c, dockerfile: Dockerfile, provenance: 'true', sbom: generator=x}"
      ),
      (
        "{context: /c, provenance: mode=max, sbom: false}",
        "{context: /c, dockerfile: Dockerfile, provenance: mode=max, sbom: 'false'}"
      ),
      (
        #"{context: /c, labels: [a=1], network: host, target: prod, isolation: process, shm_size: 1m, tags: [a, "b:${NUMBER}"], platforms: [linux/amd64], entitlements: [network.host]}"#,
        "{context: /c, dockerfile: Dockerfile, entitlements: [network.host], isolation: process, labels: {a: '1'}, network: host, platforms: [linux/amd64], shm_size: '1048576', tags: [a, b:3], target: prod}"
      ),
      (
        "{context: /c, extra_hosts: {a: 10.0.0.1}, secrets: [cert, {source: key, target: k, mode: 0400}], ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}}",
        "{context: /c, dockerfile: Dockerfile, extra_hosts: [a=10.0.0.1], secrets: [{source: cert}, {mode: '0400', source: key, target: k}], ulimits: {nofile: {hard: 2, soft: 1}, nproc: 3}}"
      ),
      ("{context: /c, x-bake: {a: 1}}", "{context: /c, dockerfile: Dockerfile, x-bake: {a: 1}}"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("build", "build: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("[a]", "C0101 4:12"),
      ("true", "C0101 4:12"),
      ("{contxt: a}", "C0102 4:13"),
      ("{args: text}", "C0101 4:19"),
      ("{additional_contexts: [a]}", "C0110 4:35"),
      (#"{additional_contexts: {a: "service:nothing"}}"#, "C0201 4:38"),
      (#"{additional_contexts: {a: "service:db"}}"#, "C0222 4:38"),
      ("{ssh: [key]}", "C0110 4:19"),
      ("{ssh: default}", "C0101 4:18"),
      ("{cache_from: a}", "C0101 4:25"),
      ("{tags: a}", "C0101 4:19"),
      ("{no_cache: maybe}", "C0101 4:23"),
      ("{pull: 1}", "C0101 4:19"),
      ("{shm_size: x}", "C0112 4:23"),
      ("{dockerfile: a, dockerfile_inline: b}", "C0222 4:28"),
      ("{secrets: [nothing]}", "C0233 4:23"),
      ("{ulimits: {nofile: {soft: 1}}}", "C0104 4:31"),
      ("{provenance: [a]}", "C0101 4:25"),
      ("{extra_hosts: [a]}", "C0116 4:27"),
      ("{platforms: [linux/arm64]}\nplatform: linux/amd64", "C0222 5:15"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("build: \(text)") == expected)
  }

  @Test(
    "key by key, a string for its context; names of args, labels and contexts are kept apart, lists add up",
    arguments: [
      ("./a", "{target: x}", "{context: /srv/demo/a, dockerfile: Dockerfile, target: x}"),
      ("{context: ./a, target: x}", "./b", "{context: /srv/demo/b, dockerfile: Dockerfile, target: x}"),
      (
        "{context: /c, args: {A: 1, B: 2}}", "{args: [B=3]}",
        "{args: {A: '1', B: '3'}, context: /c, dockerfile: Dockerfile}"
      ),
      ("{context: /c, tags: [a]}", "{tags: [b, a]}", "{context: /c, dockerfile: Dockerfile, tags: [a, b]}"),
      (
        "{context: /c, additional_contexts: {a: /x}}", "{additional_contexts: [a=/y, b=/z]}",
        "{additional_contexts: {a: /y, b: /z}, context: /c, dockerfile: Dockerfile}"
      ),
      (
        "{context: /c, cache_from: [a]}", "{cache_from: [b]}",
        "{cache_from: [a, b], context: /c, dockerfile: Dockerfile}"
      ),
      (
        #"{context: /c, extra_hosts: ["a=10.0.0.1"]}"#, "{extra_hosts: {b: 10.0.0.2}}",
        "{context: /c, dockerfile: Dockerfile, extra_hosts: [a=10.0.0.1, b=10.0.0.2]}"
      ),
      (
        "{context: /c, ssh: [default]}", "{ssh: [k=/id]}",
        "{context: /c, dockerfile: Dockerfile, ssh: {default: null, k: /id}}"
      ),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("build", "build: \(base)", "build: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start",
    arguments: [
      (".", "C0401 4:5")
    ])
  func run(text: String, expected: String) {
    #expect(running("build: \(text)") == expected)
  }
}
