// `create` and `run`.
internal import ContainrInit
internal import ContainrOCI
internal import ContainrSystem

enum Running {
  static let forms: [String] = [
    "bundle,b=", "config,f=", "console-socket=", "pid-file=", "no-pivot",
    "no-new-keyring", "preserve-fds=", "detach,d", "keep", "no-subreaper",
  ]

  static func options(_ words: CommandWords) throws(RuntimeFailure) -> CreationOptions {
    guard words.operands.count == 1 else { throw RuntimeFailure("needs exactly one container id") }
    var options = CreationOptions(id: words.operands[0])
    options.bundle = words.value("bundle") ?? "."
    options.config = words.value("config") ?? "config.json"
    options.consoleSocket = words.value("console-socket")
    options.pidFile = words.value("pid-file")
    options.noPivot = words.has("no-pivot")
    options.keepsKeyring = words.has("no-new-keyring")
    if let text = words.value("preserve-fds") {
      guard let count = Int(text), (0...1024).contains(count) else {
        throw RuntimeFailure("--preserve-fds must be a number of descriptors, not \(text)")
      }
      options.preservedDescriptors = count
    }
    return options
  }

  static func create(_ words: CommandWords, _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    let creation = try Creation(context, try options(words))
    try creation.create()
    return 0
  }

  static func run(_ words: CommandWords, _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    var options = try options(words)
    options.startsLater = false
    let isDetached = words.has("detach")
    let creation = try Creation(context, options)
    if creation.reader.spec.process.args.isEmpty { throw RuntimeFailure("config.json has no process to run") }
    if isDetached, creation.reader.spec.process.terminal, options.consoleSocket == nil {
      throw RuntimeFailure("a terminal of a detached container needs --console-socket")
    }
    if !isDetached, !creation.reader.spec.process.terminal, options.consoleSocket != nil {
      throw RuntimeFailure("--console-socket needs process.terminal in the config")
    }
    let signals = isDetached ? nil : try Foreground.signals()
    try creation.create()
    try creation.start()
    guard let process = creation.process else { return 0 }
    guard let signals else {
      try creation.relay(.container)?.waitUntilTold(by: process.pidfd)
      return 0
    }
    let code = try Foreground(
      process: process, master: creation.master, readiness: try creation.relay(.runtime)
    ).wait(signals: signals)
    if !words.has("keep") {
      do throws(RuntimeFailure) {
        let lock = try creation.directory.hold()
        try Removal.clear(creation.directory, creation.state, context, known: creation.known)
        _ = lock
      } catch {
        // Somebody else has deleted it, and so ended it.
        if !error.isMissing { throw error }
      }
    }
    return code
  }
}
