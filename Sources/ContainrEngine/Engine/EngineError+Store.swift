// The store's failures as the engine's.
internal import ContainrHost
internal import ContainrStore

extension EngineError {
  init(_ error: StoreError) { self.init(.store, error.description) }
}
