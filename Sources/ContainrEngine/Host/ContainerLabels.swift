// Which labels of security modules a container gets: what its service asks for, on the host that there is. Pure.
internal import ContainrOCI
package import ContainrRuntime
package import ContainrSecurity
package import ContainrSpec
internal import SystemPackage

/// The labels of one container; none where the module is off, or was told to stay away.
package struct ContainerLabels: Sendable, Hashable {
  /// For its programs.
  package var appArmor: String?
  /// For its programs and files.
  package var selinux: SELinuxLabels?
  /// It may ask SELinux, and sees it.
  package var isNested = false

  /// None.
  package init() {}
}

/// What a host has, as far as labels need it.
package struct LabelFacts: Sendable, Hashable {
  /// What is on.
  package var modules: SecurityModules
  /// Of its policy.
  package var contexts: SELinuxContexts
  /// The name of the profile that containers have by default.
  package var defaultProfile: String
  /// Whether they have it at all: only root of the host can load one.
  package var givesDefaultProfile: Bool

  /// With these.
  package init(
    modules: SecurityModules, contexts: SELinuxContexts = SELinuxContexts(), defaultProfile: String,
    givesDefaultProfile: Bool = true
  ) {
    self.givesDefaultProfile = givesDefaultProfile
    self.modules = modules
    self.contexts = contexts
    self.defaultProfile = defaultProfile
  }

  /// A privileged container has what it was given, and nothing by default. `categories` are its own, where it needs some.
  package func labels(
    of request: LabelRequest, categories: () throws(SecurityError) -> MCSCategories
  ) throws(SecurityError) -> ContainerLabels {
    var labels = ContainerLabels()
    let hasDefault = modules.hasAppArmor && givesDefaultProfile && !request.isPrivileged
    labels.appArmor = request.appArmor ?? (hasDefault ? defaultProfile : nil)
    // Nothing confines it anyway.
    if labels.appArmor == AppArmorLabel.unconfined, !modules.hasAppArmor { labels.appArmor = nil }
    if let profile = labels.appArmor { try AppArmorLabel.check(name: profile) }
    let options = try SELinuxOptions(request.labels)
    if !modules.hasSELinux {
      try modules.check(
        apparmorProfile: labels.appArmor, selinuxLabel: options.asksForContext ? request.labels[0] : nil,
        mountLabel: nil)
      return labels
    }
    if options.isDisabled || (request.isPrivileged && !options.asksForContext) { return labels }
    labels.selinux = options.labels(
      contexts, categories: options.level == nil ? try categories() : MCSCategories(number: 0))
    labels.isNested = options.isNested
    try modules.check(apparmorProfile: labels.appArmor, selinuxLabel: nil, mountLabel: nil)
    return labels
  }
}

/// What a service says of labels.
package struct LabelRequest: Sendable, Hashable {
  /// A profile's name, or `unconfined`.
  package var appArmor: String?
  /// The words behind `label`, in the order of the file.
  package var labels: [String]
  /// It is confined by nothing that it does not ask for.
  package var isPrivileged: Bool

  /// With these.
  package init(appArmor: String? = nil, labels: [String] = [], isPrivileged: Bool = false) {
    self.appArmor = appArmor
    self.labels = labels
    self.isPrivileged = isPrivileged
  }
}

extension LabelRequest {
  /// What a service's plan says.
  package init(_ plan: ServicePlan) {
    self.init(
      appArmor: plan.security?.appArmor, labels: plan.security?.labels ?? [], isPrivileged: plan.isPrivileged)
  }
}

extension ContainerConfig {
  /// Gives the container its labels.
  package mutating func setLabels(_ labels: ContainerLabels) {
    spec.process.apparmorProfile = labels.appArmor
    spec.process.selinuxLabel = labels.selinux?.process.description
    spec.linux.mountLabel = labels.selinux?.mount.description
    if labels.isNested {
      let place = "/sys/fs/selinux"
      spec.linux.maskedPaths.removeAll { $0 == place }
      spec.mounts.append(
        OCIMount(destination: place, type: "bind", source: place, options: ["bind", "nosuid", "noexec", "nodev"]))
    }
  }
}
