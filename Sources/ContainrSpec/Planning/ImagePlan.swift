// The image of a service, from the file alone: what is asked for, not what it holds.

/// An image, and when it is fetched.
public struct ImagePlan: Sendable, Hashable, Codable {
  /// As the file has it: `nginx:1.27`, `registry.example.org/app@sha256:…`.
  public var reference: String
  /// The digest that the lock file says; it wins over the tag.
  public var digest: String?
  /// `os/arch/variant`; nil is this machine's.
  public var platform: String?
  /// When it is fetched.
  public var policy = PullPolicy.missing

  /// An image for this machine, fetched if it is not here.
  public init(reference: String) { self.reference = reference }
}

/// When an image is fetched (`pull_policy`).
public enum PullPolicy: Sendable, Hashable, Codable {
  /// If it is not here.
  case missing
  /// Never: it has to be here.
  case never
  /// Before every `up`.
  case always
  /// If it was fetched longer ago than this; seconds.
  case every(Int)

  /// The file's word.
  public var text: String {
    switch self {
    case .missing: "missing"
    case .never: "never"
    case .always: "always"
    case .every(86_400): "daily"
    case .every(604_800): "weekly"
    case .every(let seconds): "every_\(seconds)s"
    }
  }
}

extension ServicePlan {
  /// The image, those among the layers, those that are mounted, and those of `pre_start`, in this order.
  public var images: [ImagePlan] {
    (image.map { [$0] } ?? [])
      + layers.filter { $0.kind == .image }.map { beside($0.path, $0.digest) }
      + mounts.filter { $0.kind == .image }.map { beside($0.source, $0.digest) }
      + preStart.compactMap(\.image)
  }

  /// One that is not run: of the same platform, fetched at the same times.
  private func beside(_ reference: String, _ digest: String?) -> ImagePlan {
    var plan = ImagePlan(reference: reference)
    plan.digest = digest
    plan.platform = image?.platform ?? platform
    plan.policy = image?.policy ?? pullPolicy ?? .missing
    return plan
  }

  /// Where the file speaks of one of its images.
  public func origin(ofImage reference: String) -> SourceLocation {
    if image?.reference == reference, let origin = origins["image"] { return origin }
    if !layers.contains(where: { $0.kind == .image && $0.path == reference }),
      let index = preStart.firstIndex(where: { $0.image?.reference == reference }),
      let origin = origins["pre_start.\(index + 1).image"]
    {
      return origin
    }
    if !layers.contains(where: { $0.kind == .image && $0.path == reference }),
      let mount = mounts.first(where: { $0.kind == .image && $0.source == reference })
    {
      return origins["volumes.\(mount.target)"] ?? location
    }
    return origins["layers"] ?? location
  }
}

extension StackPlan {
  /// The plan with the digests that a lock file says, by reference: they win over tags.
  public func pinning(_ images: [String: String]) -> StackPlan {
    var plan = self
    for index in plan.services.indices {
      if let reference = plan.services[index].image?.reference {
        plan.services[index].image?.digest = images[reference]
      }
      for layer in plan.services[index].layers.indices where plan.services[index].layers[layer].kind == .image {
        plan.services[index].layers[layer].digest = images[plan.services[index].layers[layer].path]
      }
      for mount in plan.services[index].mounts.indices where plan.services[index].mounts[mount].kind == .image {
        plan.services[index].mounts[mount].digest = images[plan.services[index].mounts[mount].source]
      }
      for hook in plan.services[index].preStart.indices {
        if let reference = plan.services[index].preStart[hook].image?.reference {
          plan.services[index].preStart[hook].image?.digest = images[reference]
        }
      }
    }
    return plan
  }

  /// The plan with one policy for all images, as `up --pull` has it.
  public func pulling(_ policy: PullPolicy) -> StackPlan {
    var plan = self
    for index in plan.services.indices {
      if plan.services[index].image != nil {
        plan.services[index].image?.policy = policy
      } else {
        plan.services[index].pullPolicy = policy
      }
      for hook in plan.services[index].preStart.indices { plan.services[index].preStart[hook].image?.policy = policy }
    }
    return plan
  }
}
