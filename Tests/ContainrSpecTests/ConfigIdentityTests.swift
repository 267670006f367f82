// load → config → load is the identity: what is printed means what was read, and is printed the same again.
import Testing

@testable import ContainrSpec

@Suite struct ConfigIdentityTests {
  private func load(_ text: String, environment: [String: String] = [:]) throws -> (LoaderResult, ModelValue) {
    let input = LoaderInput(
      file: "s.yaml", bytes: Array(text.utf8), absolutePath: "/srv/demo/s.yaml", projectDirectory: "/srv/demo",
      environment: environment, purpose: .check)
    let result = StackLoader.load(input)
    let words = DiagnosticRenderer.render(result.diagnostics, sources: result.sources, colour: false)
    let model = result.model
    return (result, try #require(model, "\(words)"))
  }

  private func check(_ text: String, environment: [String: String] = [:], isRunnable: Bool = true) throws {
    let (first, model) = try load(text, environment: environment)
    let yaml = ModelWriter.yaml(model.inPrintingOrder(), escapesDollars: true)
    let (second, again) = try load(yaml, environment: ["TAG": "other", "HOME": "/elsewhere"])
    #expect(again.inPrintingOrder() == model.inPrintingOrder(), "\(yaml)")
    let json = ModelWriter.json(model.inPrintingOrder(), escapesDollars: true)
    #expect(try load(json).1.inPrintingOrder() == model.inPrintingOrder(), "\(json)")
    // The plans differ in the places that they name and in nothing else.
    #expect((first.plan != nil, second.plan != nil) == (isRunnable, isRunnable))
    #expect(first.plan?.services.map(\.command) == second.plan?.services.map(\.command))
    #expect(first.plan?.services.map(\.environment) == second.plan?.services.map(\.environment))
    #expect(first.plan?.services.map(\.mounts) == second.plan?.services.map(\.mounts))
    #expect(first.plan?.services.map(\.ports) == second.plan?.services.map(\.ports))
  }

  @Test("of a stack with everything that short forms, variables and YAML can do") func everything() throws {
    try check(
      """
      name: demo
      x-common: &common {restart: "${R:-on-failure}", labels: [a, b=c]}
      services:
        web:
          <<: *common
          layers: [./base.tar, ~/site]
          command: 'sh -c "echo $$HOME ''quoted''"'
          environment: [A=$$B, "C=${TAG}", "D= x ", E=, F]
          ports: ["80", "8080:80", "127.0.0.1:9000-9001:9000-9001/udp", {target: 1, published: "2"}]
          volumes: [data:/data, ./x:/x:ro, /anonymous, {type: tmpfs, target: /t, tmpfs: {size: 1g}}]
          depends_on: {db: {condition: service_started, required: false}}
          healthcheck: {test: "curl -f http://localhost || exit 1", interval: 1m30s}
          deploy: {resources: {limits: {cpus: "0.50", memory: 64M}}, replicas: 1}
          networks: {front: {aliases: [w]}, back: }
          stop_grace_period: 1h2m3s
        db:
          layers: [/]
          entrypoint: [run]
          command: []
          environment: {YES: "yes", N: 0777, T: "22:22", M: "a\\nb", L: " x\\n", Q: "'", U: "ü", X: "\\x07"}
      networks: {front: {ipam: {config: [{subnet: 10.1.0.0/24}]}}, back: }
      volumes: {data: }
      secrets: {s: {file: ./s}}
      configs: {c: {content: "$$literal\\n${TAG}\\n"}}
      """, environment: ["TAG": "1.10$x", "HOME": "/root", "F": "$f"])
  }

  @Test("of texts that look for trouble, in every place where texts stand", arguments: 0..<8) func random(seed: Int)
    throws
  {
    var random = ModelGenerator(seed: UInt64(seed) &+ 500)
    for _ in 0..<40 {
      var texts: [String] = []
      while texts.count < 4 {
        let text = random.text()
        if !text.unicodeScalars.contains("\0") { texts.append(text) }
      }
      func value(_ text: String) -> ModelValue { .string(text) }
      let stack = ModelValue.mapping([
        ModelEntry("name", .string("demo")),
        ModelEntry(
          "services",
          .mapping([
            ModelEntry(
              "web",
              .mapping([
                ModelEntry("layers", .list([.string("/")])),
                ModelEntry("command", .list([value("x")] + texts.map(value))),
                ModelEntry(
                  "environment", .mapping([ModelEntry("A", value(texts[0])), ModelEntry("B", value(texts[1]))])),
                ModelEntry("labels", .mapping([ModelEntry("l", value(texts[2]))])),
              ]))
          ])), ModelEntry("x-data", .mapping([ModelEntry("k", .list(texts.map(value)))])),
      ])
      try check(ModelWriter.yaml(stack, escapesDollars: true))
    }
  }
}
