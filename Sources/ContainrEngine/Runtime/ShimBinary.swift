// The shim as it is started: through a read-only mount that nobody can ever change (docs/decisions/0002-shim-binary.md).
internal import CContainrLinux
internal import ContainrSystem
internal import Synchronization
internal import SystemPackage

/// The shim's program file, opened once a process.
final class ShimBinary: Sendable {
  let path: FilePath
  private let opened = Mutex<SharedFD?>(nil)

  init(path: FilePath) { self.path = path }

  /// Starts a shim with these arguments; it has /dev/null as 0, 1 and 2 and `socket` as 3.
  func spawn(_ arguments: [String], socket: CInt) throws(SyscallError) -> ChildProcess {
    let program = try file()
    let null = try Kernel.open("/dev/null", .readWrite)
    // Our own entry in /proc, not `self`: the child closes its descriptors before it executes.
    let name = FilePath("/proc/\(cl_getpid())/fd/\(program.raw)")
    do throws(SyscallError) {
      return try ChildProcess.spawn(
        name, arguments: ["containr-shim"] + arguments,
        // The one variable: no search for swift-backtrace, which would look below the caller's working directory.
        environment: ["SWIFT_BACKTRACE=enable=no,swift-backtrace=/dev/null"],
        descriptors: [null.raw, null.raw, null.raw, socket],
        newSession: true)
    } catch {
      throw SyscallError(errno: error.errno, operation: error.operation, path: path, detail: error.detail)
    }
  }

  /// Opens it on a thread of its own: the kernel ends a mount's place only when nobody can be looking at it any more, which
  /// takes milliseconds that its caller has other things to do in. What goes wrong is told to who starts a shim.
  func prepare() {
    do { try WorkerThread.start { [self] in do { _ = try file() } catch {} } } catch {}
  }

  private func file() throws(SyscallError) -> SharedFD {
    let result: Result<SharedFD, SyscallError> = opened.withLock { opened in
      if let opened { return .success(opened) }
      do throws(SyscallError) {
        let made = SharedFD(try Self.sealed(path))
        opened = made
        return .success(made)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The file as it stands on a read-only copy of its mount. The copy's own descriptor is closed at once: the mount
  /// then belongs to no namespace, and what belongs to none cannot be made writable again, not even with
  /// CAP_SYS_ADMIN. So /proc/PID/exe inside a container never opens for writing (CVE-2019-5736), without a copied byte.
  private static func sealed(_ path: FilePath) throws(SyscallError) -> OwnedFD {
    OwnedFD(taking: try check(path.withPlatformString { cl_open_sealed($0) }, "open_tree", path))
  }
}
