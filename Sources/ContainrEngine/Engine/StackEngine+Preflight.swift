// Everything that can be known before the first mutation, all at once: each finding with the place that asks for it.
internal import ContainrCgroups
public import ContainrHost
public import ContainrReconcile
public import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension StackEngine {
  /// What would make `apply` fail. Empty is no promise, but nothing that could be seen stands in the way. `adopts`: a
  /// stack of this name that came from another file is taken over. `pins`:
  /// what the layers have to be.
  public func preflight(
    _ changeset: Changeset, desired: StackPlan?, adopts: Bool = false, pins: LayerPins? = nil
  ) throws(EngineError) -> [Problem] {
    // Whose it is matters even if nothing has to be done, and that alone is quick to read.
    let contents: StoreContents
    do throws(StoreError) {
      contents =
        changeset.isEmpty
        ? try Store.stacks(directory: settings.stateDirectory) : try Store.contents(directory: settings.stateDirectory)
    } catch { throw EngineError(error) }
    var check = Preflight(engine: self, changeset: changeset, desired: desired, contents: contents)
    check.adopts = adopts
    check.pins = pins
    do {
      try check.run()
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "check the host: \(error)")
    }
    return check.problems
  }
}

/// One check of everything.
struct Preflight {
  let engine: StackEngine
  let look: ImageLook
  let changeset: Changeset
  let desired: StackPlan?
  let contents: StoreContents
  var adopts = false
  /// nil: nobody has locked the layers.
  var pins: LayerPins?
  var problems: [Problem] = []
  /// Paths of layers of which that is told already.
  var unreadableLayers: Set<String> = []
  var settings: HostSettings { engine.settings }

  init(engine: StackEngine, changeset: Changeset, desired: StackPlan?, contents: StoreContents) {
    self.engine = engine
    look = ImageLook(engine.settings)
    self.changeset = changeset
    self.desired = desired
    self.contents = contents
  }

  /// Services of which something is made, started or changed.
  var touched: [ServicePlan] {
    let names = Set(
      changeset.changes.compactMap { change -> String? in
        switch change.action {
        case .createContainer(let name), .makeContainer(let name), .startContainer(let name),
          .updateContainer(let name),
          .attachContainer(let name, _):
          name.service
        default: nil
        }
      })
    return desired?.services.filter { names.contains($0.name) } ?? []
  }

  mutating func add(_ code: String, _ message: String, at location: SourceLocation? = nil, help: String? = nil) {
    problems.append(Problem(code: code, message: message, location: location, help: help))
  }

  mutating func run() throws {
    try checkOwner()
    for service in servicesWithLayers { try checkLayers(of: service) }
    try checkPins()
    guard let desired, !changeset.isEmpty else { return }
    try checkHost()
    try checkKernel()
    try checkOwnLimits(desired)
    try checkDisk(desired)
    let facts = try LabelGiver(settings).facts
    for service in touched {
      checkImages(of: service)
      try checkMounts(of: service, in: desired)
      checkFiles(of: service, in: desired)
      try checkLimits(of: service)
      try checkCommand(of: service)
      checkSecurity(of: service)
      try checkLabels(of: service, facts)
      try checkDevices(of: service)
      try checkKernelParameters(of: service)
      try checkShared(of: service, in: desired)
      checkNames(of: service)
      try checkHostUser(of: service)
      try checkUser(of: service)
      try checkRates(of: service, in: desired)
      checkSchedule(of: service)
      try checkLogging(of: service)
    }
    try checkPorts()
    try checkNetworks(desired)
    checkOrphans(desired)
    try checkVolumes(desired)
    if problems.allSatisfy(\.isWarning) { try checkAllocation(desired) }
  }

  // MARK: whose

  private mutating func checkOwner() throws {
    guard let there = contents.stacks.first(where: { $0.name == changeset.stack }) else { return }
    let uid = try engine.ownerUID()
    if uid != there.ownerUID && uid != 0 {
      add("foreign-stack", "stack \(there.name) belongs to uid \(there.ownerUID) (\(there.file))")
    }
    guard let desired, !adopts, there.file != desired.file else { return }
    // A file that is not there any more may have moved to here; whether it did only the user knows.
    let help =
      try Self.status(FilePath(there.file)) == nil
      ? "that file is gone: if it is this one now, containr-up --adopt takes the stack over; else containr-down -p \(there.name) takes it down, or give this one another name (name: or -p)"
      : "give this one another name (name: or -p), or take the other one down: containr-down -f \(there.file)"
    add("foreign-stack", "the name \(there.name) is taken by the stack of \(there.file)", help: help)
  }

