// The locks: one a stack for whole commands, one for the host for the moments in which something is allocated.
internal import ContainrHost
internal import ContainrImages
internal import ContainrRuntime
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

/// The right to change one stack, held until this value ends. A killed holder loses it.
public struct StackLock: ~Copyable, Sendable {
  /// The stack's name.
  public let stack: String
  private let lock: FileLock
  private let settings: HostSettings

  init(stack: String, settings: HostSettings, wait: Bool) throws(EngineError) {
    do {
      lock = try Self.take(settings.stackLock(stack), settings: settings, wait: wait)
    } catch {
      if error.errno == 11 { throw EngineError(.locked, "another command is changing stack \(stack)") }
      throw EngineError(error, "lock stack \(stack)")
    }
    self.stack = stack
    self.settings = settings
  }

  deinit {
    do {
      try lock.removeFile()
      try Self.removeDirectories(settings)
    } catch {
      // A lock's end has nobody to tell. What stays is empty, and the next command removes it.
    }
  }

  /// Runs with the lock for host-wide allocation. Never around anything that waits.
  static func withHost<Result>(
    _ settings: HostSettings, _ body: () throws(EngineError) -> Result
  ) throws(EngineError) -> Result {
    let lock: FileLock
    do {
      lock = try take(settings.hostLock, settings: settings, wait: true)
    } catch {
      throw EngineError(error, "lock the host's records")
    }
    do throws(EngineError) {
      let result = try body()
      release(lock)
      return result
    } catch {
      release(lock)
      throw error
    }
  }

  /// Ends a lock at this place and no earlier.
  private static func release(_ lock: consuming FileLock) {}

  /// Gives the lock back, here and now.
  public consuming func release() {}

  private static func take(_ path: FilePath, settings: HostSettings, wait: Bool) throws(SyscallError) -> FileLock {
    while true {
      do {
        try OwnDirectories.ensure(settings.runDirectory)
        try Kernel.makeDirectories(path.removingLastComponent(), mode: 0o700)
        return try FileLock(path, wait: wait)
      } catch {
        // The last `down` removed the directory between our steps.
        if error.errno != 2 { throw error }
      }
    }
  }

  /// After a change without a stack's lock: what nobody needs any more goes.
  static func sweep(_ settings: HostSettings) {
    do { try removeDirectories(settings) } catch {
      // As at a lock's end: what stays is empty, and the next command removes it.
    }
  }

  /// Without a stack everything volatile is nobody's, and without a volume everything durable: it goes.
  private static func removeDirectories(_ settings: HostSettings) throws {
    if try Store.hasStacks(directory: settings.stateDirectory) { return }
    let lock = try FileLock(settings.hostLock, wait: true)
    // Who wants to make something writes it down under this lock first.
    if try Store.hasStacks(directory: settings.stateDirectory) { return }
    let images = ImageStore(directory: settings.imagesDirectory, layers: settings.layersDirectory)
    try images.pruneLayers(keeping: [])
    try DefaultProfile(settings).remove()
    for path in [settings.stateDirectory.appending("containers"), settings.volumesDirectory] { try removeEmpty(path) }
    if try Store.contents(directory: settings.stateDirectory).isEmpty {
      try Store.remove(directory: settings.stateDirectory)
      try OwnDirectories.removeIfEmpty(settings.stateDirectory)
    }
    try Runtime.removeInitLayer(at: settings.initLayer)
    try ContainerFiles(directory: settings.filesDirectory).removeAll()
    try FirewallMark.remove(settings)
    try settings.journal.remove()
    for path in [settings.containersDirectory, settings.stacksDirectory, settings.mountPoint, settings.locksDirectory] {
      try removeEmpty(path)
    }
    // Somebody holds or waits for the lock of another stack.
    if try Kernel.exists(settings.locksDirectory) { return }
    try lock.removeFile()
    try OwnDirectories.removeIfEmpty(settings.runDirectory)
  }

  private static func removeEmpty(_ path: FilePath) throws(SyscallError) {
    try tolerating(2, 39) { () throws(SyscallError) in try Kernel.remove(path, isDirectory: true) }
  }
}
