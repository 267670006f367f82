// Key tables of limits, deploy and develop.

extension KeyTable {
  /// `services.NAME.blkio_config`.
  static let blockIO = KeyTable(
    attribute: "a blkio_config attribute", definition: "blkio_config",
    [
      .key("weight", .scalar(.integer(0...1000)), "Weight against other containers, 10 to 1000."),
      .key("weight_device", .list(.object(.blockIOWeight), .path), "Weights for single devices."),
      .key("device_read_bps", .list(.object(.blockIOLimit), .path), "Bytes read a second."),
      .key("device_write_bps", .list(.object(.blockIOLimit), .path), "Bytes written a second."),
      .key("device_read_iops", .list(.object(.blockIOLimit), .path), "Reads a second."),
      .key("device_write_iops", .list(.object(.blockIOLimit), .path), "Writes a second."),
    ])

  /// `services.NAME.blkio_config.weight_device[]`.
  static let blockIOWeight = KeyTable(
    attribute: "a weight_device attribute", definition: "blkio_weight",
    [
      .key("path", .scalar(.containerPath), "The device.", required: true),
      .key("weight", .scalar(.integer(10...1000)), "10 to 1000.", required: true),
    ])

  /// `services.NAME.blkio_config.device_*[]`.
  static let blockIOLimit = KeyTable(
    attribute: "a device limit's attribute", definition: "blkio_limit",
    [
      .key("path", .scalar(.containerPath), "The device.", required: true),
      .key("rate", .scalar(.byteSize), "Bytes a second.", required: true),
    ])

  /// `services.NAME.deploy`.
  static let deploy = KeyTable(
    attribute: "a deploy attribute", definition: "deploy",
    synonyms: ["replica": "replicas", "scale": "replicas", "limits": "resources", "restart": "restart_policy"],
    [
      .key("replicas", .scalar(.integer(0...10_000)), "Number of containers."),
      .key("resources", .object(.resources), "Limits and reservations."),
      .key("restart_policy", .object(.restartPolicy), "When to start a container again."),
      .ignored("labels", .pairs(.labels), "Labels of the service, not of its containers."),
      .refused(
        "mode", .scalar(.oneOf(["replicated", "global", "replicated-job", "global-job"])), "How replicas are placed.",
        because: "services are replicated on one host", unless: ["replicated"]),
      .ignored("endpoint_mode", .scalar(.known(["vip", "dnsrr"])), "How clients find the replicas."),
      .ignored("placement", .object(.placement), "Where replicas may run."),
      .key("update_config", .object(.updateConfig), "How containers are made again."),
      .key("rollback_config", .object(.rollbackConfig), "How a failed update is taken back."),
    ])

  /// `services.NAME.deploy.update_config`.
  static let updateConfig = KeyTable(
    attribute: "an update attribute", definition: "update_config", update(["continue", "pause", "rollback"]))

  /// `services.NAME.deploy.rollback_config`.
  static let rollbackConfig = KeyTable(
    attribute: "a rollback attribute", definition: "rollback_config", update(["continue", "pause"]))

  private static func update(_ actions: [String]) -> [KeyRule] {
    [
      .key("parallelism", .scalar(.integer(0...10_000)), "How many containers at once; 1 by default, 0 is all."),
      .key("delay", .scalar(.duration), "Between two groups."),
      .key("failure_action", .scalar(.oneOf(actions)), "What too many failures do; pause by default."),
      .key(
        "monitor", .scalar(.duration),
        "How long a new container is watched; by default 5s for start-first without a health check, else not at all."),
      .key("max_failure_ratio", .scalar(.number(0...1)), "The part of the containers that may fail; 0 by default."),
      .key(
        "order", .scalar(.oneOf(["start-first", "stop-first"])),
        "Which of old and new comes first; stop-first by default."),
    ]
  }

  /// `services.NAME.deploy.placement`.
  static let placement = KeyTable(
    attribute: "a placement attribute", definition: "placement",
    [
      .ignored("constraints", .listOf(.string), "What must hold of a node."),
      .ignored("preferences", .items(.object(.preference)), "How to spread over nodes."),
      .ignored("max_replicas_per_node", .scalar(.integer(0...10_000)), "Replicas on one node."),
    ])

