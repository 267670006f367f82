// The namespaces of other containers that one is to share: found by the rows of now, held by descriptors until they are
// joined. Reads only.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

/// Files of namespaces, open as long as this lives: the process they are of may end, and its pid become another's.
struct SharedNamespaces: Sendable {
  /// Where each can be opened.
  private(set) var paths: [NamespacePlan.Kind: FilePath] = [:]
  /// The mount namespace of whose IPC it is, which has its /dev/shm. Opened by the shim, so not by /proc/self.
  private(set) var sharedMemory: FilePath?
  /// Whose network it is in the end; its places are the container's.
  private(set) var networkOwner: ContainerRecord?
  /// Who is shared with is itself in the host's network.
  private(set) var isHostNetwork = false
  private var held: [SharedFD] = []

  /// The name that nsfs has for a kind.
  static func file(_ kind: NamespacePlan.Kind) -> FilePath.Component? {
    switch kind {
    case .network: "net"
    case .ipc: "ipc"
    case .pid: "pid"
    case .uts, .cgroup, .user: nil
    }
  }

  /// Opens what a plan shares. The owner has to run now.
  init(_ plan: ServicePlan, _ name: ContainerName, runtime: Runtime, settings: HostSettings) throws(EngineError) {
    for namespace in plan.namespaces {
      guard let file = Self.file(namespace.kind), let owner = try Self.owner(namespace, name, settings) else {
        continue
      }
      func fail(_ words: String) -> EngineError {
        EngineError(
          .kernel, "container \(name.display): \(namespace.kind.rawValue): \(owner.name.display) \(words)")
      }
      do {
        guard case .running(let process, _) = try runtime.observe(owner.id) else {
          throw fail("does not run, so its namespace cannot be shared")
        }
        let path = FilePath("/proc/\(process.pid)/ns")
        let descriptor = SharedFD(try Kernel.open(path.appending(file)))
        let mounts = namespace.kind == .ipc ? SharedFD(try Kernel.open(path.appending("mnt"))) : nil
        // Opened first, then looked at: the pid was still this process's when it was opened.
        guard try process.isAlive else { throw fail("has just ended") }
        paths[namespace.kind] = FilePath("/proc/self/fd/\(descriptor.raw)")
        held.append(descriptor)
        if let mounts {
          sharedMemory = FilePath("/proc/\(Kernel.processID())/fd/\(mounts.raw)")
          held.append(mounts)
        }
        if namespace.kind == .network { try follow(owner, settings) }
      } catch let error as EngineError {
        throw error
      } catch {
        throw fail("cannot be looked at: \(error)")
      }
    }
  }

  /// The network namespace of a container's life before, which is there as long as somebody shares it: whoever starts
  /// again joins it, and nobody who shares it notices. nil: there is none.
  static func keptNetwork(
    _ plan: ServicePlan, _ name: ContainerName, runtime: Runtime, settings: HostSettings
  ) throws(EngineError) -> SharedFD? {
    // In a namespace of other ids it would have no rights over it.
    guard plan.namespace(.network) == nil, plan.namespace(.user) != .automatic else { return nil }
    let contents: StoreContents
    do { contents = try Store.contents(directory: settings.stateDirectory) } catch { throw EngineError(error) }
    for container in contents.containers where container.id != name.id {
      let mode = PlanCoding.fields(container.fields).first { $0.path == "network_mode" }?.value
      let isSharer =
        mode == "container:\(name.display)"
        || (container.stack == name.stack && name.index == 1 && mode == "service:\(name.service)")
      guard isSharer else { continue }
      do {
        guard case .running(let process, _) = try runtime.observe(container.id) else { continue }
        let descriptor = SharedFD(try Kernel.open(FilePath("/proc/\(process.pid)/ns/net")))
        if try process.isAlive { return descriptor }
      } catch let error as SyscallError where [2, 3].contains(error.errno) {
        continue
      } catch {
        throw EngineError(.kernel, "container \(name.display): look for its network: \(error)")
      }
    }
    return nil
  }

  /// Who shares a network with one that shares it itself is in that of the last.
  private mutating func follow(_ first: ContainerRecord, _ settings: HostSettings) throws(EngineError) {
    var owner = first
    var seen: Set<String> = []
    while seen.insert(owner.id).inserted {
      guard let namespace = try PlanCoding.plan(owner.plan).namespaces.first(where: { $0.kind == .network }) else {
        break
      }
      if namespace.owner == .host { isHostNetwork = true }
      guard let next = try Self.owner(namespace, owner.name, settings) else { break }
      owner = next
    }
    networkOwner = owner
  }

  /// The row of the container that a namespace is of; nil: it is nobody's.
  private static func owner(
    _ namespace: NamespacePlan, _ name: ContainerName, _ settings: HostSettings
  ) throws(EngineError) -> ContainerRecord? {
    let contents: StoreContents
    let found: ContainerRecord?
    let words: String
    switch namespace.owner {
    case .empty, .host, .automatic: return nil
    case .service(let service):
      do { contents = try Store.contents(directory: settings.stateDirectory) } catch { throw EngineError(error) }
      found = contents.serving(ContainerName(stack: name.stack, service: service, index: 1))
      words = "service \(service) has no container"
    case .container(let wanted):
      do { contents = try Store.contents(directory: settings.stateDirectory) } catch { throw EngineError(error) }
      found = contents.serving(display: wanted)
      words = "there is no container \(wanted)"
    }
    if let found { return found }
    throw EngineError(.kernel, "container \(name.display): \(namespace.kind.rawValue): \(words)")
  }
}

extension StoreContents {
  /// The row of the container that serves under a name, of any stack.
  func serving(display name: String) -> ContainerRecord? {
    containers.first { $0.role == .serving && $0.name.display == name }
  }
}
