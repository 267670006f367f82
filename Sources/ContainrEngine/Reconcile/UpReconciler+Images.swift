// Images: fetched and unpacked once, however many services run them, before the first that needs them.
internal import ContainrSpec

extension UpReconciler {
  /// An image by what makes it another one.
  static func key(_ image: ImagePlan) -> String { "\(image.reference) \(image.digest ?? "") \(image.platform ?? "")" }

  mutating func planImages() {
    for index in plans.indices {
      let service = plans[index].plan
      // One that is only started again has its layers, whatever became of the name.
      let isNeeded = plans[index].verdicts.contains(where: \.verdict.isMade)
      if service.replicas == 0 { continue }
      for image in service.images { planImage(image, of: service, isNeeded: isNeeded) }
    }
  }

  private mutating func planImage(_ image: ImagePlan, of service: ServicePlan, isNeeded: Bool) {
    let key = Self.key(image)
    let there = observed.images.first { $0.plan == image }
    let origin = service.origin(ofImage: image.reference)
    let reason = fetchReason(image, there, origin, isNeeded: isNeeded)
    let isReady = there?.digest != nil && there?.isUnpacked == true
    if let known = imageChange[key] {
      // Another service asks for it more often.
      guard let reason, case .pullImage(_, _, false) = builder.changes[known].action else { return }
      builder.changes[known].action = .pullImage(
        reference: image.reference, platform: image.platform, fetches: true)
      builder.changes[known].reasons = [reason]
      builder.changes[known].effect = reason.effect
      return
    }
    guard reason != nil || (isNeeded && !isReady) else { return }
    imageChange[key] = builder.add(
      .pullImage(reference: image.reference, platform: image.platform, fetches: reason != nil),
      "image \(image.reference)" + (image.platform.map { " for \($0)" } ?? ""), reasons: reason.map { [$0] } ?? [],
      effect: reason?.effect ?? .none)
  }

  /// nil: it is not fetched.
  private func fetchReason(
    _ image: ImagePlan, _ there: ObservedImage?, _ origin: SourceLocation, isNeeded: Bool
  ) -> ChangeReason? {
    guard image.policy != .never else { return nil }
    guard let there, there.digest != nil else {
      return isNeeded ? ChangeReason(.missing, "not here yet", origin: origin, effect: .none) : nil
    }
    // What its digest names is what it will always be.
    if image.digest != nil || image.reference.contains("@") || hasRefreshed { return nil }
    switch image.policy {
    case .always: return ChangeReason(.missing, "pull_policy is always", origin: origin, effect: .inPlace)
    case .every(let seconds) where there.age >= seconds:
      return ChangeReason(
        .missing, "pull_policy is \(image.policy.text), and it was fetched \(there.age) s ago", origin: origin,
        effect: .inPlace)
    case .every, .missing, .never: return nil
    }
  }
}
