// Key tables of the root, networks, volumes, configs, secrets and models, and the list of all tables.

extension KeyTable {
  /// The root of the file.
  static let stack = KeyTable(
    attribute: "a top-level key", definition: "",
    summary:
      "A Containr stack file: the Compose Specification, and what Containr adds to it under `layers` and `x-containr`.",
    synonyms: ["service": "services", "network": "networks", "volume": "volumes", "project": "name"],
    [
      .key("name", .scalar(.projectName), "The stack's name; the directory's name if left out."),
      .key("services", .mapping(.service, .object(.service), nullable: false), "The services of the stack."),
      .key("networks", .mapping(.object, .object(.network), nullable: true), "The networks of the stack."),
      .key("volumes", .mapping(.object, .object(.volume), nullable: true), "The named volumes of the stack."),
      .key("secrets", .mapping(.object, .object(.secret), nullable: false), "Secret files for services."),
      .key("configs", .mapping(.object, .object(.config), nullable: false), "Configuration files for services."),
      .ignored("models", .mapping(.object, .object(.model), nullable: false), "AI models for services."),
      .key(
        "include", .list(.short(.text, .include), .position), "Other stack files whose objects belong to this stack."),
      .metadata("version", .scalar(.any), "Has no meaning any more; remove it."),
      .key("x-containr", .object(.containrStack), "What Containr adds to the Compose Specification."),
    ])

  /// `include[]`.
  static let include = KeyTable(
    attribute: "an include attribute", definition: "include",
    shortKey: "path",
    [
      .key("path", .oneOrMany(.text), "The file, and files that override it.", required: true),
      .key("project_directory", .scalar(.text), "What its relative paths count from; its own directory if left out."),
      .key("env_file", .oneOrMany(.text), "Its environment files; `.env` of its directory if left out."),
    ])

  /// `networks.NAME`.
  static let network = KeyTable(
    attribute: "a network attribute", definition: "network",
    [
      .key("name", .scalar(.objectName("network")), "The name on the host; STACK_KEY if left out."),
      .key("driver", .string, "bridge, macvlan, ipvlan, host or none; bridge if left out."),
      .key("driver_opts", .object(.networkOptions), "Options of the driver."),
      .key("internal", .boolean, "No way out of the host."), .key("ipam", .object(.ipam), "Addresses."),
      .key(
        "external", .external,
        "It exists already, by `containr network create` or by another stack, and is never removed."),
      .key("attachable", .boolean, "Containers of other stacks may be connected by hand."),
      .key("labels", .pairs(.labels), "Labels of the network."),
      .key("enable_ipv4", .boolean, "false: no IPv4."),
      .key("enable_ipv6", .boolean, "Whether it has IPv6; if left out, where the host has it."),
    ])

  /// `networks.NAME.driver_opts`.
  static let networkOptions = KeyTable(
    attribute: "a known driver option", definition: "network_options",
    synonyms: [
      "mtu": "com.docker.network.driver.mtu", "bridge": "com.docker.network.bridge.name",
      "icc": "com.docker.network.bridge.enable_icc",
      "masquerade": "com.docker.network.bridge.enable_ip_masquerade", "mode": "macvlan_mode",
    ], otherKeys: .refused("the option would not apply"),
    [
      .key(
        "com.docker.network.driver.mtu", .scalar(.integer(NetworkOption.mtu)), "The largest packet, 68 to 65535."),
      .key("com.docker.network.bridge.name", .scalar(.interfaceName), "bridge: the interface's name on the host."),
      .key(
        "com.docker.network.bridge.enable_ip_masquerade", .boolean,
        "bridge: false: packets leave the host with the container's own address. true by default."),
      .key(
        "com.docker.network.bridge.enable_icc", .boolean,
        "bridge: false: containers on it do not reach each other. true by default."),
      .key(
        "com.docker.network.container_iface_prefix", .scalar(.interfacePrefix),
        "What the names of interfaces inside begin with; eth by default."),
      .key("parent", .scalar(.interfaceName), "macvlan, ipvlan: the interface of the host."),
      .key(
        "macvlan_mode", .scalar(.oneOf(["bridge", "private", "vepa", "passthru"])), "macvlan: bridge by default."),
      .key("ipvlan_mode", .scalar(.oneOf(["l2", "l3", "l3s"])), "ipvlan: l2 by default."),
      .key("ipvlan_flag", .scalar(.oneOf(["bridge", "private", "vepa"])), "ipvlan: bridge by default."),
    ])

