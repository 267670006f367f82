// The unpacking process (`containr unpack-layer`): its one entry point, its descriptors, and how it is started.
internal import CContainrLinux
internal import ContainrImageSpec
internal import ContainrSystem
internal import SystemPackage

/// Unpacks one archive in a process of its own.
///
///     engine                                   containr unpack-layer
///     lock, mkdir .tmp-…, spawn  ── 0 /dev/null, 1 pipe, 2 stderr, 3 archive, 4 directory ──▶
///                                              locale, walls (UnpackSandbox), tar → directory
///     read to the end            ◀── "entries…bytes…digest…" or "failure…" ── exit 0 or 1
///     compare digest, syncfs, rename, fsync
///
/// A layer of an image is known by the digest of its tar, so `containr inflate-layer` stands before it (LayerInflater):
/// blob ──▶ 0 inflate-layer 1 ──pipe──▶ 3 unpack-layer, each on a processor of its own.
public enum LayerUnpacker {
  /// The hidden subcommand.
  public static let subcommand = "unpack-layer"
  /// The same for a tar without compression.
  public static let plainSubcommand = "unpack-tar"
  /// The same for what goes into a volume, where names that begin with `.wh.` are names like others.
  public static let volumeSubcommand = "unpack-volume"
  static let reportDescriptor: CInt = 1
  static let archiveDescriptor: CInt = 3
  static let directoryDescriptor: CInt = 4

  /// The whole life of the unpacking process; call it first thing in `main`, before any thread exists, and exit with
  /// the answer. Reads the archive from descriptor 3, unpacks into descriptor 4, reports on descriptor 1. `isPlain`: the
  /// archive is a tar and nothing around it.
  public static func serve(isPlain: Bool, isVolume: Bool = false) -> Int32 {
    let limits = UnpackLimits()
    var report = UnpackReport()
    do throws(UnpackError) {
      try ArchiveReader.prepareLocale()
      var isNested = false
      var marksAreFiles = false
      do throws(SyscallError) {
        isNested = try OverlayMarks.areOfUsers()
        if !isVolume { marksAreFiles = try OverlayMarks.areFiles(in: directoryDescriptor) }
        try UnpackSandbox(directory: directoryDescriptor, limits: limits).enter()
      } catch {
        throw UnpackError.system(error)
      }
      report = try unpack(
        archive: archiveDescriptor, isPlain: isPlain, isVolume: isVolume, isNested: isNested,
        marksAreFiles: marksAreFiles, into: directoryDescriptor, limits: limits
      ) {
        // POLLERR: the engine is gone. Its next run waits for our lock on the directory, so end soon.
        cl_poll_one(reportDescriptor, 0, 0) == 0
      }
    } catch {
      report.failure = error.description
    }
    do {
      try Kernel.writeAll(reportDescriptor, Array(report.text.utf8))
    } catch {
      return 1
    }
    return report.failure == nil ? 0 : 1
  }

  /// Unpacks without walls; for `serve`, and for tests of what is written. Borrows both descriptors.
  static func unpack(
    archive: CInt, isPlain: Bool = false, isVolume: Bool = false, isNested: Bool = false,
    marksAreFiles: Bool = false, into directory: CInt, limits: UnpackLimits, isWanted: () -> Bool = { true }
  ) throws(UnpackError) -> UnpackReport {
    let reader = try ArchiveReader(archive, isPlain: isPlain)
    var extractor = LayerExtractor(
      into: directory, limits: limits, isVolume: isVolume, isNested: isNested, marksAreFiles: marksAreFiles)
    return try extractor.run(reader, isWanted: isWanted)
  }

  /// Unpacks what goes into a volume. Borrows both descriptors; the archive may be a pipe.
  static func runVolume(program: FilePath, archive: CInt, into directory: CInt) throws(SyscallError) -> UnpackReport {
    let (text, status) = try ConfinedProcess.start(program, volumeSubcommand, [archive, directory]).end(limit: 1 << 20)
    return report(text, status)
  }

  /// Starts the unpacking process and waits for its report. Borrows both descriptors. `progress` hears now and then how
  /// many of the archive's bytes have been read. With a compression the archive is a tar packed so, and the report's
  /// digest that of the tar; with none it is whatever it is, and the digest its own.
  static func run(
    program: FilePath, archive: CInt, compression: LayerCompression? = nil, into directory: CInt,
    progress: (Int64, Int64) -> Void
  ) throws(SyscallError) -> UnpackReport {
    var inflater: ChildProcess?
    let unpacker: ConfinedProcess.Started
    do {
      var tar: OwnedFD?
      if let compression, compression != .none {
        let started = try LayerInflater.start(program: program, blob: archive, compression)
        inflater = started.child
        tar = OwnedFD(taking: started.tar)
      }
      unpacker = try ConfinedProcess.start(
        program, compression == nil ? subcommand : plainSubcommand, [tar?.raw ?? archive, directory])
    }
    try watch(archive, until: unpacker.report.raw, progress)
    let (text, status) = try unpacker.end(limit: 1 << 20)
    let refusal = try inflater.flatMap { (inflater) throws(SyscallError) in
      LayerInflater.refusal(try inflater.wait())
    }
    if let refusal {
      var failure = UnpackReport()
      failure.failure = refusal
      return failure
    }
    return report(text, status)
  }

  private static func report(_ text: String, _ status: ExitStatus?) -> UnpackReport {
    if let report = UnpackReport(text), (status ?? .exited(0)) == .exited(report.failure == nil ? 0 : 1) {
      return report
    }
    var failure = UnpackReport()
    failure.failure =
      switch status {
      case .signalled(let signal): "the unpacking process was ended by signal \(signal)"
      case .exited(let code): "the unpacking process gave no report and ended with \(code)"
      case nil: "the unpacking process gave no report"
      }
    return failure
  }

  /// Tells how far the child is until it reports. It reads on our own open file, so its place is ours as well: looking
  /// there needs no word of the child's, which is not to be trusted anyway.
  private static func watch(
    _ archive: CInt, until report: CInt, _ progress: (Int64, Int64) -> Void
  ) throws(SyscallError) {
    let size = Int64(clamping: try Kernel.status(at: archive).size)
    // What takes long is shown from its beginning; a small archive is done before anybody could read the bar.
    if size >= 4 << 20 { progress(0, size) }
    while try !Kernel.waitReadable(report, milliseconds: 100) {
      let lines = try Kernel.text(of: FilePath("/proc/self/fdinfo/\(archive)")).split(separator: "\n")
      guard let place = lines.first(where: { $0.hasPrefix("pos:") }),
        let done = Int64(place.drop { !$0.isNumber })
      else { continue }
      progress(done, size)
    }
  }
}
