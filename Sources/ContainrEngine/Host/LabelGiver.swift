// The labels of containers as they start: what the host has, read once, and categories that no other container has.
internal import ContainrReconcile
package import ContainrRuntime
internal import ContainrSecurity
package import ContainrSpec
internal import ContainrSystem
internal import Synchronization
package import SystemPackage

/// Gives labels. One a process; usable from many threads.
package final class LabelGiver: Sendable {
  /// What the host has.
  package let facts: LabelFacts
  private let settings: HostSettings
  /// Given by this process, by container; nil: nobody has looked yet who has which.
  private let given = Mutex<[String: MCSCategories]?>(nil)

  /// For an installation.
  package init(_ settings: HostSettings) throws(EngineError) {
    self.settings = settings
    do {
      let modules = try SecurityModules.ofHost()
      facts = LabelFacts(
        modules: modules, contexts: modules.hasSELinux ? try SELinuxContexts.ofHost() : SELinuxContexts(),
        defaultProfile: settings.defaultProfile, givesDefaultProfile: !settings.relaysPorts)
    } catch {
      throw EngineError(.kernel, "look for security modules: \(error)")
    }
  }

  /// The labels of a container; the default profile is in the kernel when this comes back. `runtime` knows those that run.
  package func labels(
    _ request: LabelRequest, container id: String, runtime: Runtime?
  ) throws(EngineError) -> ContainerLabels {
    let labels: ContainerLabels
    do throws(SecurityError) {
      labels = try facts.labels(of: request) { () throws(SecurityError) in try categories(of: id, runtime) }
    } catch {
      throw EngineError(.kernel, "container \(id): \(error)")
    }
    if labels.appArmor == facts.defaultProfile { try DefaultProfile(settings).ensure() }
    return labels
  }

  /// Labels the directory in which layers are unpacked, made if it is missing: what is unpacked in it has that label from the
  /// first byte. The kernel asks of mapped programs not only for the label of the overlay, but for that of the layer as well.
  package func labelLayers(_ directory: FilePath) throws(EngineError) {
    if !facts.modules.hasSELinux { return }
    do throws(SyscallError) {
      try Kernel.makeDirectories(directory, mode: 0o700)
      try FileRelabel.apply(facts.contexts.readOnlyFile, to: directory, recursive: false)
    } catch {
      throw EngineError(error, "label \(directory)")
    }
  }

  /// The same of a writable layer before it is used: for everybody's eyes on the host, the overlay's label is its own.
  package func labelUpper(_ directory: FilePath, _ labels: ContainerLabels) throws(EngineError) {
    guard let own = labels.selinux?.mount else { return }
    do throws(SyscallError) { try FileRelabel.apply(own, to: directory, recursive: false) } catch {
      throw EngineError(error, "label \(directory)")
    }
  }

  /// Labels what the container is given of the host: volumes, binds that ask for it, and its configs and secrets.
  package func relabel(
    _ plan: ServicePlan, _ sources: ContainerSources, _ labels: ContainerLabels
  ) throws(EngineError) {
    guard let own = labels.selinux?.mount else { return }
    var shared = own
    if own.level != nil { shared.level = facts.contexts.sensitivity }
    do {
      for mount in plan.mounts {
        switch mount.kind {
        // Layers have labels of their own.
        case .tmpfs, .image: continue
        case .volume:
          // Ours to label, as Docker does: another container may have it as well.
          guard let path = sources.volumes[mount.volumeKey] else { continue }
          try FileRelabel.apply(mount.relabel == .privately ? own : shared, to: path)
        case .bind:
          guard let relabel = mount.relabel else { continue }
          try FileRelabel.check(FilePath(mount.source))
          try FileRelabel.apply(relabel == .privately ? own : shared, to: FilePath(mount.source))
        }
      }
      for path in sources.files.values.sorted(by: { $0.string < $1.string }) { try FileRelabel.apply(own, to: path) }
    } catch {
      throw EngineError(.kernel, "service \(plan.name): \(error)")
    }
  }

  private func categories(of id: String, _ runtime: Runtime?) throws(SecurityError) -> MCSCategories {
    let result: Result<MCSCategories, SecurityError> = given.withLock { given in
      do throws(SecurityError) {
        var known: [String: MCSCategories]
        if let given { known = given } else { known = try Self.running(runtime) }
        known[id] = nil
        // The state directory: two installations have containers of the same name.
        let seed = StableHash.value("\(settings.stateDirectory) \(id)")
        guard let pair = MCSCategories.allocate(seed: seed, taken: Set(known.values)) else {
          return .failure(SecurityError(field: "label", value: id, reason: "all pairs of categories are taken"))
        }
        known[id] = pair
        given = known
        return .success(pair)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static func running(_ runtime: Runtime?) throws(SecurityError) -> [String: MCSCategories] {
    guard let runtime else { return [:] }
    do throws(RuntimeError) {
      var known: [String: MCSCategories] = [:]
      for (id, labels) in try runtime.labels() {
        if let level = SELinuxLabel(String(decoding: labels.selinux, as: UTF8.self))?.level {
          known[id] = MCSCategories(level: level)
        }
      }
      return known
    } catch {
      throw SecurityError(field: "label", value: "categories", reason: error.description)
    }
  }
}
