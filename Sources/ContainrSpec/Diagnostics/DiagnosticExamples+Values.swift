// Examples of values that are not what their keys take.

extension DiagnosticExample {
  static let values: [DiagnosticCode: DiagnosticExample] = [
    .invalidValue: .web("restart: sometimes", "restart: unless-stopped"),
    .duration: .web("stop_grace_period: 10", "stop_grace_period: 10s"),
    .byteSize: .web("mem_limit: 64 megabytes", "mem_limit: 64m"),
    .number: .web("pids_limit: 1.5", "pids_limit: 100"),
    .signal: .web("stop_signal: SIGSTOPP", "stop_signal: SIGTERM"),
    .capability: .web("cap_add: [NETWORK]", "cap_add: [NET_ADMIN]"),
    .address: DiagnosticExample(
      "services:\n  web:\n    image: nginx\nnetworks:\n  default:\n    ipam:\n      config:\n        - subnet: 10.1.2.3/24\n",
      "services:\n  web:\n    image: nginx\nnetworks:\n  default:\n    ipam:\n      config:\n        - subnet: 10.1.2.0/24\n"
    ),
    .port: .web("ports: [\"80800:80\"]", "ports: [\"8080:80\"]"),
    .path: .web("working_dir: srv", "working_dir: /srv"),
    .name: .web("hostname: web server", "hostname: web-server"),
    .commandLine: .web("command: sh -c 'echo hello", "command: sh -c 'echo hello'"),
    .duplicateEntry: .web("tmpfs: [/run, /run]", "tmpfs: [/run, /tmp]"),
    .conflict: .web(
      "mem_limit: 64m\ndeploy: {resources: {limits: {memory: 128m}}}", "deploy: {resources: {limits: {memory: 128m}}}"),
    .suspiciousValue: .web("mem_limit: 64", "mem_limit: 64m"),
    .notHonoured: DiagnosticExample(
      "services:\n  web:\n    layers: [./rootfs]\n    command: [httpd]\n    attach: false\n",
      "services:\n  web:\n    layers: [./rootfs]\n    command: [httpd]\n"),
    .cannotHonour: DiagnosticExample(
      "services:\n  web:\n    layers: [./rootfs]\n    command: [httpd]\n    isolation: hyperv\n",
      "services:\n  web:\n    layers: [./rootfs]\n    command: [httpd]\n"),
  ]

  static let text: [DiagnosticCode: DiagnosticExample] = [
    .unsetVariable: .web("environment: {TAG: \"$TAGG\"}", "environment: {TAG: \"${TAGG:-latest}\"}"),
    .requiredVariable: .web(
      "environment: {TOKEN: \"${TOKEN:?from the vault}\"}", "environment: {TOKEN: \"${TOKEN:-none}\"}"),
    .interpolation: .web("environment: {PRICE: \"${5}\"}", "environment: {PRICE: \"$${5}\"}"),
    .envFile: DiagnosticExample("PASSWORD secret\n", "PASSWORD=secret\n", .environment),
    .ambiguousScalar: .web("environment: {COUNTRY: NO}", "environment: {COUNTRY: \"NO\"}"),
    .obsoleteKey: DiagnosticExample(
      "version: \"3.8\"\nservices:\n  web:\n    image: nginx\n", "services:\n  web:\n    image: nginx\n"),
    .hostControl: .web("volumes: [\"/etc:/host/etc\"]", "volumes: [\"/etc:/host/etc:ro\"]"),
    .hiddenText: .web("hostname: web # \u{202E}reversed", "hostname: web # reversed"),
    .oldYAML: DiagnosticExample(
      "%YAML 1.1\n---\nservices:\n  web:\n    image: nginx\n", "services:\n  web:\n    image: nginx\n"),
  ]
}
