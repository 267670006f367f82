// `containr metrics`: what stacks use, for those who collect it: once, by HTTP, or as a file.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics", abstract: "Prints, serves or writes metrics of containers as OpenMetrics.")
  @OptionGroup var stack: StackOptions
  @Option(help: "openmetrics, or prometheus for the older text format.") var format: MetricForm?
  @Option(
    help: ArgumentHelp(
      "Serve them at /metrics: a port of the loopback, HOST:PORT, or the path of a socket.", valueName: "address"))
  var listen: String?
  @Option(
    help: ArgumentHelp(
      "Write them into a file for node_exporter's textfile collector, whole or not at all.", valueName: "file"))
  var textfile: String?
  @Option(help: ArgumentHelp("With --textfile: again and again, instead of once.", valueName: "seconds"))
  var interval: Int?

  func validate() throws {
    if listen != nil, textfile != nil { throw ValidationError("--listen and --textfile are two commands") }
    if listen != nil, format != nil { throw ValidationError("with --listen who asks says the format") }
    if interval != nil, textfile == nil { throw ValidationError("--interval needs --textfile") }
    if let interval, interval < 1 { throw ValidationError("the interval has to be a second at least") }
    if let textfile, !textfile.hasSuffix(".prom") {
      throw ValidationError("\(textfile): the textfile collector reads only files that end in .prom")
    }
  }

  func run() throws {
    let context = try CommandContext()
    let address = try listen.map { text in
      guard let address = MetricAddress(text) else {
        throw CommandExit(
          .refused, "--listen \(text) is no address",
          help: "9091, 127.0.0.1:9091, [::1]:9091 or /run/containr-metrics.sock")
      }
      return address
    }
    let engine = try context.engine()
    // Who collects wants all of the host, unless a stack is named.
    let choice = stack.choice()
    let isNamed = choice.projectName != nil || !choice.files.isEmpty
    let name = try isNamed ? StackNaming(choice: choice, context: context).name(engine) : nil
    let collector = MetricCollector(engine, stack: name, release: VersionCommand.version)
    if let address { return try serve(collector, address, engine.settings, context) }
    if let textfile {
      let path = context.surroundings.absolute(textfile)
      return try write(collector, into: path, context)
    }
    let families = try context.attempt { () throws(EngineError) in try collector.families() }
    try Kernel.writeAll(context.output.descriptor, (format ?? .openmetrics).text.bytes(families))
  }

  private func serve(
    _ collector: MetricCollector, _ address: MetricAddress, _ settings: HostSettings, _ context: CommandContext
  ) throws {
    try context.attempt { () throws(EngineError) in
      let server = try MetricServer(address, settings) { () throws(EngineError) in try collector.families() }
      context.errors.write("metrics at \(server.address)\n")
      if address.isOpen { context.warn("everybody who reaches this host can read them: there is no password") }
      try server.run()
    }
  }

  /// The collector's own format is the older one; one that is broken halfway keeps the last whole file.
  private func write(_ collector: MetricCollector, into path: FilePath, _ context: CommandContext) throws {
    let signals = try Kernel.signalDescriptor([1, 2, 15])
    while true {
      let families = try context.attempt { () throws(EngineError) in try collector.families() }
      // node_exporter runs as somebody else.
      try Kernel.replace(path, with: (format ?? .prometheus).text.bytes(families), mode: 0o644)
      guard let interval else { return }
      if try Kernel.waitReadable(signals.raw, milliseconds: Int32(clamping: interval * 1000)) { return }
    }
  }
}

/// The word for a form.
enum MetricForm: String, CaseIterable, ExpressibleByArgument {
  case openmetrics, prometheus

  var text: MetricText {
    switch self {
    case .openmetrics: .openmetrics
    case .prometheus: .prometheus
    }
  }
}
