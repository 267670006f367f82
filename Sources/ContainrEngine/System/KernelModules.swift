// What the running kernel can do, as far as files tell without loading anything into it.
public import SystemPackage

/// The modules of the running kernel.
public struct KernelModules: Sendable {
  private let root: FilePath
  /// `overlay.ko`, one a module that is built in or could be loaded; nil: this host does not say.
  private let names: Set<String>?

  /// Reads the lists of /lib/modules for the running kernel. `root` is for tests.
  public init(root: FilePath = "/") throws(SyscallError) {
    self.root = root
    let release = try Kernel.text(of: root.appending("proc").appending("sys").appending("kernel/osrelease"))
    let directory = root.appending("lib").appending("modules").appending(release)
    var names: Set<String> = []
    var isKnown = false
    for list in ["modules.builtin", "modules.dep"] {
      do throws(SyscallError) {
        for line in try Kernel.text(of: directory.appending(list)).split(separator: "\n") {
          // `kernel/fs/overlayfs/overlay.ko.xz: …`
          let path = line.prefix { $0 != ":" }
          guard let file = path.split(separator: "/").last else { continue }
          names.insert(Self.plain(String(file.prefix { $0 != "." })))
        }
        isKnown = true
      } catch {
        if error.errno != 2 && error.errno != 20 { throw error }
      }
    }
    self.names = isKnown ? names : nil
  }

  /// Whether it is certain that the kernel has no such module, neither built in nor to be loaded.
  public func lacks(_ name: String) throws(SyscallError) -> Bool {
    if try Kernel.exists(root.appending("sys").appending("module").appending(name)) { return false }
    guard let names else { return false }
    return !names.contains(Self.plain(name))
  }

  /// `-` and `_` are the same in a module's name.
  private static func plain(_ name: String) -> String { name.replacing("-", with: "_") }
}
