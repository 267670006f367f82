// Examples of parts of a file that do not fit together.

extension DiagnosticExample {
  static let references: [DiagnosticCode: DiagnosticExample] = [
    .undefinedService: two("depends_on: [databse]", "depends_on: [database]"),
    .dependencyCycle: two("depends_on: [database]", "restart: always", database: "depends_on: [web]"),
    .unknownCondition: two(
      "depends_on: {database: {condition: ready}}", "depends_on: {database: {condition: service_started}}"),
    .disabledService: two(
      "depends_on: [database]", "depends_on: {database: {required: false}}\nprofiles: [dev]",
      database: "profiles: [dev]"),
    .neverHealthy: two(
      "depends_on: {database: {condition: service_healthy}}", "depends_on: {database: {condition: service_started}}",
      database: "healthcheck: {disable: true}"),
    .neverCompletes: two(
      "depends_on: {database: {condition: service_completed_successfully}}",
      "depends_on: {database: {condition: service_started}}", database: "restart: always"),
    .undefinedVolume: .web("volumes: [\"data:/var/lib/data\"]", "volumes: [\"./data:/var/lib/data\"]"),
    .undefinedNetwork: DiagnosticExample(
      "services:\n  web:\n    image: nginx\n    networks: [backend]\n",
      "services:\n  web:\n    image: nginx\n    networks: [backend]\nnetworks:\n  backend:\n"),
    .missingEnvFile: .web("env_file: secrets.env", "env_file:\n  - path: secrets.env\n    required: false"),
    .duplicatePort: two("ports: [\"8080:80\"]", "ports: [\"8081:80\"]", database: "ports: [\"8080:5432\"]"),
    .replicas: .web("ports: [\"8080:80\"]\nscale: 3", "ports: [\"80\"]\nscale: 3"),
    .extendsCycle: two("extends: database", "restart: always", database: "extends: web"),
    .includeCycle: DiagnosticExample(
      "include: [stack.yaml]\nservices:\n  web:\n    image: nginx\n", "services:\n  web:\n    image: nginx\n"),
    .missingFile: DiagnosticExample(
      "include: [database.yml]\nservices:\n  web:\n    image: nginx\n",
      "include: []\nservices:\n  web:\n    image: nginx\n"),
    .undefinedFile: DiagnosticExample(
      "services:\n  web:\n    image: nginx\n    secrets: [token]\n",
      "services:\n  web:\n    image: nginx\n    secrets: [token]\nsecrets:\n  token: {file: ./token}\n"),
    .undefinedModel: DiagnosticExample(
      "services:\n  web:\n    image: nginx\n    models: [llm]\n",
      "services:\n  web:\n    image: nginx\n    models: [llm]\nmodels:\n  llm: {model: ai/smollm2}\n"),
    .addressPlan: DiagnosticExample(
      fixedAddress("10.2.0.5"), fixedAddress("10.1.0.5")),
  ]

  /// Services `web` and `database`; the attributes of `web` differ.
  private static func two(_ bad: String, _ good: String, database: String = "restart: \"no\"") -> DiagnosticExample {
    func file(_ web: String) -> String {
      let lines = web.split(separator: "\n").map { "    \($0)\n" }.joined()
      return "services:\n  web:\n    image: nginx:1.27\n\(lines)  database:\n    image: postgres:17\n    \(database)\n"
    }
    return DiagnosticExample(file(bad), file(good))
  }

  private static func fixedAddress(_ address: String) -> String {
    "services:\n  web:\n    image: nginx\n    networks:\n      backend: {ipv4_address: \(address)}\n"
      + "networks:\n  backend: {ipam: {config: [{subnet: 10.1.0.0/24}]}}\n"
  }
}
