// What an image's config means for a service that runs it: the service's own words win, key by key, as Compose and Docker
// define it. Pure.
internal import ContainrImageSpec
internal import ContainrSpec

enum ImageMerge {
  /// The plan with what the image says where the file says nothing. Layers are left alone.
  static func merged(_ plan: ServicePlan, _ image: ImageExecution) -> ServicePlan {
    var merged = plan
    // A null key is the image's; an empty one is empty (compose-spec, 05-services.md, command and entrypoint).
    let hasEntrypoint = plan.origins["entrypoint"] != nil || !plan.entrypoint.isEmpty
    let hasCommand = plan.origins["command"] != nil || !plan.command.isEmpty
    if !hasEntrypoint { merged.entrypoint = image.entrypoint ?? [] }
    // The image's command was written for its own entrypoint.
    if !hasEntrypoint && !hasCommand { merged.command = image.command ?? [] }
    merged.environment = environment(plan, image)
    merged.unsetVariables = []
    if plan.user == nil { merged.user = image.user }
    if plan.origins["working_dir"] == nil, plan.workingDirectory == "/" {
      merged.workingDirectory = image.workingDirectory.map(absolute) ?? "/"
    }
    if plan.origins["stop_signal"] == nil, plan.stopSignal == "SIGTERM", let signal = image.stopSignal {
      merged.stopSignal = signalName(signal)
    }
    var labels = image.labels
    for label in plan.labels { labels[label.name] = label.value }
    merged.labels = labels.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
    merged.mounts = mounts(plan, image)
    merged.healthcheck = healthcheck(plan, image)
    merged.disablesHealthcheck = nil
    return merged
  }

  private static func environment(_ plan: ServicePlan, _ image: ImageExecution) -> [EnvironmentPlan] {
    var values: [String: String] = [:]
    for pair in image.environment {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      // Docker takes a name without a value for nothing.
      if parts.count == 2, !parts[0].isEmpty { values[String(parts[0])] = String(parts[1]) }
    }
    for name in plan.unsetVariables { values[name] = nil }
    for variable in plan.environment { values[variable.name] = variable.value }
    return values.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
  }

  /// Docker joins a relative directory to the root.
  private static func absolute(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." && $0 != ".." }
    return "/" + parts.joined(separator: "/")
  }

  /// `SIGQUIT`, `quit` and `3` are one.
  private static func signalName(_ text: String) -> String {
    if text.allSatisfy({ $0.isASCII && $0.isNumber }) { return text }
    let upper = text.uppercased()
    return upper.hasPrefix("SIG") ? upper : "SIG\(upper)"
  }

  /// Each path that the image says gets a volume without a name, unless the file mounts something there.
  private static func mounts(_ plan: ServicePlan, _ image: ImageExecution) -> [MountPlan] {
    var mounts = plan.mounts
    let taken = Set(plan.mounts.map(\.target))
    for path in image.volumes.map(absolute) where path != "/" && !taken.contains(path) {
      if mounts.contains(where: { $0.target == path }) { continue }
      mounts.append(MountPlan(kind: .volume, source: "", target: path))
    }
    func depth(_ path: String) -> Int { path.utf8.count { $0 == UInt8(ascii: "/") } }
    return mounts.sorted { (depth($0.target), $0.target) < (depth($1.target), $1.target) }
  }

  private static func healthcheck(_ plan: ServicePlan, _ image: ImageExecution) -> HealthcheckPlan? {
    if plan.disablesHealthcheck == true { return nil }
    if let own = plan.healthcheck, !own.command.isEmpty, image.healthcheck == nil { return own }
    guard let theirs = image.healthcheck else { return nil }
    var check = plan.healthcheck ?? HealthcheckPlan(command: [])
    if check.command.isEmpty {
      guard let command = command(theirs.test, shell: image.shell) else { return nil }
      check.command = command
    }
    func time(_ key: String, _ field: WritableKeyPath<HealthcheckPlan, Int>, _ nanoseconds: Int64) {
      // 0 is not set, and less than a millisecond is no time to us.
      guard nanoseconds > 0, plan.origins["healthcheck.\(key)"] == nil else { return }
      check[keyPath: field] = max(1, Int(clamping: nanoseconds / 1_000_000))
    }
    time("interval", \.interval, theirs.interval)
    time("timeout", \.timeout, theirs.timeout)
    time("start_period", \.startPeriod, theirs.startPeriod)
    time("start_interval", \.startInterval, theirs.startInterval)
    if theirs.retries > 0, plan.origins["healthcheck.retries"] == nil { check.retries = theirs.retries }
    return check
  }

  /// nil: NONE, or nothing that anybody could run.
  private static func command(_ test: [String], shell: [String]?) -> [String]? {
    switch (test.first, test.count) {
    case ("CMD", 2...): Array(test.dropFirst())
    case ("CMD-SHELL", 2...): (shell ?? ["/bin/sh", "-c"]) + test.dropFirst()
    default: nil
    }
  }
}
