// `containr lock`: writes down which contents a stack runs. Needs no root; starts nothing.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

struct LockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock", abstract: "Writes stack.lock: the digests of all images and layers of a stack.",
    discussion: "`up` and `plan` then refuse layers that are others; with --frozen also those that are not in it. "
      + "Exit code of --check 0: it fits; 2: it does not.",
    subcommands: [LockUpdateCommand.self])

  @OptionGroup var stack: StackOptions
  @Flag(help: "Write nothing; say whether the file fits.") var check = false

  func run() throws { try LockRun(choice: stack.choice(), isCheck: check).run() }
}

struct LockUpdateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Takes the layers of some services into stack.lock as they are now.")

  @OptionGroup var stack: StackOptions
  @Argument(help: "The services; none is all of them.", completion: .services) var services: [String] = []

  func run() throws { try LockRun(choice: stack.choice(), services: services).run() }
}

/// One run of either.
struct LockRun {
  var choice: StackChoice
  /// Only the entries of these services are made anew; empty: all, and what no service uses goes.
  var services: [String] = []
  var isCheck = false

  func run() throws {
    let context = try CommandContext()
    var choice = choice
    // A lock file is of the whole stack, whichever profiles are active.
    choice.profiles = ["*"]
    choice.usesLock = false
    let loaded = try choice.plan(context)
    let plan = loaded.plan
    let names = Set(plan.services.map(\.name))
    if let unknown = services.first(where: { !names.contains($0) }) {
      throw UnknownService.exit(unknown, names, .failure, "the stack \(plan.name) has no service \(unknown)")
    }
    if loaded.named.hasSuffix("/<stdin>") {
      throw CommandExit(.failure, "standard input has no lock file beside it", help: "name a file with -f")
    }
    let file = StackLockFile(for: loaded.named, context: context)
    let old = try file.lock(context)
    let new = try made(plan, file, old ?? LockFile(), context)
    let differences =
      Self.differences(from: old?.images ?? [:], to: new.images)
      + Self.differences(from: old?.layers ?? [:], to: new.layers)
    if isCheck { return try report(differences, file, isThere: old != nil, context) }
    if old != new {
      do throws(SyscallError) { try FileReplacement.write(new.text, to: file.path) } catch {
        throw CommandExit(.refused, "\(file.shown) cannot be written: \(error.reason)")
      }
    }
    let images = new.images.isEmpty ? "" : "\(Displayed.count(new.images.count, "image")), "
    let count = images + Displayed.count(new.layers.count, "layer")
    context.output.write(
      differences.map { "\($0)\n" }.joined() + "\(file.shown): \(count)\(old == new ? ", nothing changed" : "")\n")
  }

  private func made(
    _ plan: StackPlan, _ file: StackLockFile, _ old: LockFile, _ context: CommandContext
  ) throws -> LockFile {
    var lock = old
    if services.isEmpty {
      lock.layers = [:]
      lock.images = [:]
    }
    let chosen = plan.services.filter { services.isEmpty || services.contains($0.name) }
    let images = chosen.flatMap(\.images)
    if !images.isEmpty {
      let engine = try context.engine()
      for image in images where lock.images[image.reference] == nil || !services.isEmpty {
        lock.images[image.reference] = try context.attempt { () throws(EngineError) in try engine.lockDigest(image) }
      }
    }
    var done: Set<String> = []
    for service in plan.services where services.isEmpty || services.contains(service.name) {
      for layer in service.layers where layer.kind != .image && done.insert(layer.path).inserted {
        switch LayerPins.finding(of: layer) {
        case .digest(let digest): lock.layers[file.key(layer)] = digest
        case .missing: throw CommandExit(.refused, "service \(service.name): layer \(layer.path) does not exist")
        case .unreadable(let reason):
          throw CommandExit(.refused, "service \(service.name): layer \(layer.path) cannot be read: \(reason)")
        }
      }
    }
    return lock
  }

  private func report(
    _ differences: [String], _ file: StackLockFile, isThere: Bool, _ context: CommandContext
  ) throws {
    guard isThere else {
      throw CommandExit(.refused, "there is no lock file \(file.shown)", help: "containr lock makes it")
    }
    if differences.isEmpty { return context.output.write("\(file.shown) fits\n") }
    throw CommandExit(
      .refused, "\(file.shown) does not fit", notes: differences, help: "containr lock makes it anew")
  }

  /// `+ PATH DIGEST`, `- PATH DIGEST`, `~ PATH OLD → NEW`, sorted by path.
  static func differences(from old: [String: String], to new: [String: String]) -> [String] {
    Set(old.keys).union(new.keys).sorted().compactMap { path in
      switch (old[path], new[path]) {
      case (let old?, let new?): old == new ? nil : "~ \(path) \(old) → \(new)"
      case (nil, let new?): "+ \(path) \(new)"
      case (let old?, nil): "- \(path) \(old)"
      case (nil, nil): nil
      }
    }
  }
}
