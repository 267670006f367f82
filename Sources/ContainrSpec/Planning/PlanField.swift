// The flat form of a plan: one line a field. Changes are found, explained and recorded in it.

/// One field of a plan in its canonical text form.
public struct PlanField: Sendable, Hashable, Codable {
  /// The Compose path below the object, such as `mem_limit` or `environment.PORT`.
  public var path: String
  /// The canonical value. Equal text means an equal setting.
  public var value: String

  /// Makes a field of its path and canonical text.
  public init(path: String, value: String) {
    self.path = path
    self.value = value
  }
}

extension ServicePlan {
  /// The fields of this service that are set, sorted by path. Two services are the same exactly if these are.
  ///
  /// Lists whose order matters (`command`, `entrypoint`, `layers`) are one field, written as JSON; keyed sets
  /// (`environment.NAME`, `labels.NAME`, `ports.0.0.0.0:8080/tcp`, `volumes./target`, `networks.NAME`,
  /// `depends_on.NAME`) are one field an entry.
  public var fields: [PlanField] { ServiceFlattener.fields(of: self) }
}

extension VolumePlan {
  /// The fields of this volume that are set, sorted by path.
  public var fields: [PlanField] {
    var fields = [PlanField(path: "name", value: name)]
    if isExternal { fields.append(PlanField(path: "external", value: "true")) }
    for option in options { fields.append(PlanField(path: "driver_opts.\(option.name)", value: option.value)) }
    for label in labels { fields.append(PlanField(path: "labels.\(label.name)", value: label.value)) }
    return fields.sorted { $0.path < $1.path }
  }
}
