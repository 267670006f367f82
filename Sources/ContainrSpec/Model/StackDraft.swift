// What the decoders produce: plans with spans, before references between them are checked.
internal import ContainrAddresses

/// A whole file, decoded.
struct StackDraft {
  var services: [ServiceDraft] = []
  var networks: [String: NetworkDraft] = [:]
  var volumes: [String: VolumeDraft] = [:]
  /// By section and key: `secrets.token`.
  var contents: [String: ContentDraft] = [:]
}

/// One service with the place of every field that is set, by the path of `ServicePlan.fields`.
struct ServiceDraft {
  var plan: ServicePlan
  let nameSpan: SourceSpan
  var origins: [String: SourceSpan] = [:]
  var profiles: [String] = []
  /// Whether an image may bring a healthcheck that the file does not give: it has one, and the file does not say no.
  var mayInheritHealthcheck = false
  /// False: its profiles are not active, so it is checked but not planned.
  var isActive = true
  /// The network entries of a mapping or list whose names are not networks are errors at these places.
  var replicasSpan: SourceSpan?
  /// The places of `order` by the key that it stands under: no field of a container, so not among the origins.
  var orderSpans: [String: SourceSpan] = [:]
  /// What `restart` makes of a container that ended by itself with success.
  var restartsAfterSuccess: Bool { plan.restart.policy == .always || plan.restart.policy == .unlessStopped }

  init(name: String, span: SourceSpan) {
    plan = ServicePlan(name: name, location: span.location)
    nameSpan = span
  }

  /// The place of a field, or of the service.
  func span(_ path: String) -> SourceSpan { origins[path] ?? nameSpan }
}

/// One declared network.
struct NetworkDraft {
  var plan: NetworkPlan
  let span: SourceSpan
  var origins: [String: SourceSpan] = [:]
  /// At most one of each family, in the order of the file.
  var subnets: [SubnetDraft] = []
  /// `host` or `none`, which is no network of its own: who joins it has the host's, or none.
  var owner: NamespacePlan.Owner?

  /// The declared subnet of a family.
  func subnet(_ family: IPFamily) -> SubnetDraft? { subnets.first { $0.subnet.family == family } }
}

/// One entry of `ipam.config`.
struct SubnetDraft {
  let subnet: IPPrefix
  let span: SourceSpan
  var gateway: IPAddress?
  /// The bridge's address.
  var bridge: IPAddress { gateway ?? subnet.gateway }
}

/// One declared volume.
struct VolumeDraft {
  var plan: VolumePlan
  let span: SourceSpan
  var origins: [String: SourceSpan] = [:]
}

/// One declared config or secret.
struct ContentDraft {
  var plan: ContentPlan
  /// Where its source stands.
  let span: SourceSpan
}
