// Containers as a table and as JSON. Pure.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrReconcile

enum StatusView {
  /// `now` in seconds since 1970.
  static func table(_ containers: [ContainerStatus], now: UInt64) -> Table {
    var table = Table([
      ("NAME", .left), ("SERVICE", .left), ("STATE", .left), ("HEALTH", .left), ("PID", .right), ("MEM/LIMIT", .left),
      ("PORTS", .left), ("UPTIME", .left),
    ])
    table.rows = containers.map { container in
      [
        container.name, container.service, state(container, now: now), container.health ?? "-",
        container.pid.map(String.init) ?? "-", memory(container),
        container.ports.isEmpty ? "-" : container.ports.joined(separator: ", "), age(container, now: now),
      ]
    }
    let containers = containers
    table.paint = { row, column in
      switch column {
      case 2: colour(of: containers[row])?.rawValue
      case 3:
        switch containers[row].health {
        case "healthy": Ink.Colour.green.rawValue
        case "unhealthy": Ink.Colour.red.rawValue
        case "starting": Ink.Colour.yellow.rawValue
        default: nil
        }
      default: nil
      }
    }
    return table
  }

  static func json(_ containers: [ContainerStatus]) -> String {
    let items = containers.map { container in
      "  {"
        + [
          "\"name\": \(JSONText.quoted(container.name))", "\"stack\": \(JSONText.quoted(container.stack))",
          "\"service\": \(JSONText.quoted(container.service))", "\"index\": \(container.index)",
          "\"state\": \(JSONText.quoted(container.state.rawValue))",
          "\"role\": \(JSONText.quoted(container.role.rawValue))", "\"health\": \(JSONText.string(container.health))",
          "\"pid\": \(JSONText.number(container.pid))", "\"exit_code\": \(JSONText.number(container.exitCode))",
          "\"out_of_memory\": \(container.outOfMemory)", "\"files_lost\": \(container.lostFiles)",
          "\"given_up\": \(JSONText.string(container.givenUp?.reason.rawValue))",
          "\"ports\": \(JSONText.list(container.ports))",
          "\"addresses\": \(JSONText.list(container.addresses))", "\"since\": \(JSONText.number(container.since))",
          "\"created\": \(container.createdAt)",
          "\"next_run\": \(JSONText.number(container.nextRun))",
          "\"memory_usage\": \(JSONText.number(container.memoryUsage))",
          "\"memory_limit\": \(JSONText.number(container.memoryLimit))",
          "\"log_file\": \(JSONText.quoted(container.logFile))",
        ].joined(separator: ", ") + "}"
    }
    return items.isEmpty ? "[]\n" : "[\n\(items.joined(separator: ",\n"))\n]\n"
  }

  private static func state(_ container: ContainerStatus, now: UInt64) -> String {
    guard let next = container.nextRun else { return state(container) + end(container) }
    let left = max(0, next - Int(clamping: now))
    return state(container) + end(container) + ", next in \(Displayed.age(seconds: UInt64(left)))"
  }

  private static func state(_ container: ContainerStatus) -> String {
    // While one container takes over from another, both are there under one name.
    let word = container.state.rawValue + (container.role == .serving ? "" : ", \(container.role.rawValue)")
    guard let code = container.exitCode, container.pid == nil else { return word }
    return
      "\(word) (\(code)\(container.causeOfEnd.map { ", \($0)" } ?? ""))"
  }

  /// `, given up after 3 starts`.
  private static func end(_ container: ContainerStatus) -> String {
    guard let given = container.givenUp else { return "" }
    let what = given.reason == .unhealthy ? "unhealthy, given up" : "given up"
    return ", \(what) after \(given.attempts) \(given.attempts == 1 ? "start" : "starts")"
  }

  private static func memory(_ container: ContainerStatus) -> String {
    guard let usage = container.memoryUsage else { return "-" }
    return "\(Displayed.bytes(usage))/\(container.memoryLimit.map { Displayed.bytes(UInt64(clamping: $0)) } ?? "-")"
  }

  private static func age(_ container: ContainerStatus, now: UInt64) -> String {
    guard container.pid != nil, let since = container.since else { return "-" }
    let start = UInt64(clamping: since)
    return Displayed.age(seconds: now > start ? now - start : 0)
  }

  private static func colour(of container: ContainerStatus) -> Ink.Colour? {
    switch container.state {
    case .running: .green
    case .exited: container.exitCode == 0 ? nil : .red
    case .died: .red
    case .creating, .removing, .paused: .yellow
    case .created, .stopped, .scheduled: nil
    }
  }
}
