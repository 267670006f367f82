// How often containers were started again by their policies: a number in each container's own directory, which is there as
// long as a container is in its place.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSystem
internal import SystemPackage

extension StackEngine {
  /// 0 for one that never was.
  func restartCount(of id: String) throws(EngineError) -> UInt64 {
    do {
      return UInt64(try Kernel.record(of: settings.restartCount(id))) ?? 0
    } catch {
      if error.errno == 2 || error.errno == 20 { return 0 }
      throw EngineError(error, "read how often \(id) was started again")
    }
  }

  /// One more. It is a number for people: one that cannot be written down fails no restart.
  func countRestart(of id: String) {
    do {
      let count = try restartCount(of: id)
      try Kernel.replace(settings.restartCount(id), with: Array("\(count + 1)".utf8))
    } catch { return }
  }
}
