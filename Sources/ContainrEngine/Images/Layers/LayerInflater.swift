// The decompressing process (`containr inflate-layer`): a packed layer on its standard input, the tar on its standard
// output, and nothing else in the world.
internal import CContainrLinux
internal import CCompression
internal import ContainrImageSpec
internal import ContainrSystem
internal import SystemPackage

/// Decompresses one blob in a process of its own.
public enum LayerInflater {
  /// The hidden subcommand; `gzip`, `zstd`, `xz` or `bzip2` follows.
  public static let subcommand = "inflate-layer"

  /// How it ends.
  enum Ending: Int32 {
    case done = 0
    case system = 10
    case damaged, early, bomb, memory
    /// Who reads the tar has ended, which has its own words for why.
    case unwanted
  }

  /// The whole life of the process; call it first thing in `main`, before any thread exists, and exit with the answer.
  public static func serve(_ compression: String) -> Int32 {
    let known = LayerCompression(rawValue: compression).flatMap { $0 == .none ? nil : $0 }
    let foreign = ForeignInflater.Form(rawValue: compression)
    if known == nil && foreign == nil { return Ending.system.rawValue }
    // Before the walls, behind which no file can be opened.
    if known == .gzip { _ = ci_load() }
    do throws(SyscallError) {
      try InflateSandbox.enter()
    } catch {
      return Ending.system.rawValue
    }
    let limits = UnpackLimits()
    if let foreign { return ForeignInflater.inflate(from: 0, to: 1, foreign, limits: limits).rawValue }
    return known.map { inflate(from: 0, to: 1, $0, limits: limits).rawValue } ?? Ending.system.rawValue
  }

  /// Decompresses all members of a file. What follows the last one may only be zeros, with which tapes are filled.
  static func inflate(
    from source: CInt, to sink: CInt, _ compression: LayerCompression, limits: UnpackLimits
  ) -> Ending {
    guard let state = ci_new(compression == .zstd ? 1 : 0) else { return .memory }
    let inSize = 256 << 10
    let outSize = 512 << 10
    let input = UnsafeMutablePointer<UInt8>.allocate(capacity: inSize)
    let output = UnsafeMutablePointer<UInt8>.allocate(capacity: outSize)
    defer {
      input.deallocate()
      output.deallocate()
    }
    var read: Int64 = 0
    var written: Int64 = 0
    var isInside = true
    while true {
      let count = cl_read(source, input, inSize)
      if count < 0 { return .system }
      if count == 0 { return isInside || read == 0 ? .early : .done }
      read += Int64(count)
      var at = 0
      while at < count {
        if !isInside {
          if input[at] == 0 {
            at += 1
            continue
          }
          if ci_restart(state) != CInt(CI_MORE) { return .memory }
          isInside = true
        }
        var inCount = count - at
        var outCount = outSize
        let result = ci_step(state, input + at, &inCount, output, &outCount)
        at = count - inCount
        let made = outSize - outCount
        written += Int64(made)
        if written > limits.ratioFloor, written / limits.ratio > read { return .bomb }
        if written > limits.totalBytes { return .bomb }
        if let ending = write(output, made, to: sink) { return ending }
        if result == CInt(CI_END) {
          isInside = false
        } else if result == CInt(CI_MEMORY) {
          return .memory
        } else if result < 0 {
          return .damaged
        } else if made == 0 && inCount == 0 {
          break
        }
      }
      // The last bytes of a member may still be inside the decompressor when all input is taken.
      while isInside {
        var inCount = 0
        var outCount = outSize
        let result = ci_step(state, input, &inCount, output, &outCount)
        let made = outSize - outCount
        written += Int64(made)
        if let ending = write(output, made, to: sink) { return ending }
        if result == CInt(CI_END) { isInside = false }
        if made == 0 || result < 0 { break }
      }
    }
  }

  static func write(_ bytes: UnsafePointer<UInt8>, _ count: Int, to sink: CInt) -> Ending? {
    var done = 0
    while done < count {
      let result = cl_write(sink, bytes + done, count - done)
      if result == -32 { return .unwanted }  // EPIPE
      if result < 0 { return .system }
      done += result
    }
    return nil
  }

  /// Starts the process; `tar` is the end to read from, the caller's. Borrows the blob's descriptor.
  static func start(
    program: FilePath, blob: CInt, _ compression: LayerCompression
  ) throws(SyscallError) -> (child: ChildProcess, tar: CInt) {
    let pipe = try Kernel.pipe().release()
    let writing = OwnedFD(taking: pipe.write)
    let reading = OwnedFD(taking: pipe.read)
    // As much as anybody may have: the two processes then seldom wait for each other. Less is no failure.
    _ = cl_set_pipe_size(writing.raw, 1 << 20)
    let child = try ChildProcess.spawn(
      program, arguments: ["containr", subcommand, compression.rawValue], descriptors: [blob, writing.raw, 2])
    return (child, reading.release())
  }

  /// Why a layer cannot be had, of how the process ended; nil if it did its work.
  static func refusal(_ status: ExitStatus?) -> String? {
    guard let status else { return nil }
    switch status {
    case .signalled(let signal): return "the decompressing process was ended by signal \(signal)"
    case .exited(let code):
      switch Ending(rawValue: code) {
      case .done, .unwanted: return nil
      case .damaged: return "its compressed data is damaged"
      case .early: return "its compressed data ends too early"
      case .bomb: return "refused: it grows more than \(UnpackLimits().ratio) times when unpacked: a decompression bomb"
      case .memory: return "there is no memory to decompress it"
      case .system, nil: return "the decompressing process failed (\(code))"
      }
    }
  }
}

/// The walls around the decompressing process: no file, no network, no capability, four system calls.
enum InflateSandbox {
  static func enter() throws(SyscallError) {
    try check(cl_prctl(38, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    try check(cl_prctl(4, 0, 0, 0, 0), "prctl(PR_SET_DUMPABLE)")
    try check(cl_setrlimit(4, 0, 0), "setrlimit(RLIMIT_CORE)")
    try check(cl_ignore_signal(13), "sigaction(SIGPIPE)")
    try check(cl_capset(0, 0, 0), "capset")
    var numbers = [UInt32](repeating: 0, count: 16)
    let count = cl_inflater_syscalls(&numbers, numbers.count)
    try UnpackSandbox.install(Array(numbers.prefix(count)))
  }
}
