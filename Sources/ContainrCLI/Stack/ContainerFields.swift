// Containers in the words of `docker compose ps --format`: its fields, and its names of states. Pure.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec

/// One container with what the records do not hold.
struct ContainerFields: Sendable {
  let container: ContainerStatus
  /// What it was made with.
  let details: ContainerDetails
  /// Bytes that it has written; nil: nobody has looked.
  let written: UInt64?
  /// Seconds since 1970.
  let now: UInt64

  /// Compose's fields, in the order of their names.
  var fields: [VolumeView.Field] {
    let command = JSONText.quoted(details.command.joined(separator: " "))
    let labels = details.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    let made = [
      text("Command", command), text("CreatedAt", UTCTime.text(container.createdAt)),
      number("ExitCode", exitCode), text("Health", container.health ?? ""),
      text("ID", container.id), text("Image", details.image), text("Labels", labels),
      text("LocalVolumes", "\(details.volumes)"), text("Mounts", details.mounts.joined(separator: ",")),
    ]
    let size = written.map(Displayed.decimalBytes) ?? ""
    return made + [
      text("Name", container.name), text("Names", container.name),
      text("Networks", details.networks.joined(separator: ",")), text("Ports", container.ports.joined(separator: ", ")),
      text("Project", container.stack), publishers, text("RunningFor", ago(container.createdAt)),
      text("Service", service), text("Size", size), text("State", container.composeState),
      text("Status", status),
    ]
  }

  private func text(_ name: String, _ value: String) -> VolumeView.Field { (name, value, JSONText.quoted(value)) }

  private func number(_ name: String, _ value: Int32) -> VolumeView.Field { (name, "\(value)", "\(value)") }

  private var publishers: VolumeView.Field {
    let items = container.ports.compactMap(PublishedPort.init).map { port in
      "{\"URL\":\(JSONText.quoted(port.address)),\"TargetPort\":\(port.target),\"PublishedPort\":\(port.published),"
        + "\"Protocol\":\(JSONText.quoted(port.transport))}"
    }
    return ("Publishers", container.ports.joined(separator: ", "), "[\(items.joined(separator: ","))]")
  }

  /// `Up 5m 10s (healthy)`, `Exited (1) 3s ago`.
  private var status: String {
    switch container.composeState {
    case "running": "Up \(age(container.since))\(health)"
    case "paused": "Up \(age(container.since)) (Paused)"
    case "restarting": "Restarting (\(code)) \(ago(container.since))"
    case "created": "Created"
    case "removing": "Removal In Progress"
    default: "Exited (\(code)) \(ago(container.since))"
    }
  }

  /// 0 for one that runs, or never has. An end that nobody saw is no success.
  private var exitCode: Int32 {
    if container.pid != nil { return 0 }
    return container.exitCode ?? ([.exited, .died, .stopped].contains(container.state) ? 137 : 0)
  }

  /// Of a container that was run once, the service that it was run of, as in the labels.
  private var service: String {
    details.labels.first { $0.name == "com.docker.compose.service" }?.value ?? container.service
  }

  private var code: String { container.exitCode.map(String.init) ?? "?" }

  private var health: String {
    switch container.health {
    case nil: ""
    case "starting": " (health: starting)"
    case let word?: " (\(word))"
    }
  }

  private func age(_ since: Int?) -> String {
    let start = UInt64(clamping: since ?? container.createdAt)
    return Displayed.age(seconds: now > start ? now - start : 0)
  }

  private func ago(_ since: Int?) -> String { "\(age(since)) ago" }
}

/// `127.0.0.1:8080->80/tcp`, taken apart.
struct PublishedPort: Sendable, Hashable {
  var address: String
  var published: UInt16
  var target: UInt16
  var transport: String

  init?(_ text: String) {
    let ends = text.split(separator: "->", maxSplits: 1).map(String.init)
    guard ends.count == 2, let colon = ends[0].lastIndex(of: ":"),
      let published = UInt16(ends[0][ends[0].index(after: colon)...])
    else { return nil }
    let inside = ends[1].split(separator: "/").map(String.init)
    guard inside.count == 2, let target = UInt16(inside[0]) else { return nil }
    let host = ends[0][..<colon]
    address = String(host.first == "[" ? host.dropFirst().dropLast() : host)
    (self.published, self.target, transport) = (published, target, inside[1])
  }
}

extension ContainerStatus {
  /// One of Compose's: created, running, paused, restarting, removing, exited.
  var composeState: String {
    switch state {
    case .creating, .created, .scheduled: "created"
    case .running: "running"
    case .paused: "paused"
    case .removing: "removing"
    // A job that waits for its next time has ended.
    case .exited, .died, .stopped: comesBack && nextRun == nil ? "restarting" : "exited"
    }
  }
}

/// `--status` and `--filter status=`: of several words any.
struct StatusFilter: Sendable {
  private let words: Set<String>

  /// Compose's words, and our own.
  private static let known = [
    "created", "creating", "dead", "died", "exited", "paused", "removing", "restarting", "running", "scheduled",
    "stopped",
  ]

  init(status: [String], filter: [String]) throws {
    var words = status
    for filter in filter {
      let parts = filter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, parts[0] == "status" else {
        throw CommandExit(.failure, "--filter \(filter) is not understood", help: "status=… is the only one")
      }
      words.append(parts[1])
    }
    if let strange = words.first(where: { !Self.known.contains($0) }) {
      let near = NearestName.suggestion(for: strange, among: Self.known)
      throw CommandExit(
        .failure, "'\(strange)' is no state of a container",
        help: near.map { "did you mean '\($0)'?" } ?? "there are \(Self.known.joined(separator: ", "))")
    }
    self.words = Set(words)
  }

  func holds(_ container: ContainerStatus) -> Bool {
    if words.isEmpty || words.contains(container.composeState) || words.contains(container.state.rawValue) {
      return true
    }
    return container.state == .died && words.contains("dead")
  }
}
