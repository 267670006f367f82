// What other tools say badly about files that people really write, said by us. The messages that only a running stack or
// a look at the host can give (an unhealthy dependency with its probe's output, a subnet that overlaps a route, a bind
// source of the wrong type, a container's name that is taken) belong to the engine and are tested there.
import ContainrSpec
import Testing

struct WildMessageTests {
  @Test("a typing mistake, an undefined service, a cycle, a duplicate service and an unset variable in one run")
  func allAtOnce() {
    expect(
      """
      services:
        a: {layers: [x], command: [c], enviroment: {}, depends_on: [b]}
        b: {layers: [x], command: [c], depends_on: [a, gone], user: "$TAGX"}
        c: {layers: [x], command: [c]}
        c: {layers: [x], command: [c]}
      """,
      codes: ["C0102 2:34", "C0202 2:63", "C0201 3:50", "C0301 3:64", "C0103 5:3"],
      [
        "error[C0202]: services wait for each other: a → b → a\n",
        "4 |   c: {layers: [x], command: [c]}\n  |   - first defined here\n",
        "4 errors, 1 warning\n",
      ])
  }

  @Test("`volumes:` that is indented into `services:`")
  func section() {
    expect(
      "services:\n  web: {layers: [x], command: [c]}\n  volumes:\n    minio:\n", codes: ["C0105 3:3"],
      [
        "error[C0105]: 'volumes' stands under 'services' and is read as a service's name\n",
        "  |   ^^^^^^^ indented too far\n", "= help: move it to the left margin\n",
      ])
  }

  @Test("a key that the specification has and this version does not act on is named with its line, never dropped")
  func develop() {
    expect(
      "services:\n  web:\n    layers: [x]\n    command: [c]\n    develop: {watch: [{path: ., action: rebuild}]}\n",
      codes: ["C0400 5:5"], ["warning[C0400]: 'develop' is not honoured by this version\n", "^^^^^^^ has no effect\n"])
  }

  @Test("a dependency whose profile is not active is not called undefined")
  func profile() {
    expect(
      """
      services:
        test: {layers: [x], command: [c], depends_on: [main]}
        main: {layers: [x], command: [c], profiles: [dev]}
      """,
      codes: ["C0204 2:50"],
      [
        "error[C0204]: the service 'main' is disabled\n", "^^^^ 'test' depends on it\n",
        "---- its profiles [dev] are not active\n", "= help: use --profile dev, or write 'required: false'\n",
      ])
  }

  @Test("a fixed name and several containers: both lines are shown")
  func scale() {
    let text = load(
      "services:\n  web:\n    layers: [x]\n    command: [c]\n    container_name: one\n    deploy: {replicas: 2}\n"
    ).text
    #expect(text.contains("5 |     container_name: one\n"))
    #expect(text.contains("6 |     deploy: {replicas: 2}\n"))
  }

  @Test("a password with a dollar sign in .env is shown in .env, with what to write")
  func dollar() {
    let loaded = load(
      "services:\n  web: {layers: [x], command: [c], environment: {P: \"$PASS\"}}\n",
      dotEnv: "USER=a\n# the database\nPASS=secret$vmxm4\n")
    #expect(
      loaded.text == """
        warning[C0301]: the variable 'vmxm4' is not set
         --> .env:3:12
          |
        3 | PASS=secret$vmxm4
          |            ^^^^^^ read as empty text
          = help: set it, give it a default with ${vmxm4:-default}, or write $$ for a plain dollar sign

        1 warning

        """)
  }

  @Test("a value and a block below one key: the line that has both is named")
  func valueAndBlock() {
    expect(
      "services:\n  web:\n    environment: production\n      A: b\n", codes: ["C0001 4:8"],
      [
        "error[C0001]: a ':' stands where no value can follow\n",
        "3 |     environment: production\n  |                  ---------- this value and the block below it exclude each other\n",
        "4 |       A: b\n  |        ^ unexpected ':'\n",
      ])
  }

  @Test("subnets of one file that overlap")
  func subnets() {
    expect(
      """
      services:
        web: {layers: [x], command: [c], networks: [a, b]}
      networks:
        a: {ipam: {config: [{subnet: 172.21.0.0/16}]}}
        b: {ipam: {config: [{subnet: 172.21.4.0/24}]}}
      """,
      codes: ["C0224 5:24"],
      [
        "error[C0224]: the subnets of 'a' and 'b' overlap\n", "^^^^^^ 172.21.4.0/24\n", "------ 172.21.0.0/16\n",
      ])
  }

  @Test("no `version` is needed, and one is no error")
  func version() {
    expect("services:\n  web: {layers: [x], command: [c]}\n", codes: [], [])
    expect(
      "version: \"1.0\"\nservices:\n  web: {layers: [x], command: [c]}\n", codes: ["C0311 1:1"],
      ["note[C0311]: 'version' has no meaning any more\n", "^^^^^^^ can be removed\n"])
  }

  private func expect(
    _ yaml: String, codes: [String], _ parts: some Sequence<String>,
    _ location: Testing.SourceLocation = #_sourceLocation
  ) {
    let loaded = load(yaml)
    let found = loaded.result.diagnostics.map {
      "\($0.code) \($0.primary?.start.line ?? 0):\($0.primary?.start.column ?? 0)"
    }
    #expect(found == codes, "\(loaded.text)", sourceLocation: location)
    for part in parts { #expect(loaded.text.contains(part), "\(loaded.text)", sourceLocation: location) }
  }
}
