// Layers on their way into the store: fetched and unpacked at once, so that both processors work. Knows neither where
// they come from nor who watches.
public import ContainrImageSpec
public import ContainrImages
internal import ContainrSystem
public import SystemPackage

/// Brings layers in.
public struct ImageIntake: Sendable {
  /// What happens to one layer; `blob` names it.
  public enum Event: Sendable, Hashable {
    /// Bytes of the blob that have come, of how many.
    case fetching(blob: Digest, done: Int64, total: Int64)
    /// It was in the store already.
    case present(blob: Digest)
    /// Bytes of the blob that are unpacked, of how many.
    case unpacking(blob: Digest, done: Int64, total: Int64)
    /// Fetched, verified and unpacked.
    case done(blob: Digest)
  }

  private let store: ImageStore
  private let program: FilePath
  private let fetchers: Int
  private let unpackers: Int

  /// `program`: the `containr` program whose hidden subcommands unpack. Each unpacker is two processes.
  public init(store: ImageStore, program: FilePath, fetchers: Int = 4, unpackers: Int = 2) {
    self.store = store
    self.program = program
    self.fetchers = fetchers
    self.unpackers = unpackers
  }

  /// Fetches the layers' blobs that are missing, several at once, and unpacks each as soon as it is there. `fetch` writes
  /// what is missing of a blob (the writer's `received` tells how much is there) and looks now and then whether it is
  /// still wanted. Throws the first failure when all threads have ended; what is whole by then stays. Hold the store.
  public func take(
    _ layers: [ImageLayer], fetch: @escaping @Sendable (ImageLayer, BlobWriter, () -> Bool) throws -> Void,
    tell: @escaping @Sendable (Event) -> Void
  ) throws {
    var seen = Set<Digest>()
    let distinct = layers.filter { seen.insert($0.blob.digest).inserted }
    let monitor = Monitor(State(toFetch: distinct, fetching: 0))
    let store = store
    let program = program
    let fetchOne: @Sendable (ImageLayer) throws -> Void = { layer in
      let blob = layer.blob
      guard let writer = try store.blobs.begin(blob.digest, size: blob.size, what: "the layer \(blob.digest)") else {
        tell(.present(blob: blob.digest))
        return
      }
      if writer.received < blob.size || blob.size == 0 {
        try fetch(layer, writer) { monitor.update { $0.failure == nil } }
      }
      try writer.finish()
    }
    let unpackOne: @Sendable (ImageLayer) throws -> Void = { layer in
      let blob = layer.blob.digest
      try store.unpack(layer, program: program) { done, total in tell(.unpacking(blob: blob, done: done, total: total))
      }
      tell(.done(blob: blob))
    }
    for _ in 0..<min(fetchers, distinct.count) {
      Self.thread(monitor) {
        while let layer = monitor.wait({ $0.nextToFetch() }) {
          let result = Result { try fetchOne(layer) }
          monitor.update { $0.fetched(layer, result) }
        }
      }
    }
    for _ in 0..<min(unpackers, distinct.count) {
      Self.thread(monitor) {
        while let layer = monitor.wait({ $0.nextToUnpack() }) {
          if case .failure(let error) = Result(catching: { try unpackOne(layer) }) {
            monitor.update { $0.failure = $0.failure ?? error }
          }
        }
      }
    }
    let failure = monitor.wait { state -> (any Error)?? in state.threads == 0 ? .some(state.failure) : nil }
    if let failure { throw failure }
  }

  /// A thread that is counted. One that cannot be had is a failure of the whole.
  private static func thread(_ monitor: Monitor<State>, _ body: @escaping @Sendable () -> Void) {
    monitor.update { $0.threads += 1 }
    do throws(SyscallError) {
      try WorkerThread.start {
        body()
        monitor.update { $0.threads -= 1 }
      }
    } catch {
      monitor.update {
        $0.threads -= 1
        $0.failure = $0.failure ?? error
      }
    }
  }

  private struct State {
    var toFetch: [ImageLayer]
    var fetching: Int
    var toUnpack: [ImageLayer] = []
    var threads = 0
    var failure: (any Error)?

    /// nil inside: nothing is left.
    mutating func nextToFetch() -> ImageLayer?? {
      guard failure == nil, !toFetch.isEmpty else { return .some(nil) }
      fetching += 1
      return .some(toFetch.removeFirst())
    }

    mutating func fetched(_ layer: ImageLayer, _ result: Result<Void, any Error>) {
      fetching -= 1
      switch result {
      case .success: toUnpack.append(layer)
      case .failure(let error): failure = failure ?? error
      }
    }

    /// nil inside: nothing is left; nil: wait.
    mutating func nextToUnpack() -> ImageLayer?? {
      if failure != nil { return .some(nil) }
      if !toUnpack.isEmpty { return .some(toUnpack.removeFirst()) }
      return toFetch.isEmpty && fetching == 0 ? .some(nil) : nil
    }
  }
}
