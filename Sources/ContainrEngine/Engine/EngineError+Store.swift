// The store's failures as the engine's, with what can be done about them.
internal import ContainrHost
internal import ContainrStore

extension EngineError {
  init(_ error: StoreError) {
    switch error.kind {
    case .corrupt:
      self.init(
        .store,
        "\(error.path) is damaged (\(error.message)): move it away, and what may stand beside it with -wal and -shm at "
          + "its end; then 'containr-down -p NAME' finds each stack by its names and takes it away")
    case .full:
      self.init(.store, "the disk is full: \(error.path) cannot be written; free some room and run the command again")
    case .readOnly:
      self.init(.store, "\(error.path) cannot be written: it is on a read-only file system, or not ours to write")
    case .unshared:
      self.init(
        .store,
        "\(error.path) is on a file system whose files no two processes can lock or have in memory together (\(error.message)): mount it "
          + "so that they can (9P: cache=mmap; FUSE: without direct_io), or name a directory elsewhere: CONTAINR_STATE_DIR=DIRECTORY"
      )
    case .busy, .newer, .conflict, .other: self.init(.store, error.description)
    }
  }
}
