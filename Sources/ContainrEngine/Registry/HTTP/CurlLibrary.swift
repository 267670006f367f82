// libcurl, brought in when the first registry is asked. Hands out idle handles: a handle keeps its connections open, so
// the next request to the same server needs neither a connect nor a handshake.
internal import CCurl
internal import Synchronization

/// libcurl in this process.
enum CurlLibrary {
  private static let isLoaded = Mutex(false)

  /// Whether it could be loaded, or is there already.
  static var isUsable: Bool {
    do throws(RegistryError) {
      try load()
      return true
    } catch { return false }
  }

  /// Loads the library unless it is there.
  static func load() throws(RegistryError) {
    let reason = isLoaded.withLock { done -> String? in
      if done { return nil }
      // Under the lock, so by one thread at a time.
      if let reason = cc_load() { return String(cString: reason) }
      done = true
      return nil
    }
    if let reason {
      throw RegistryError(.local, "libcurl cannot be loaded: \(reason)", help: "install the package libcurl4")
    }
  }
}

/// Handles that wait for their next transfer, and end with the pool.
final class CurlPool: Sendable {
  /// A handle is used by one thread at a time; the pool's lock hands it over.
  struct Handle: @unchecked Sendable {
    let raw: UnsafeMutableRawPointer
  }

  private let idle = Mutex<[Handle]>([])

  deinit {
    for handle in idle.withLock({ $0 }) { cc_easy_cleanup(handle.raw) }
  }

  /// An idle handle, or a new one.
  func take() throws(RegistryError) -> Handle {
    try CurlLibrary.load()
    if let handle = idle.withLock({ $0.popLast() }) { return handle }
    guard let raw = cc_easy_init() else { throw RegistryError(.local, "libcurl: out of memory") }
    return Handle(raw: raw)
  }

  /// One whose transfer failed is not used again: it may still hold that one's buffer, and take no options (libcurl 7.88).
  func end(_ handle: Handle) { cc_easy_cleanup(handle.raw) }

  /// Its options are forgotten, its connections kept.
  func give(_ handle: Handle) {
    cc_easy_reset(handle.raw)
    idle.withLock { $0.append(handle) }
  }
}
