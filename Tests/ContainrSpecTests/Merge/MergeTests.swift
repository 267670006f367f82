// Several files give one stack: the merge rules of the specification, attribute by attribute.
import Testing

@testable import ContainrSpec

struct MergeTests {
  @Test(
    "a later file's value replaces, extends or joins the earlier one's, as the attribute has it",
    arguments: [
      // Scalars are replaced.
      ("mem_limit: 64m", "mem_limit: 128m", "mem_limit", "134217728"),
      ("hostname: a", "hostname: b", "hostname", "b"),
      ("read_only: true", "read_only: false", "read_only", "false"),
      // Command lines are replaced as a whole.
      ("command: [a, b]", "command: c", "command", "[c]"),
      ("entrypoint: /a", "entrypoint: [b, c]", "entrypoint", "[b, c]"),
      (
        "healthcheck: {test: [CMD, a], interval: 5s}", "healthcheck: {test: b}", "healthcheck",
        "{interval: 5s, test: [CMD-SHELL, b]}"
      ),
      // Lists are appended, equal entries once.
      ("cap_add: [KILL]", "cap_add: [CHOWN, KILL]", "cap_add", "[KILL, CHOWN]"),
      ("dns: 1.1.1.1", "dns: [1.1.1.1, 2.2.2.2]", "dns", "[1.1.1.1, 2.2.2.2]"),
      ("expose: [80]", "expose: [\"80\", 81]", "expose", "[80, 81]"),
      ("profiles: [a]", "profiles: [b]", "profiles", "-"),
      ("tmpfs: /a", "tmpfs: [/a, /b]", "tmpfs", "[/a, /b]"),
      ("security_opt: [a:b]", "security_opt: [c:d]", "security_opt", "[a:b, c:d]"),
      ("command: c\nlayers: [./a]", "layers: [./b]", "layers", "[/srv/demo/b]"),
      // Pairs are merged by name, whichever way they are written.
      ("environment: {A: 1, B: 2}", "environment: [B=3, C=4]", "environment", "{A: 1, B: 3, C: 4}"),
      ("environment: [A=1]", "environment: {A: null}", "environment", "{A: null}"),
      ("labels: [a=1]", "labels: {a: 2, b: x}", "labels", "{a: 2, b: x}"),
      ("sysctls: [net.a=1]", "sysctls: {net.a: 2}", "sysctls", "{net.a: 2}"),
      ("extra_hosts: [\"a:1.1.1.1\"]", "extra_hosts: {a: 2.2.2.2}", "extra_hosts", "[a=1.1.1.1, a=2.2.2.2]"),
      ("extra_hosts: [\"a=1.1.1.1\"]", "extra_hosts: {a: 1.1.1.1}", "extra_hosts", "[a=1.1.1.1]"),
      // Entries of one identity replace each other.
      (
        "ports: [\"80:80\"]", "ports: [\"80:80\", \"81:81\"]", "ports",
        "[{mode: ingress, protocol: tcp, published: 80, target: 80}, {mode: ingress, protocol: tcp, published: 81, target: 81}]"
      ),
      (
        "devices: [/dev/a:/dev/x]", "devices: [/dev/b:/dev/x:r]", "devices",
        "[{permissions: r, source: /dev/b, target: /dev/x}]"
      ),
      // Lists of names and mappings are the same.
      ("networks: [default]", "networks: {default: {aliases: [x]}}", "networks", "{default: {aliases: [x]}}"),
      (
        "deploy: {resources: {limits: {cpus: 1}}}", "deploy: {resources: {limits: {memory: 1m}}}", "deploy",
        "{resources: {limits: {cpus: 1, memory: 1048576}}}"
      ),
      ("build: ./a", "build: {args: [X=1]}", "build", "{args: {X: 1}, context: /srv/demo/a, dockerfile: Dockerfile}"),
      (
        "build: {context: a, args: {X: 1}}", "build: b", "build",
        "{args: {X: 1}, context: /srv/demo/b, dockerfile: Dockerfile}"
      ),
      ("ulimits: {nofile: {soft: 1, hard: 2}}", "ulimits: {nofile: 5, nproc: 6}", "ulimits", "{nofile: 5, nproc: 6}"),
      // Log options belong to their driver.
      (
        "logging: {driver: a, options: {x: 1}}", "logging: {driver: b, options: {y: 2}}", "logging",
        "{driver: b, options: {y: 2}}"
      ),
      (
        "logging: {driver: a, options: {x: 1}}", "logging: {options: {y: 2}}", "logging",
        "{driver: a, options: {x: 1, y: 2}}"
      ),
      // Nothing is no value.
      ("environment: {A: 1}", "environment:", "environment", "{A: 1}"),
    ])
  func attributes(base: String, over: String, key: String, expected: String) {
    let loaded = mergedWeb(base, over)
    #expect(loaded.at("services", "web", key) == expected, "\(loaded.text)")
  }

