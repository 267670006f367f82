// `config` of an image's config: what a container of it runs unless its owner says otherwise. Pure.
public import ContainrJSON

/// How a container of an image is started.
public struct ImageExecution: Sendable, Hashable {
  /// `user`, `uid`, `user:group`, …; nil: root.
  public var user: String?
  /// `80/tcp`.
  public var exposedPorts: [String]
  /// `NAME=value`.
  public var environment: [String]
  /// nil: none is set.
  public var entrypoint: [String]?
  /// nil: none is set.
  public var command: [String]?
  /// Paths that get volumes.
  public var volumes: [String]
  /// nil: `/`.
  public var workingDirectory: String?
  /// Labels.
  public var labels: [String: String]
  /// A signal's name or number.
  public var stopSignal: String?
  /// Seconds that Docker waits after it.
  public var stopTimeout: Int?
  /// Docker's health check.
  public var healthcheck: ImageHealthcheck?
  /// What the shell form of build steps and health checks runs in.
  public var shell: [String]?
  /// Members that we do not know, kept when a config is written again.
  public var others: [JSONMember]

  /// Nothing is set.
  public init() {
    exposedPorts = []
    environment = []
    volumes = []
    labels = [:]
    others = []
  }

  private static let known: Set<String> = [
    "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal", "StopTimeout",
    "Healthcheck", "Shell",
  ]

  init(_ reader: JSONReader) throws(JSONShapeError) {
    self.init()
    let nonEmpty = { (text: String?) in text?.isEmpty == true ? nil : text }
    user = nonEmpty(try reader.string("User"))
    exposedPorts = try reader.object("ExposedPorts")?.keys.sorted() ?? []
    environment = try reader.strings("Env")
    if reader.value("Entrypoint") != nil { entrypoint = try reader.strings("Entrypoint") }
    if reader.value("Cmd") != nil { command = try reader.strings("Cmd") }
    volumes = try reader.object("Volumes")?.keys.sorted() ?? []
    workingDirectory = nonEmpty(try reader.string("WorkingDir"))
    labels = try reader.texts("Labels")
    stopSignal = nonEmpty(try reader.string("StopSignal"))
    stopTimeout = try reader.number("StopTimeout")
    if let inner = try reader.object("Healthcheck") { healthcheck = try ImageHealthcheck(inner) }
    if reader.value("Shell") != nil { shell = try reader.strings("Shell") }
    others = reader.members.filter { !Self.known.contains($0.key) }
  }

  var json: JSONValue {
    var members: [JSONMember] = []
    func add(_ key: String, _ value: JSONValue?) { if let value { members.append(JSONMember(key, value)) } }
    func set(_ keys: [String]) -> JSONValue? {
      keys.isEmpty ? nil : .object(keys.sorted().map { JSONMember($0, .object([])) })
    }
    func list(_ texts: [String]?) -> JSONValue? { texts.map { .array($0.map { .string($0) }) } }
    add("User", user.map { .string($0) })
    add("ExposedPorts", set(exposedPorts))
    add("Env", environment.isEmpty ? nil : list(environment))
    add("Entrypoint", list(entrypoint))
    add("Cmd", list(command))
    add("Volumes", set(volumes))
    add("WorkingDir", workingDirectory.map { .string($0) })
    add("Labels", labels.isEmpty ? nil : .texts(labels))
    add("StopSignal", stopSignal.map { .string($0) })
    add("StopTimeout", stopTimeout.map { .integer(Int64($0)) })
    add("Healthcheck", healthcheck?.json)
    add("Shell", list(shell))
    return .object(members + others)
  }
}

/// How Docker looks whether a container is well. Times in nanoseconds; 0 is Docker's default.
public struct ImageHealthcheck: Sendable, Hashable {
  /// `[]` inherit, `["NONE"]`, `["CMD", …]`, `["CMD-SHELL", "…"]`.
  public var test: [String]
  /// Nanoseconds between two looks.
  public var interval: Int64 = 0
  /// Nanoseconds that one may take.
  public var timeout: Int64 = 0
  /// Nanoseconds in which failures do not count.
  public var startPeriod: Int64 = 0
  /// Nanoseconds between two looks in that period.
  public var startInterval: Int64 = 0
  /// Failures in a row; 0 is Docker's default.
  public var retries: Int = 0

  /// A check with Docker's times.
  public init(test: [String]) { self.test = test }

  init(_ reader: JSONReader) throws(JSONShapeError) {
    test = try reader.strings("Test")
    interval = try reader.number("Interval") ?? 0
    timeout = try reader.number("Timeout") ?? 0
    startPeriod = try reader.number("StartPeriod") ?? 0
    startInterval = try reader.number("StartInterval") ?? 0
    retries = try reader.number("Retries") ?? 0
  }

  var json: JSONValue {
    var members = [JSONMember("Test", .array(test.map { .string($0) }))]
    for (key, value) in [
      ("Interval", interval), ("Timeout", timeout), ("StartPeriod", startPeriod), ("StartInterval", startInterval),
      ("Retries", Int64(retries)),
    ] where value != 0 {
      members.append(JSONMember(key, .integer(value)))
    }
    return .object(members)
  }
}
