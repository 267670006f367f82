// One container from start to end, without a stack: no store, no supervisor, no firewall, no network but its loopback.
// All of it lies in one place of its own below the state directory and goes with it.
internal import ContainrImages
internal import ContainrNetwork
internal import ContainrOCI
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSecurity
public import ContainrSpec
public import ContainrSystem
public import SystemPackage

/// A container that runs for its starter alone. `finish` has to be called; a starter that was killed before is cleared
/// away after by the next one.
///
///     STATE/single/ID.lock      held (flock) as long as the starter lives
///     STATE/single/ID/          layers, writable layer, log, the runtime's records
public final class SingleRun: Sendable {
  /// The container's log, in the CRI form.
  public let logFile: FilePath
  private let name: ContainerName
  private let settings: HostSettings
  private let cgroup: String
  private let place: Place
  private let runtime: Runtime

  /// Starts what the plan says; its networks, ports, dependencies and volumes are not looked at.
  public init(_ plan: ServicePlan, settings: HostSettings) throws(EngineError) {
    let word = String(UInt32.random(in: 0...UInt32.max), radix: 36)
    name = ContainerName(stack: "run", service: word, index: 1)
    let engine = try StackEngine(settings: settings)
    place = try Place(name.id, settings: settings, engine: engine)
    var own = settings
    own.stateDirectory = place.path
    own.runDirectory = place.path
    self.settings = own
    cgroup = Self.cgroup(name.id, settings)
    runtime = Runtime(
      shim: own.shim, runDirectory: own.containersDirectory, cgroups: engine.cgroups, initLayer: own.initLayer)
    logFile = place.path.appending("log").appending("container.log")
    do throws(EngineError) {
      try start(plan)
    } catch {
      try clear()
      throw error
    }
  }

  /// Readable when the container has ended; nil if it has already.
  public func exitDescriptor() throws(EngineError) -> SharedFD? {
    do { return try runtime.exitDescriptor(name.id) } catch { throw EngineError(.kernel, error.description) }
  }

  /// Sends a signal to the container's first process, if it still runs.
  public func send(signal: Int32) throws(EngineError) {
    do { try runtime.signal(name.id, signal: signal) } catch { throw EngineError(.kernel, error.description) }
  }

  /// Waits for the end and answers how it came.
  public func wait() throws(EngineError) -> (status: ExitStatus, outOfMemory: Bool) {
    do {
      guard let exit = try runtime.waitForExit(name.id) else {
        throw EngineError(.kernel, "the container ended and nobody knows how")
      }
      return (exit.status, exit.outOfMemory)
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "\(error)")
    }
  }

  /// Takes away everything of it.
  public func clear() throws(EngineError) {
    do {
      try runtime.delete(name.id, cgroupPath: cgroup)
      try place.remove()
    } catch {
      throw EngineError(.kernel, "clear up after a container: \(error)")
    }
  }

  private func start(_ plan: ServicePlan) throws(EngineError) {
    do {
      for path in [
        settings.containersDirectory, settings.mountPoint, place.path.appending("upper"), place.path.appending("work"),
        logFile.removingLastComponent(),
      ] { try Kernel.makeDirectory(path, mode: 0o711) }
      try Runtime.createInitLayer(at: settings.initLayer)
      var sources = ContainerSources()
      sources.layers = try layers(plan)
      sources.devices = try StackEngine.blockDevices(of: plan)
      sources.availableCapabilities = try ServiceRights.available()
      sources.seccompProgram = try SeccompPrograms(available: sources.availableCapabilities).program(for: plan)
      sources.possibleCPUs = try StackEngine.possibleCPUs()
      sources.hardNOFILE = try Rlimit.hard("RLIMIT_NOFILE")
      var config = try ContainerTranslation.config(plan, name: name, sources: sources, settings: settings)
      config.logFile = logFile
      config.overlay?.upper = place.path.appending("upper")
      config.overlay?.work = place.path.appending("work")
      config.spec.linux.cgroupsPath = cgroup
      let links = try LinkDriver()
      _ = try runtime.start(config) { _, netns in try links.configureLoopback(netns: netns) }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "\(error)")
    }
  }

  private static func cgroup(_ id: String, _ settings: HostSettings) -> String { "\(settings.cgroupParent)/\(id)" }

  private func layers(_ plan: ServicePlan) throws(LayerError) -> [FilePath] {
    // Archives are unpacked into our own place: what outlives nobody needs no store.
    let store = LayerStore(directory: place.path.appending("layers"))
    return try plan.layers.map { (layer) throws(LayerError) in
      let info = try store.inspect(FilePath(layer.path), kind: layer.kind == .archive ? .archive : .directory)
      return try store.prepare(info.path, digest: info.digest, program: settings.program)
    }
  }

  /// The directory of one run, and the lock that says that its starter lives.
  private struct Place: ~Copyable, Sendable {
    let path: FilePath
    private let lock: FileLock
    private let state: FilePath

    init(_ id: String, settings: HostSettings, engine: StackEngine) throws(EngineError) {
      let single = settings.stateDirectory.appending("single")
      lock = try Self.make(id, in: single, settings, engine)
      path = single.appending(id)
      state = settings.stateDirectory
    }

    private static func make(
      _ id: String, in single: FilePath, _ settings: HostSettings, _ engine: StackEngine
    ) throws(EngineError) -> FileLock {
      do {
        let lock = try take(single.appending("\(id).lock"), settings)
        try Kernel.makeDirectory(single.appending(id), mode: 0o711)
        let others = try Kernel.names(inDirectory: single).filter { $0.hasSuffix(".lock") && $0 != "\(id).lock" }
        for other in others { try sweep(single, String(other.dropLast(5)), settings, engine) }
        return lock
      } catch {
        throw EngineError(.kernel, "make a place for the container: \(error)")
      }
    }

    private static func take(_ file: FilePath, _ settings: HostSettings) throws(SyscallError) -> FileLock {
      while true {
        do {
          try OwnDirectories.ensure(settings.stateDirectory)
          try tolerating(17) { () throws(SyscallError) in
            try Kernel.makeDirectory(file.removingLastComponent(), mode: 0o711)
          }
          return try FileLock(file)
        } catch {
          // Another run, or a `down`, took the directories away between our steps.
          if error.errno != 2 { throw error }
        }
      }
    }

    /// Clears away what a killed starter left; a living one holds its lock.
    private static func sweep(
      _ single: FilePath, _ id: String, _ settings: HostSettings, _ engine: StackEngine
    ) throws {
      let lock: FileLock
      do throws(SyscallError) {
        lock = try FileLock(single.appending("\(id).lock"), wait: false)
      } catch {
        if error.errno == 11 { return }
        throw error
      }
      let path = single.appending(id)
      let runtime = Runtime(
        shim: settings.shim, runDirectory: path.appending("containers"), cgroups: engine.cgroups,
        initLayer: path.appending("init-layer"))
      try runtime.delete(id, cgroupPath: SingleRun.cgroup(id, settings))
      try Kernel.removeTree(path)
      try lock.removeFile()
    }

    func remove() throws {
      try Kernel.removeTree(path)
      try lock.removeFile()
      let single = path.removingLastComponent()
      try tolerating(2, 39) { () throws(SyscallError) in try Kernel.remove(single, isDirectory: true) }
      try OwnDirectories.removeIfEmpty(state)
    }
  }
}
