// Key tables of the root, networks and volumes, and the list of all tables.

extension KeyTable {
  /// The root of the file.
  static let stack = KeyTable(
    attribute: "a top-level key", definition: "",
    keys: [
      "name": .honoured, "services": .honoured, "networks": .honoured, "volumes": .honoured, "version": .metadata,
      "include": .refused("the included services would be missing"), "secrets": .ignored(), "configs": .ignored(),
      "models": .ignored(),
    ],
    synonyms: ["service": "services", "network": "networks", "volume": "volumes", "project": "name"])

  /// `networks.NAME`.
  static let network = KeyTable(
    attribute: "a network attribute", definition: "network",
    keys: [
      "name": .honoured, "driver": .honoured, "driver_opts": .honoured, "internal": .honoured, "ipam": .honoured,
      "external": .refused("networks belong to their stack", unless: ["false"]), "attachable": .metadata,
      "labels": .ignored(), "enable_ipv4": .refused("every network has IPv4", unless: ["true"]),
      "enable_ipv6": .refused("IPv6 is not available", unless: ["false"]),
    ])

  /// `networks.NAME.driver_opts`.
  static let networkOptions = KeyTable(
    attribute: "a known driver option", definition: "network_options",
    keys: ["com.docker.network.driver.mtu": .honoured],
    synonyms: ["mtu": "com.docker.network.driver.mtu"])

  /// `networks.NAME.ipam`.
  static let ipam = KeyTable(
    attribute: "an ipam attribute", definition: "ipam",
    keys: [
      "config": .honoured, "driver": .refused("addresses are given out by Containr", unless: ["default"]),
      "options": .refused("the options would not apply"),
    ])

  /// `networks.NAME.ipam.config[]`.
  static let ipamConfig = KeyTable(
    attribute: "an ipam config attribute", definition: "ipam_config",
    keys: [
      "subnet": .honoured, "gateway": .honoured, "ip_range": .refused("addresses would come from the whole subnet"),
      "aux_addresses": .refused("these addresses could be given to containers"),
    ])

  /// `volumes.NAME`.
  static let volume = KeyTable(
    attribute: "a volume attribute", definition: "volume",
    keys: [
      "name": .honoured, "external": .honoured, "driver": .honoured, "labels": .ignored(),
      "driver_opts": .refused("the data would lie elsewhere; use a bind mount for a directory of the host"),
    ])

  /// All tables; the schema has one definition for each.
  static let all: [KeyTable] = [
    stack, service, envFile, mount, mountBind, mountVolume, mountTmpfs, port, attachment, dependency, healthcheck,
    blockIO, blockIOWeight, blockIOLimit, deploy, resources, limits, reservations, restartPolicy, network,
    networkOptions, ipam, ipamConfig, volume,
  ]
}
