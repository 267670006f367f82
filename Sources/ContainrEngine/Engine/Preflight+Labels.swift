// Preflight of security modules: labels that are asked for, or given by default, and can be had.
internal import ContainrHost
internal import ContainrSecurity
internal import ContainrSpec
internal import SystemPackage

extension Preflight {
  mutating func checkLabels(of service: ServicePlan, _ facts: LabelFacts) throws {
    let origin =
      service.origins["security_opt.apparmor"] ?? service.origins["security_opt.label"] ?? service.location
    do throws(SecurityError) {
      // Which categories it will have is of no matter here.
      let labels = try facts.labels(of: LabelRequest(service)) { () in MCSCategories(number: 0) }
      if let profile = labels.appArmor { try checkProfile(profile, of: service, facts, origin) }
      if labels.selinux == nil { return }
    } catch {
      let isLabel = error.field == "label"
      return add(
        "security-module", "service \(service.name): \(error)",
        at: service.origins[isLabel ? "security_opt.label" : "security_opt.apparmor"] ?? origin)
    }
    for mount in service.mounts where mount.kind == .bind && mount.relabel != nil {
      do { try FileRelabel.check(FilePath(mount.source)) } catch {
        add(
          "relabel", "service \(service.name): \(error)",
          at: service.origins["volumes.\(mount.target)"] ?? service.location)
      }
    }
  }

  private mutating func checkProfile(
    _ profile: String, of service: ServicePlan, _ facts: LabelFacts, _ origin: SourceLocation
  ) throws(SecurityError) {
    if profile == facts.defaultProfile {
      let complaint: String?
      do throws(EngineError) { complaint = try DefaultProfile(settings).complaint() } catch {
        complaint = error.description
      }
      // Once for all services.
      if let complaint, !problems.contains(where: { $0.code == "no-apparmor-parser" }) {
        add("no-apparmor-parser", complaint, at: origin)
      }
      return
    }
    // A user may not read which there are; the kernel says at the start whether this one is.
    if settings.relaysPorts { return }
    // Those of another namespace are not in the list.
    if profile == AppArmorLabel.unconfined || profile.hasPrefix(":") { return }
    if try AppArmorPolicy.profiles()[profile] == nil {
      add(
        "no-apparmor-profile", "service \(service.name): no AppArmor profile `\(profile)` is loaded", at: origin,
        help: "load it: apparmor_parser --replace FILE")
    }
  }
}
