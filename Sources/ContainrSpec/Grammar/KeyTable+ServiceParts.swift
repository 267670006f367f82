// Key tables of the objects inside a service.

extension KeyTable {
  /// `services.NAME.env_file[]`.
  static let envFile = KeyTable(
    attribute: "an env_file attribute", definition: "env_file",
    shortKey: "path",
    [
      .key("path", .scalar(.hostPath), "Relative to the project directory.", required: true),
      .key("required", .boolean, "false: go on without it. true by default.").implying(.boolean(true)),
      .key("format", .scalar(.oneOf(["raw"])), "raw: lines are taken as they are."),
    ])

  /// `services.NAME.extends`.
  static let extends = KeyTable(
    attribute: "an extends attribute", definition: "extends",
    shortKey: "service",
    [
      .key("service", .scalar(.text), "The service to take over.", required: true),
      .key("file", .scalar(.text), "The file that defines it; this one if left out."),
    ])

  /// `services.NAME.provider`.
  static let provider = KeyTable(
    attribute: "a provider attribute", definition: "provider",
    [
      .key("type", .scalar(.text), "The tool.", required: true),
      .key("options", .mapping(.any, .oneOrMany(.scalar(.any), .position), nullable: false), "Its options."),
    ])

  /// `services.NAME.logging`.
  static let logging = KeyTable(
    attribute: "a logging attribute", definition: "logging",
    synonyms: ["opts": "options", "type": "driver"],
    [
      .key(
        "driver", .string,
        "json-file, local: the output is kept in files, in the form of the CRI; journald: it goes to systemd's journal as well; none: it is dropped. No other driver.",
        examples: ["\"local\""]),
      .key(
        "options", .mapping(.any, .scalar(.any), nullable: true),
        "max-size: bytes after which a file is closed, -1 for no limit, 10m by default; max-file: files kept, 3 by default; tag: with journald, by what it is known there. Others have no effect.",
        examples: ["{\"max-size\": \"10m\", \"max-file\": \"3\"}"]),
    ])

  /// `services.NAME.credential_spec`.
  static let credentialSpec = KeyTable(
    attribute: "a credential_spec attribute", definition: "credential_spec",
    [
      .key("config", .string, "A config with the specification."), .key("file", .string, "A file with it."),
      .key("registry", .string, "A registry value with it."),
    ])

  /// `services.NAME.post_start[]` and `pre_stop[]`.
  static let hook = KeyTable(
    attribute: "a hook attribute", definition: "hook", hookRules(commandRequired: true))

  /// `services.NAME.pre_start[]`.
  static let preStart = KeyTable(
    attribute: "a pre_start attribute", definition: "pre_start",
    hookRules(commandRequired: false) + [
      .key("image", .string, "The image to run it in; the service's own if left out."),
      .key(
        "per_replica", .boolean,
        "Run it before each container of the service; false, the default: once before the first of them."),
    ])

  private static func hookRules(commandRequired: Bool) -> [KeyRule] {
    [
      .key("command", .command, "What to run.", required: commandRequired, merge: .replace),
      .key("user", .scalar(.user), "Who runs it."), .key("privileged", .boolean, "Run it with all rights."),
      .key("working_dir", .scalar(.containerPath), "Where to run it."),
      .key("environment", .pairs(.environment), "Further variables."),
    ]
  }

  /// `services.NAME.networks.NAME`.
  static let attachment = KeyTable(
    attribute: "an attribute of a service's network", definition: "attachment",
    synonyms: ["alias": "aliases", "ip": "ipv4_address", "ipv4": "ipv4_address", "address": "ipv4_address"],
    [
      .key("aliases", .set(.alias), "Further names of the service on this network."),
      .key("ipv4_address", .scalar(.ipv4), "A fixed address in the network's subnet."),
      .key("ipv6_address", .scalar(.ipv6), "A fixed IPv6 address in the network's subnet."),
      .key("link_local_ips", .set(.linkLocal), "Further addresses of 169.254.0.0/16 or fe80::/10."),
      .key("mac_address", .scalar(.macAddress), "The MAC address on this network."),
      .key(
        "priority", .scalar(.integer(Int64(Int32.min)...Int64(Int32.max))),
        "Networks of a higher one are joined first, and get the lower interface names; 0 by default."),
      .key(
        "gw_priority", .scalar(.integer(Int64(Int32.min)...Int64(Int32.max))),
        "The network of the highest one gives the default route; 0 by default."),
      .key("interface_name", .scalar(.interfaceName), "The interface's name inside; the lowest free eth if left out."),
      .key("driver_opts", .object(.attachmentOptions), "Options of the place on this network."),
      .key("x-containr", .object(.containrAttachment), "What Containr adds to the Compose Specification."),
    ])

  /// `services.NAME.networks.NAME.driver_opts`.
  static let attachmentOptions = KeyTable(
    attribute: "a known option of a place on a network", definition: "attachment_options",
    synonyms: [
      "ifname": "com.docker.network.endpoint.ifname", "sysctls": "com.docker.network.endpoint.sysctls",
    ], otherKeys: .refused("the option would not apply"),
    [
      .key("com.docker.network.endpoint.ifname", .scalar(.interfaceName), "The same as `interface_name`."),
      .key(
        "com.docker.network.endpoint.sysctls", .scalar(.interfaceParameters),
        "Kernel parameters of the interface, with IFNAME for its name.",
        examples: ["\"net.ipv4.conf.IFNAME.log_martians=1\""]),
    ])

  /// `services.NAME.depends_on.NAME`.
  static let dependency = KeyTable(
    attribute: "a depends_on attribute", definition: "dependency",
    [
      .key(
        "condition", .scalar(.oneOf(["service_started", "service_healthy", "service_completed_successfully"])),
        "What must hold of the other service; service_started by default."
      ).implying(.string("service_started")),
      .key("restart", .boolean, "Restart this service when the other one is restarted."),
      .key("required", .boolean, "false: only warn if the other service is not there. true by default.")
        .implying(.boolean(true)),
    ])

  /// `services.NAME.models.NAME`.
  static let modelUse = KeyTable(
    attribute: "an attribute of a service's model", definition: "model_use",
    [
      .key("endpoint_var", .string, "The variable for the endpoint."),
      .key("model_var", .string, "The variable for the model's name."),
    ])

  /// `services.NAME.healthcheck`.
  static let healthcheck = KeyTable(
    attribute: "a healthcheck attribute", definition: "healthcheck",
    synonyms: ["command": "test", "cmd": "test", "disabled": "disable", "retry": "retries", "period": "interval"],
    [
      .key(
        "test", .test, "[CMD, …], [CMD-SHELL, \"…\"], [NONE] or a string for the shell.",
        examples: ["[\"CMD\", \"nc\", \"-z\", \"127.0.0.1\", \"80\"]"], merge: .replace),
      .key("interval", .scalar(.duration), "Between tests; 30s by default."),
      .key("timeout", .scalar(.duration), "After which a test has failed; 30s by default."),
      .key("retries", .scalar(.integer(0...1_000_000)), "Failures in a row until unhealthy; 3 by default."),
      .key("start_period", .scalar(.duration), "Failures this long after the start do not count; 0s by default."),
      .key("start_interval", .scalar(.duration), "Between tests during the start period; 5s by default."),
      .key("disable", .boolean, "No healthcheck."),
    ])
}
