// Preflight of devices, kernel parameters, cgroup parents and namespaces of others. Reads only.
internal import ContainrCgroups
internal import ContainrHost
internal import ContainrSecurity
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension Preflight {
  mutating func checkDevices(of service: ServicePlan) throws {
    do throws(HardwareError) {
      _ = try Hardware.of(service)
    } catch {
      add(
        "unknown-device", "service \(service.name): \(error)", at: service.origins[error.field] ?? service.location)
    }
  }

  mutating func checkKernelParameters(of service: ServicePlan) throws {
    let ownsNetwork = service.namespace(.network).map { $0 == .empty } ?? true
    let ownsIPC = service.namespace(.ipc).map { $0 == .empty } ?? true
    var paths: [(name: String, path: String, origin: SourceLocation)] = []
    for parameter in service.sysctls {
      let origin = service.origins["sysctls.\(parameter.name)"] ?? service.location
      do throws(SecurityError) {
        let path = try Sysctl.path(
          of: parameter.name, value: parameter.value, ownNetwork: ownsNetwork, ownIPC: ownsIPC)
        paths.append((parameter.name, path, origin))
      } catch {
        add("sysctl", "service \(service.name): \(error)", at: origin)
      }
    }
    // Those of the network come with the namespace and its interfaces; the others are in every one or nowhere.
    for (name, path, origin) in paths where !path.hasPrefix("net/") {
      if try !Kernel.exists(FilePath("/proc/sys/\(path)")) {
        add("unknown-sysctl", "service \(service.name): this kernel has no \(name)", at: origin)
      }
    }
  }

  mutating func checkShared(of service: ServicePlan, in desired: StackPlan) throws {
    for namespace in service.namespaces {
      guard case .container(let name) = namespace.owner else { continue }
      let origin = service.origins[namespace.kind.rawValue] ?? service.location
      guard let owner = contents.serving(display: name) else {
        add(
          "unknown-container", "service \(service.name): there is no container \(name)", at: origin,
          help: "start the stack that has it first")
        continue
      }
      if owner.stack == desired.name {
        add(
          "own-container", "service \(service.name): \(name) is of this stack", at: origin,
          help: "write service:\(owner.service), and it is started first")
      }
    }
    if service.namespace(.user) == .automatic,
      try SubordinateIDs(directory: settings.idDirectory).count < service.replicas
    {
      add(
        "no-subordinate-ids", "service \(service.name): there are no ids of the host for containers of its own",
        at: service.origins["userns_mode"] ?? service.location,
        help: try SubordinateIDs.suggestion(directory: settings.idDirectory).map {
          "give some to the name containr: echo \($0) | tee -a \(settings.idDirectory)/subuid \(settings.idDirectory)/subgid"
        } ?? "give some to the name containr in \(settings.idDirectory)/subuid and subgid")
    }
    if service.resources.realtimeRuntime != nil, service.cgroupParent == nil {
      add(
        "no-real-time",
        "service \(service.name): a cgroup has real-time CPU time only out of what the one above it has, and ours have none",
        at: service.origins["cpu_rt_runtime"] ?? service.location,
        help: "name a 'cgroup_parent' that was given some in cpu.rt_runtime_us")
    }
    guard let parent = service.cgroupParent else { return }
    let origin = service.origins["cgroup_parent"] ?? service.location
    do throws(CgroupError) {
      for missing in try Cgroup(mounts: engine.cgroups, path: "\(parent)/x").missingParents() {
        add(
          "no-cgroup-parent", "service \(service.name): there is no cgroup \(missing)", at: origin,
          help: "make it first, with the limits that it is there for: mkdir \(missing)")
      }
    } catch {
      add("cgroup-parent", "service \(service.name): \(error.reason)", at: origin)
    }
  }
}
