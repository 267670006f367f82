// Runs the built program: what `config` prints, and what it refuses.
import ContainrTestSupport
import Foundation
import Testing

@Suite struct ConfigCommandTests {
  private static let stack = """
    services:
      web:
        image: nginx:${TAG:-1.25}
        ports: ["8080:80"]
        environment: {A: $$B, C: "${UNSET}"}
        depends_on: [db]
        volumes: [data:/data]
      db:
        image: postgres
        networks: [back]
      extra:
        image: redis
        profiles: [store]
      tool:
        build: .
        profiles: [dev]
    networks: {back: , front: }
    volumes: {data: , rest: }

    """

  private func folder(_ files: [String: String] = [:]) throws -> ScratchDirectory {
    let folder = try ScratchDirectory("config")
    try folder.write("name: demo\n" + Self.stack, to: "compose.yaml")
    for (name, text) in files { try folder.write(text, to: name) }
    return folder
  }

  private func config(
    _ folder: ScratchDirectory, _ words: String..., environment: [String: String] = [:], input: String = ""
  ) throws -> CommandResult {
    try run(
      BuiltPrograms.path("containr"), ["config"] + words, environment: environment, input: input, directory: folder.url)
  }

  @Test("the stack is printed with its override file, long forms and doubled dollar signs") func yaml() throws {
    let folder = try folder(["compose.override.yaml": "services: {web: {init: true}}\n"])
    let result = try config(folder, "web", "--no-path-resolution")
    #expect(
      result.output == """
        name: demo
        services:
          db:
            image: postgres
            networks:
              back: null
          web:
            depends_on:
              db:
                condition: service_started
                required: true
            environment:
              A: $$B
              C: ""
            image: nginx:1.25
            init: true
            networks:
              default: null
            ports:
              - mode: ingress
                protocol: tcp
                published: "8080"
                target: 80
            volumes:
              - source: data
                target: /data
                type: volume
                volume: {}
        networks:
          back:
            name: demo_back
          default:
            name: demo_default
        volumes:
          data:
            name: demo_data

        """, "\(result)")
    #expect(result.code == 0)
    #expect(result.errors.contains("the variable 'UNSET' is not set"))
  }

  @Test("JSON holds the same, and what is printed is read again as the same") func json() throws {
    let folder = try folder()
    let yaml = try config(folder, "--profile", "*")
    let json = try config(folder, "--profile", "*", "--format", "json")
    let object = try #require(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(object["name"] as? String == "demo")
    #expect(try config(folder, "--profile", "*", "-f", "-", input: yaml.output).output == yaml.output)
    #expect(try config(folder, "--profile", "*", "-f", "-", input: json.output).output == yaml.output)
  }

  @Test(
    "questions are answered by sorted lines",
    arguments: [
      ("--services", "db\nextra\nweb\n"), ("--images", "nginx:1.25\npostgres\nredis\n"), ("--volumes", "data\nrest\n"),
      ("--networks", "back\ndefault\nfront\n"), ("--profiles", "dev\nstore\n"), ("--models", ""),
      (
        "--variables",
        "NAME   REQUIRED  DEFAULT VALUE  ALTERNATE VALUE\nTAG    false     1.25\nUNSET  false\n"
      ),
    ]) func questions(_ question: String, _ answer: String) throws
  {
    let result = try config(folder(), question, "--profile", "store")
    #expect(result.output == answer, "\(result)")
    #expect(result.code == 0 && result.errors == "")
  }

  @Test("the image of a service that is built has the name that Compose gives it") func builtImage() throws {
    let result = try config(folder(), "--images", "--profile", "*")
    #expect(result.output == "demo-tool\nnginx:1.25\npostgres\nredis\n")
  }

  @Test("variables as JSON have docker compose's keys") func variablesJSON() throws {
    let result = try config(folder(), "--variables", "--format", "json")
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: [String: Any]])
    #expect(object["TAG"]?["DefaultValue"] as? String == "1.25")
    #expect(object["TAG"]?["Required"] as? Bool == false)
  }

  @Test("the environment is the shell's over .env's, with the project's name") func environment() throws {
    let folder = try folder([".env": "TAG=2\nONLY=here\n"])
    let result = try config(folder, "--environment", environment: ["TAG": "3"])
    let lines = result.output.split(separator: "\n")
    #expect(lines.contains("TAG=3") && lines.contains("ONLY=here") && lines.contains("COMPOSE_PROJECT_NAME=demo"))
    #expect(lines == lines.sorted())
  }

  @Test("a digest changes with what makes another container, and with nothing else") func hash() throws {
    func hash(_ more: String) throws -> String {
      let result = try config(folder(["more.yaml": more]), "-f", "compose.yaml", "-f", "more.yaml", "--hash", "web")
      try #require(result.code == 0, "\(result)")
      return result.output
    }
    let first = try hash("services: {}\n")
    #expect(first.wholeMatch(of: /web [0-9a-f]{64}\n/) != nil)
    #expect(try hash("services: {web: {depends_on: !reset null, scale: 1, pull_policy: always}}\n") == first)
    #expect(try hash("services: {web: {labels: {a: b}}}\n") != first)
    #expect(try hash("services: {web: {environment: {TAG: x}}}\n") != first)
    let all = try config(folder(), "--hash", "*")
    #expect(all.output.contains("\n\(first)") || all.output.hasPrefix(first))
    #expect(try config(folder(), "--hash", "nope").code == 2)
  }

  @Test("steps can be left out") func steps() throws {
    let folder = try folder(["e.env": "X=1\n"])
    try folder.write(
      "services: {web: {image: \"a:${B}\", env_file: e.env, volumes: [./x:/x], depends_on: [nope]}}\n", to: "s.yaml")
    func output(_ words: String...) throws -> String {
      try run(
        BuiltPrograms.path("containr"), ["config", "s.yaml", "--no-consistency"] + words, directory: folder.url
      ).output
    }
    #expect(try output().contains("X: \"1\""))
    #expect(try output("--no-env-resolution").contains("env_file:"))
    #expect(try output("--no-interpolate").contains("image: a:${B}\n"))
    #expect(try output().contains("source: \(folder.path)/x\n"))
    #expect(try output("--no-path-resolution").contains("source: ./x\n"))
    #expect(try output().contains("default: null"))
    #expect(try !output("--no-normalize").contains("default: null"))
    #expect(try config(folder, "s.yaml").code == 2)
  }

  @Test("-q only checks, and -o writes a file whole, keeping its mode") func output() throws {
    let folder = try folder(["out": "old"])
    try run("chmod", ["640", "\(folder.path)/out"]).succeeding()
    try run("ln", ["-s", "out", "\(folder.path)/link"]).succeeding()
    let quiet = try config(folder, "-q")
    #expect(quiet.code == 0 && quiet.output == "")
    let written = try config(folder, "-o", "link")
    #expect(written.code == 0 && written.output == "")
    #expect(try String(contentsOfFile: "\(folder.path)/out", encoding: .utf8) == config(folder).output)
    #expect(try run("stat", ["-c", "%a %F", "\(folder.path)/out"]).output == "640 regular file\n")
    #expect(try run("stat", ["-c", "%F", "\(folder.path)/link"]).output == "symbolic link\n")
    #expect(try run("ls", ["-A", folder.path]).output == "compose.yaml\nlink\nout\n")
    let missing = try config(folder, "-o", "no/such")
    #expect(missing.code == 1)
    #expect(missing.errors.hasSuffix("error: no/such cannot be written: No such file or directory\n"))
    #expect(try config(folder, "-o", "/dev/null").code == 0)
  }

  @Test("--filter names services by profiles and labels, and all of it has to fit") func filters() throws {
    let folder = try folder([
      "two.yaml": """
      services:
        a: {image: x, labels: {tier: back, n: "1=2"}}
        b: {image: x, labels: [tier=front]}
        c: {image: x, profiles: [p], labels: [tier=back]}
      """
    ])
    func named(_ words: String...) throws -> String {
      let filters = words.flatMap { ["--filter", $0] }
      return try run(
        BuiltPrograms.path("containr"), ["config", "-f", "two.yaml", "--services", "--profile", "p"] + filters,
        directory: folder.url
      ).output
    }
    #expect(try named("label=tier=back") == "a\nc\n")
    #expect(try named("label=tier=back", "profile=p") == "c\n")
    #expect(try named("label=n=1=2") == "a\n")
    #expect(try named("label=tier") == "a\nb\nc\n")
    #expect(try named("label=none") == "")
  }

  @Test("a service that is named is there whatever its profiles, and no other for that") func profiles() throws {
    let folder = try folder()
    let result = try config(folder, "extra", "--no-normalize")
    #expect(result.output == "name: demo\nservices:\n  extra:\n    image: redis\n    profiles:\n      - store\n")
    #expect(try config(folder, "--hash", "extra", "extra").output.hasPrefix("extra "))
    #expect(try config(folder, "extra", "-f", "-", input: "services: {extra: {image: a, profiles: [p]}}\n").code == 0)
  }

  @Test("what is wrong is said, with code 2 and nothing on standard output") func broken() throws {
    let folder = try folder(["bad.yaml": "services: {web: {image: x, prots: []}}\n"])
    let result = try config(folder, "bad.yaml")
    #expect(result.code == 2 && result.output == "")
    #expect(result.errors.hasPrefix("error[C0102]: unknown key 'prots'"))
    let unknown = try config(folder, "nope")
    #expect(unknown.code == 2 && unknown.output == "")
    #expect(
      unknown.errors.contains(
        "error: the stack has no service 'nope'\n  = help: there are db, web"))
  }

  @Test(
    "words that do not fit together are wrong use",
    arguments: [
      ["--services", "--images"], ["--services", "--format", "json"], ["--format", "xml"], ["--hash", ""],
      ["--filter", "profile=x"], ["--resolve-image-digests"],
      ["--lock-image-digests"],
    ])
  func usage(_ words: [String]) throws {
    let folder = try folder()
    let result = try run(BuiltPrograms.path("containr"), ["config"] + words, directory: folder.url)
    #expect(result.code == 1, "\(result)")
    #expect(result.errors.hasPrefix("error: "))
    #expect(result.errors.contains("Usage: containr config"))
  }

  @Test("convert is another name") func alias() throws {
    let folder = try folder()
    let result = try run(BuiltPrograms.path("containr"), ["convert", "--services"], directory: folder.url)
    #expect(result.output == "db\nweb\n")
  }
}