  @Test("a mount is known by its target, in its short and in its long form")
  func mounts() {
    let loaded = mergedWeb(
      "volumes: [\"./a:/x\", \"./c:/y/\"]", "volumes: [{type: bind, source: ./b, target: /x/}, \"/d:/z\"]")
    #expect(loaded.at("services", "web", "volumes", "0", "source") == "/srv/demo/b")
    #expect(loaded.at("services", "web", "volumes", "1", "source") == "/srv/demo/c")
    #expect(loaded.at("services", "web", "volumes", "2", "target") == "/z")
    #expect(loaded.at("services", "web", "volumes", "3") == "-")
  }

  @Test("dependencies of a list and of a mapping are merged by name")
  func dependencies() {
    let loaded = merged(
      "services: {a: {image: x, depends_on: [b, c]}, b: {image: x, healthcheck: {test: t}}, c: {image: x}}",
      "services: {a: {depends_on: {b: {condition: service_healthy}}}}")
    #expect(
      loaded.at("services", "a", "depends_on")
        == "{b: {condition: service_healthy, required: true}, c: {condition: service_started, required: true}}")
  }

  @Test("top-level objects are merged by name, address pools by subnet")
  func sections() {
    let loaded = merged(
      """
      services: {a: {image: x}}
      networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1}]}, labels: [a=1]}}
      volumes: {v: {labels: {x: 1}}}
      """,
      """
      services: {b: {image: y}}
      networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24, ip_range: 10.0.0.0/25}, {subnet: 10.0.1.0/24}]}, labels: {a: 2}}}
      volumes: {v: {labels: [y=2]}, w: }
      """)
    #expect(
      loaded.at("networks", "n", "ipam", "config")
        == "[{gateway: 10.0.0.1, ip_range: 10.0.0.0/25, subnet: 10.0.0.0/24}, {subnet: 10.0.1.0/24}]")
    #expect(loaded.at("networks", "n", "labels") == "{a: 2}")
    #expect(loaded.at("volumes") == "{v: {labels: {x: 1, y: 2}, name: demo_v}, w: {name: demo_w}}")
    #expect(loaded.result.model?["services"]?.entries.map(\.key) == ["a", "b"])
  }

  @Test("the last name counts, and variables may use it")
  func name() {
    let loaded = merged(
      "name: one\nservices: {a: {image: \"${COMPOSE_PROJECT_NAME}\"}}", "name: two\nservices: {a: {}}")
    #expect(loaded.at("name") == "two")
    #expect(loaded.at("services", "a", "image") == "two")
  }

  @Test("findings point into the file that says it, in the order of the files")
  func places() throws {
    let loaded = merged(
      "services:\n  web:\n    image: x\n    prots: []\n", "services:\n  web:\n    mem_limit: lots\n    enviroment: {}\n"
    )
    let places = loaded.errors.compactMap { $0.primary?.location.description }
    #expect(places == ["stack.yaml:4:5", "over.yaml:3:16", "over.yaml:4:5"])
  }

  @Test("a wrong type in one of the files is an error with its place, not a silent replacement")
  func wrongTypes() {
    let loaded = mergedWeb("environment: {A: 1}", "environment: 5")
    #expect(loaded.errors.map(\.code) == ["C0101"])
    #expect(loaded.errors.first?.primary?.file == "over.yaml")
  }

  @Test("relative paths of override files count from the project directory")
  func paths() {
    let loaded = loadFiles(
      ["stack.yaml": "services: {web: {image: x}}", "sub/over.yaml": "services: {web: {volumes: [\"./d:/d\"]}}"],
      named: ["stack.yaml", "sub/over.yaml"])
    #expect(loaded.at("services", "web", "volumes", "0", "source") == "/srv/demo/d")
  }

  @Test("documents of one file are merged in their order; a lone separator is none")
  func documents() throws {
    let loaded = load(
      "---\nservices: {web: {layers: [a], command: [x]}}\n---\nservices: {web: {command: [y]}}\n...\n---\n# end\n")
    #expect(try loaded.service().command == ["y"])
    #expect(load("---\n---\n").codes == ["C0104"])
    let second = load("services: {web: {layers: [a], command: [x]}}\n---\nservices: {web: {prots: 1}}\n")
    #expect(second.errors.first?.primary?.location.description == "stack.yaml:3:18")
    #expect(load("a: &x 1\n---\nb: *x\n").codes.contains("C0004"), "anchors end with their document")
  }
}