  /// `services.NAME.deploy.placement.preferences[]`.
  static let preference = KeyTable(
    attribute: "a placement preference", definition: "preference",
    [.ignored("spread", .string, "The label to spread over.")])

  /// `services.NAME.deploy.resources`.
  static let resources = KeyTable(
    attribute: "a resources attribute", definition: "resources",
    synonyms: ["limit": "limits", "requests": "reservations"],
    [
      .key("limits", .object(.limits), "What may be used at most."),
      .key("reservations", .object(.reservations), "What is set aside."),
    ])

  /// `services.NAME.deploy.resources.limits`.
  static let limits = KeyTable(
    attribute: "a resource limit", definition: "limits",
    synonyms: ["cpu": "cpus", "mem": "memory", "mem_limit": "memory", "pids_limit": "pids"],
    [
      .key("cpus", .scalar(.processors), "CPU time: 1.5 is one and a half CPUs."),
      .key("memory", .scalar(.byteSize), "Memory limit.", examples: ["\"64m\""]),
      .key("pids", .scalar(.integer(-1...4_194_304)), "Processes and threads at the same time; -1 is unlimited."),
    ])

  /// `services.NAME.deploy.resources.reservations`.
  static let reservations = KeyTable(
    attribute: "a resource reservation", definition: "reservations",
    [
      .key("memory", .scalar(.byteSize), "The same as `mem_reservation`."),
      .ignored("cpus", .scalar(.processors), "CPU time that is set aside."),
      .key(
        "devices", .items(.object(.reservedDevice)), "Devices of the host, as its CDI specifications describe them."),
      .ignored("generic_resources", .items(.object(.genericResource)), "Resources that a node declares."),
    ])

  /// `services.NAME.deploy.resources.reservations.generic_resources[]`.
  static let genericResource = KeyTable(
    attribute: "a generic resource's attribute", definition: "generic_resource",
    [.ignored("discrete_resource_spec", .object(.discreteResource), "A countable resource.")])

  /// `…generic_resources[].discrete_resource_spec`.
  static let discreteResource = KeyTable(
    attribute: "a discrete resource's attribute", definition: "discrete_resource",
    [
      .ignored("kind", .string, "What it is."),
      .ignored("value", .scalar(.integer(0...Int64.max)), "How many."),
    ])

  /// `services.NAME.deploy.restart_policy`.
  static let restartPolicy = KeyTable(
    attribute: "a restart_policy attribute", definition: "restart_policy",
    [
      .key("condition", .scalar(.restartCondition), "any by default."),
      .key(
        "max_attempts", .scalar(.integer(0...1_000_000)),
        "How often in a row a start may fail before it is left alone; 0 and by default: without end."),
      .key(
        "delay", .scalar(.duration),
        "How long to wait before each start; by default 100ms, doubled up to 1m as long as runs are short."),
      .key(
        "window", .scalar(.duration),
        "How long a start must last to count as one that has succeeded; 10s by default."),
    ])

  /// `services.NAME.develop`.
  static let develop = KeyTable(
    attribute: "a develop attribute", definition: "develop",
    [.ignored("watch", .items(.object(.watch)), "What happens when files change.")])

  /// `services.NAME.develop.watch[]`.
  static let watch = KeyTable(
    attribute: "a watch attribute", definition: "watch",
    [
      .ignored("path", .scalar(.hostPath), "What is watched.", required: true),
      .ignored(
        "action", .scalar(.oneOf(["rebuild", "restart", "sync", "sync+restart", "sync+exec"])), "What is done.",
        required: true),
      .ignored("target", .scalar(.string), "Where files go inside the container."),
      .ignored("ignore", .oneOrMany(.string), "Paths that do not count."),
      .ignored("include", .oneOrMany(.string), "Paths that count."),
      .ignored("initial_sync", .boolean, "Bring all files up to date first."),
      .ignored("exec", .object(.hook), "What is run after a sync."),
    ])
}
