// A file system that stands for a volume, mounted in the host's own mount namespace.
public import ContainrOCI
internal import ContainrSystem
public import SystemPackage

/// Mounts of volumes with options of their own.
public enum VolumeMount {
  /// Mounts a file system (no bind) on an existing directory of ours: `type`, `source` and options as mount(8) has them.
  public static func mount(_ mount: OCIMount, on path: FilePath) throws(VolumeMountError) {
    let request: MountRequest
    do throws(MountPlanError) { request = try MountRequest(mount) } catch {
      throw VolumeMountError(error.description)
    }
    do throws(SyscallError) {
      let made = try DetachedMount.filesystem(
        request.type, request.parameters, request.set, source: request.source)
      try made.attach(onto: try Kernel.open(path, [.path, .directory, .noFollow]))
    } catch {
      throw VolumeMountError(
        error.operation == "fsopen" && error.errno == 19
          ? "this kernel has no file system of type \(mount.type)" : error.description)
    }
  }
}

/// Why a volume's file system is not mounted, in one sentence.
public struct VolumeMountError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One sentence.
  public let description: String

  init(_ description: String) { self.description = description }
}