  private mutating func checkNames(of service: ServicePlan) {
    for index in 1...max(1, service.replicas) {
      let id = ContainerName(stack: changeset.stack, service: service.name, index: index).display
      if let other = contents.containers.first(where: { $0.name.display == id && $0.stack != changeset.stack }) {
        add(
          "name-taken", "the container name \(id) is taken by service \(other.service) of \(words(stack: other.stack))",
          at: service.location)
      }
    }
  }

  // MARK: host

  private mutating func checkHost() throws {
    if try engine.ownerUID() != 0 {
      add("not-root", "namespaces, cgroups and networks need root", help: "run it with sudo")
    }
    for program in [settings.shim, settings.program] where try !Kernel.exists(program) {
      add("incomplete-installation", "\(program) is missing", help: "make install")
    }
  }

  // MARK: services

  private mutating func checkLayers(of service: ServicePlan) throws {
    let origin = service.origins["layers"] ?? service.location
    for layer in service.layers where layer.isOnDisk {
      let path = FilePath(layer.path)
      guard let status = try Self.status(path) else {
        add("missing-layer", "service \(service.name): layer \(path) does not exist", at: origin)
        continue
      }
      let fits = layer.kind == .directory ? status.isDirectory : status.isRegular
      if !fits {
        add(
          "wrong-layer",
          "service \(service.name): layer \(path) is not \(layer.kind == .directory ? "a directory" : "a file")",
          at: origin)
        continue
      }
      do { _ = try Kernel.open(path) } catch {
        problems.append(.unreadable(layer, of: service, error.description))
        unreadableLayers.insert(layer.path)
      }
    }
  }

  /// The program must be something that can be executed, as far as the layers that are directories can tell.
  private mutating func checkCommand(of service: ServicePlan) throws {
    // Of an image that is not here nothing is known yet.
    guard let running = running(service) else { return }
    let arguments = running.entrypoint + running.command
    let origin = service.origins["entrypoint"] ?? service.origins["command"] ?? service.location
    guard let program = arguments.first, !program.isEmpty else {
      let image = service.image.map { ", and its image \($0.reference) says none" } ?? ""
      add("no-command", "service \(service.name) has no command\(image)", at: origin, help: "command: [\"…\"]")
      return
    }
    guard program.hasPrefix("/"), service.image == nil, service.layers.allSatisfy({ $0.kind == .directory }) else {
      return
    }
    for layer in service.layers.reversed() {
      guard try Self.status(FilePath(layer.path))?.isDirectory == true else { return }
      let root = try Kernel.open(FilePath(layer.path), [.path, .directory])
      do {
        let file = try Kernel.open(FilePath(program), at: root.raw, [.path], resolve: [.inRoot, .noMagicLinks])
        let status = try Kernel.status(at: file.raw)
        if status.isDirectory {
          add("command-is-directory", "service \(service.name): \(program) is a directory", at: origin)
        } else if status.mode & 0o111 == 0 {
          add("command-not-executable", "service \(service.name): \(program) is not executable", at: origin)
        }
        return
      } catch {
        // A symlink may lead into another layer: only a plain absence in all of them is told below.
        if error.errno != 2 && error.errno != 20 { return }
        if try Self.isLink(program, in: root.raw) { return }
      }
    }
    let isMounted = service.mountedPaths.contains { program == $0 || program.hasPrefix($0 + "/") }
    if !isMounted { add("missing-command", "service \(service.name): no layer has \(program)", at: origin) }
  }

  /// Some part of the path is a symlink in this layer.
  static func isLink(_ path: String, in root: CInt) throws(SyscallError) -> Bool {
    var here = FilePath("")
    for component in FilePath(path).components {
      here.append(component)
      do {
        let file = try Kernel.open(here, at: root, [.path, .noFollow], resolve: [.beneath])
        if try Kernel.status(at: file.raw).isSymbolicLink { return true }
      } catch {
        return error.errno != 2 && error.errno != 20
      }
    }
    return false
  }

  static func status(_ path: FilePath) throws(SyscallError) -> FileStatus? {
    do { return try Kernel.status(of: path) } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw error
    }
  }
}
