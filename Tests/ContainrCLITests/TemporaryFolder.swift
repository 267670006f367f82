// A directory of one test.
import ContainrSystem
import SystemPackage

struct TemporaryFolder {
  let path: FilePath

  init() throws {
    path = FilePath("/tmp/containr-cli-\(UInt64.random(in: 0...UInt64.max))")
    try Kernel.makeDirectory(path)
  }

  func write(_ name: String, _ text: String) throws {
    let file = path.appending(name)
    try Kernel.makeDirectories(file.removingLastComponent())
    let descriptor = try Kernel.open(file, [.writeOnly, .create, .truncate], mode: 0o644)
    try descriptor.writeAll(Array(text.utf8))
  }

  func remove() { Self.remove(path) }

  private static func remove(_ path: FilePath) {
    do {
      for name in try Kernel.names(inDirectory: path) {
        let child = path.appending(name)
        if try Kernel.status(of: child, followSymlinks: false).isDirectory {
          remove(child)
        } else {
          try Kernel.remove(child)
        }
      }
      try Kernel.remove(path, isDirectory: true)
    } catch {
      fatalError("cannot clean up after a test: \(error)")
    }
  }
}
