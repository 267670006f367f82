// The directories above many cgroups, held open: who looks at all of a stack walks to them once. Reads only.
internal import ContainrSystem
internal import SystemPackage

/// A cgroup of ours in every hierarchy in which it exists, as a place to look from.
public struct CgroupParents: Sendable {
  private let path: FilePath
  private var opened: [FilePath: SharedFD] = [:]

  /// Opens what is there of `path`, relative to the hierarchies' roots.
  public init(mounts: CgroupMounts, path: String) throws(CgroupError) {
    self.path = FilePath(path)
    for root in Set(mounts.controllers.points).union(mounts.unified.map { [$0] } ?? []) {
      if let directory = try CgroupFiles.opened(FilePath("\(root.string)/\(path)")) { opened[root] = directory }
    }
  }

  /// The directory of `child` below the hierarchy at `root`, relative to an open one; nil if this is not its parent, or
  /// it is not there.
  func place(of child: FilePath, root: FilePath) -> (parent: SharedFD, name: FilePath)? {
    guard let parent = opened[root], child.removingLastComponent() == path, let name = child.lastComponent else {
      return nil
    }
    return (parent, FilePath(name.string))
  }
}
