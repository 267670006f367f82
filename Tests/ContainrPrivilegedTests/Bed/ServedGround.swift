// File systems on which the kernel's overlay cannot write, for the state directory of a bed, and who serves overlays there.
import ContainrTestSupport
import Foundation

/// One of them.
enum ServedGround: String, CaseIterable {
  /// As in a CI job's container.
  case overlay
  /// Of bindfs, which passes on what it is asked.
  case fuse

  /// Mounts it at a path, with what it is made of beside; the sandbox takes it off.
  func mount(at path: String) throws {
    let beside = path + "-on"
    for place in [path, beside + "/lower", beside + "/upper", beside + "/work"] {
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    }
    switch self {
    case .overlay:
      let layers = "lowerdir=\(beside)/lower,upperdir=\(beside)/upper,workdir=\(beside)/work"
      try run("mount", ["-t", "overlay", "overlay", "-o", layers, path]).succeeding()
    case .fuse: try run("bindfs", [beside + "/upper", path]).succeeding()
    }
  }
}

extension Bed {
  /// The servers of this bed's overlays, or of those of one service.
  func servers(_ service: String? = nil) -> [Int32] {
    let mark = path + "/" + (service.map { "state/containers/t-\($0)-1/" } ?? "")
    return HostSnapshot.pids().filter { pid in
      let words = HostSnapshot.commandLine(pid)
      return words.hasPrefix("fuse-overlayfs ") && words.contains(mark)
    }
  }

  /// The one server of a service.
  func server(_ service: String) throws -> Int32 {
    let all = servers(service)
    guard all.count == 1 else { throw TestSupportError("\(service) has the servers \(all)") }
    return all[0]
  }

  /// Kills the server of a service's files, and waits until it is gone.
  func killServer(_ service: String) throws {
    let pid = try server(service)
    kill(pid, SIGKILL)
    try eventually("the server is gone") { kill(pid, 0) != 0 || isZombie(pid) }
  }
}
