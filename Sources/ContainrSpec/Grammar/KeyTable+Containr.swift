// Key tables of `x-containr`: what Containr adds to the Compose Specification. Of what this version does not act on, that
// which would weaken a service is refused, so that a file never promises more than it gets.

extension KeyTable {
  private static let publish = KeyRule.key(
    "publish", .scalar(.oneOf(PublishPolicy.allCases.map(\.rawValue))),
    "Who reaches published ports from outside: host-firewall, whom the host's rules for its input let through (the default); docker-like, everybody."
  )
  private static let security = KeyRule.key(
    "security", .scalar(.oneOf(["default", "strict"])),
    "The profile that rights start from: default is Docker's in effect, strict has fewer capabilities and system calls."
  )
  private static let limitPolicy = KeyRule.key(
    "limits", .scalar(.oneOf(LimitPolicy.allCases.map(\.rawValue))),
    "What a limit does that the host cannot give: required stops the start (the default); best-effort is a warning, and the service runs without it."
  )
  private static let idmap = KeyRule.key(
    "idmap", .scalar(.oneOf(["none", "host-user"])),
    "host-user: what the container's user writes into bind mounts belongs to the user who starts the stack; none by default."
  )
  private static let volumeIDMap = KeyRule.refused(
    "idmap", .scalar(.oneOf(["none", "host-user"])), "Whose ids files of the volume have.",
    because: "files would belong to other ids", unless: ["none"])

  private static let ingress = KeyRule.key(
    "ingress", .short(.rate, .containrRate),
    "What a container receives at most, on each of its networks: bits or bytes a second.", examples: ["\"10mbit\""])
  private static let egress = KeyRule.key(
    "egress", .short(.rate, .containrRate),
    "What a container sends at most, on each of its networks: bits or bytes a second.", examples: ["\"10mbit\""])

  /// A rate in its long form.
  static let containrRate = KeyTable(
    attribute: "an attribute of a rate", definition: "x_containr_rate", shortKey: "rate",
    [
      .key("rate", .scalar(.rate), "Bits a second (10mbit) or bytes a second (5mb).", required: true),
      .key("burst", .scalar(.burst), "Bytes that may go at once after a pause; those of 10 ms if left out."),
    ])

  /// The times of a job in their long form.
  static let containrSchedule = KeyTable(
    attribute: "an attribute of a schedule", definition: "x_containr_schedule", shortKey: "cron",
    [
      .key("cron", .scalar(.cron), "Minute, hour, day, month, weekday, or @daily and the like.", required: true),
      .key("timezone", .scalar(.text), "A name such as Europe/Berlin; this host's time if left out."),
      .key(
        "overlap", .scalar(.oneOf(SchedulePlan.Overlap.allCases.map(\.rawValue))),
        "What becomes of a run whose time comes while the one before goes on: skip (the default), replace, queue."),
      .key("catch-up", .boolean, "Runs once what was missed while nobody looked; false by default."),
    ])

  /// `services.NAME.networks.NAME.x-containr`.
  static let containrAttachment = KeyTable(
    attribute: "an attribute of x-containr of a place on a network", definition: "x_containr_attachment",
    [ingress, egress])

  /// `x-containr` at the root.
  static let containrStack = KeyTable(
    attribute: "an attribute of x-containr", definition: "x_containr_stack", [publish, security, limitPolicy])

  /// `services.NAME.x-containr`.
  static let containrService = KeyTable(
    attribute: "an attribute of a service's x-containr", definition: "x_containr_service",
    synonyms: ["on_change": "on-change", "on_unhealthy": "on-unhealthy", "cron": "schedule"],
    [
      publish, security, limitPolicy, idmap,
      .key(
        "on-change", .scalar(.changeReaction),
        "What changed content of configs, secrets and mounted files does: recreate, restart, signal:HUP, none."),
      .key(
        "on-unhealthy", .scalar(.oneOf(UnhealthyReaction.allCases.map(\.rawValue))),
        "What happens to a container that has become unhealthy: none (the default), restart."),
      .key(
        "schedule", .short(.cron, .containrSchedule),
        "When the job is started: five fields as in crontab(5), or @daily and the like.",
        examples: ["\"30 3 * * *\"", "\"@daily\""]),
      ingress, egress,
    ])

  /// `volumes.NAME.x-containr`.
  static let containrVolume = KeyTable(
    attribute: "an attribute of a volume's x-containr", definition: "x_containr_volume", [volumeIDMap])
}
