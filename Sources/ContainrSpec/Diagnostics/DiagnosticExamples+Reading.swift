// Examples of what keeps a file from being read, and of what stands at the wrong place.

extension DiagnosticExample {
  static let reading: [DiagnosticCode: DiagnosticExample] = [
    .yamlSyntax: .web("working_dir: /srv: x", "working_dir: \"/srv: x\""),
    .encoding: .web("hostname: \"a\\0b\"", "hostname: ab"),
    .budget: DiagnosticExample(
      "x-deep: \(String(repeating: "[", count: 70))\(String(repeating: "]", count: 70))\nservices:\n  web:\n    image: nginx\n",
      "x-flat: []\nservices:\n  web:\n    image: nginx\n"),
    .alias: DiagnosticExample(
      "services:\n  web:\n    <<: *base\n    image: nginx\nx-base: &base\n  restart: always\n",
      "x-base: &base\n  restart: always\nservices:\n  web:\n    <<: *base\n    image: nginx\n"),
    .mergeKey: DiagnosticExample(
      "x-env: &env [A=1]\nservices:\n  web:\n    image: nginx\n    environment:\n      <<: *env\n",
      "x-env: &env {A: \"1\"}\nservices:\n  web:\n    image: nginx\n    environment:\n      <<: *env\n"),
    .badKey: .web("labels:\n  [a, b]: c", "labels:\n  a: c\n  b: c"),
    .tag: .web("user: !ref app", "user: app"),
    .tabIndentation: DiagnosticExample(
      "services:\n\tweb:\n\t\timage: nginx\n", "services:\n  web:\n    image: nginx\n"),
    .unclosed: .web("hostname: \"web", "hostname: \"web\""),
    .lineSeparator: .web("hostname: web # a\u{2028}", "hostname: web # a"),
    .invisibleIndentation: DiagnosticExample(
      "services:\n  web:\n  \u{A0} image: nginx\n", "services:\n  web:\n    image: nginx\n"),
  ]

  static let shape: [DiagnosticCode: DiagnosticExample] = [
    .wrongType: .web("ports: {80: 80}", "ports: [\"80:80\"]"),
    .unknownKey: .web("enviroment: {A: b}", "environment: {A: b}"),
    .duplicateKey: .web("restart: always\nrestart: \"no\"", "restart: always"),
    .missingKey: DiagnosticExample(
      "name: shop\nnetworks:\n  backend:\n", "name: shop\nnetworks:\n  backend:\nservices:\n  web:\n    image: nginx\n"),
    .misplaced: DiagnosticExample("web:\n  image: nginx\n", "services:\n  web:\n    image: nginx\n"),
    .nothingToRun: DiagnosticExample(
      "services:\n  web:\n    layers: [./rootfs]\n",
      "services:\n  web:\n    layers: [./rootfs]\n    command: [httpd, -f]\n"),
  ]
}
