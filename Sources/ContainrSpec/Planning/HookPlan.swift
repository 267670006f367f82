// Commands around the life of a container: pre_start, post_start, pre_stop.

/// One command of a container's life.
public struct HookPlan: Sendable, Hashable, Codable {
  /// When it is run; the raw value is the Compose key.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case preStart = "pre_start"
    case postStart = "post_start"
    case preStop = "pre_stop"
  }
  /// The argument vector; empty only of `pre_start`: the image's.
  public var command: [String]
  /// As in `ServicePlan.user`; nil is the container's.
  public var user: String?
  /// With all rights.
  public var isPrivileged = false
  /// Absolute path inside; nil is the container's.
  public var workingDirectory: String?
  /// Beside the container's, sorted by name.
  public var environment: [EnvironmentPlan] = []
  /// `pre_start` only: the image it runs, instead of the service's own image and layers.
  public var image: ImagePlan?
  /// `pre_start` only: once for each container of the service; else once for all of them.
  public var isPerReplica = false

  /// With what the container has.
  public init(command: [String]) { self.command = command }

  /// Its flat fields below a path.
  func fields(below path: String) -> [PlanField] {
    var fields: [PlanField] = []
    func add(_ key: String, _ value: String?) {
      if let value { fields.append(PlanField(path: "\(path).\(key)", value: value)) }
    }
    add("command", command.isEmpty ? nil : ServiceFlattener.list(command))
    for variable in environment { add("environment.\(variable.name)", variable.value) }
    add("image", image?.reference)
    add("per_replica", isPerReplica ? "true" : nil)
    add("privileged", isPrivileged ? "true" : nil)
    add("user", user)
    add("working_dir", workingDirectory)
    return fields
  }
}

extension ServicePlan {
  /// The commands of a kind, in order.
  public func hooks(_ kind: HookPlan.Kind) -> [HookPlan] {
    switch kind {
    case .preStart: preStart
    case .postStart: postStart
    case .preStop: preStop
    }
  }
}