  /// `networks.NAME.ipam`.
  static let ipam = KeyTable(
    attribute: "an ipam attribute", definition: "ipam",
    [
      .key("config", .list(.object(.ipamConfig), .subnet), "The subnets; at most one of IPv4 and one of IPv6."),
      .refused(
        "driver", .string, "Who gives out addresses.", because: "addresses are given out by Containr",
        unless: ["default"]),
      .refused(
        "options", .mapping(.any, .scalar(.any), nullable: false), "Options of the driver.",
        because: "the options would not apply"),
    ])

  /// `networks.NAME.ipam.config[]`.
  static let ipamConfig = KeyTable(
    attribute: "an ipam config attribute", definition: "ipam_config",
    [
      .key("subnet", .scalar(.subnet), "The subnet as CIDR.", examples: ["\"10.99.0.0/24\""]),
      .key("gateway", .scalar(.address), "The host's address on the network; the first one if left out."),
      .key("ip_range", .scalar(.subnet), "Where addresses are taken from; the whole subnet if left out."),
      .key(
        "aux_addresses", .mapping(.any, .scalar(.address), nullable: false),
        "Addresses that others have, by name; no container is given one."),
    ])

  /// `volumes.NAME`.
  static let volume = KeyTable(
    attribute: "a volume attribute", definition: "volume",
    [
      .key("name", .scalar(.objectName("volume")), "The name on the host; STACK_KEY if left out."),
      .key("external", .external, "It must exist already and is never removed."),
      .key("driver", .string, "Only `local`."),
      .key("labels", .pairs(.labels), "Labels of the volume."),
      .key(
        "driver_opts", .mapping(.any, .scalar(.any), nullable: false),
        "What is mounted in place of a directory: `type`, `o` and `device`, as mount(8) takes them; `o: bind` for a directory of the host."
      ),
      .key("x-containr", .object(.containrVolume), "What Containr adds to the Compose Specification."),
    ])

  /// `secrets.NAME`.
  static let secret = KeyTable(
    attribute: "a secret attribute", definition: "secret", anyOf: ["file", "environment", "external", "driver"],
    fileRules + [
      .refused(
        "driver", .string, "Who provides it.",
        because: "secrets come from a file or a variable; write 'file' or 'environment'"),
      .refused(
        "driver_opts", .mapping(.any, .scalar(.any), nullable: false), "Options of the driver.",
        because: "the options would not apply"),
    ])

  /// `configs.NAME`.
  static let config = KeyTable(
    attribute: "a config attribute", definition: "config",
    anyOf: ["file", "environment", "content", "external"],
    fileRules + [.key("content", .scalar(.content), "Its content.")])

  private static let fileRules: [KeyRule] = [
    .metadata("name", .scalar(.text), "A name for other tools; here its key is its name."),
    .key("file", .scalar(.hostPath), "The file with the content."),
    .key("environment", .string, "The variable with the content."),
    .refused(
      "external", .external, "It is kept elsewhere and belongs to no stack.",
      because: "there is no store of its own for them; write 'file: PATH' or 'environment: VARIABLE'",
      unless: ["false"]),
    .ignored("labels", .pairs(.labels), "Labels."),
    .refused(
      "template_driver", .string, "The template language of its content.",
      because: "the template would not be filled in; write the finished file"),
  ]

  /// `models.NAME`.
  static let model = KeyTable(
    attribute: "a model attribute", definition: "model",
    [
      .key("name", .string, "The model's name."), .key("model", .scalar(.text), "The model's image.", required: true),
      .key("context_size", .scalar(.integer(0...Int64.max)), "Tokens of context."),
      .key("runtime_flags", .listOf(.string), "Flags of the runtime."),
    ])

  /// All tables; the schema has one definition for each.
  static let all: [KeyTable] = [
    stack, service, envFile, extends, provider, logging, credentialSpec, hook, preStart, attachment, dependency,
    attachmentOptions, modelUse, healthcheck, mount, mountBind, mountVolume, mountTmpfs, mountImage, fileMount, device,
    gpu,
    reservedDevice, port, blockIO,
    blockIOWeight, blockIOLimit, deploy, updateConfig, rollbackConfig, placement, preference, resources, limits,
    reservations,
    genericResource, discreteResource, restartPolicy, develop, watch, build, include, network, networkOptions, ipam,
    ipamConfig, volume, secret, config, model, containrStack, containrService, containrVolume,
    containrRate, containrAttachment, containrSchedule,
  ]
}
