// By which path a stack is known: two ways to one directory are one, two checkouts are two.
internal import ContainrForeground
internal import ContainrSystem
internal import SystemPackage

enum StackIdentity {
  /// The path of the first file with the links of its directory resolved. Its own name stays: a file that is a link to a
  /// common one belongs to the directory that it stands in, as relative paths in it count from there.
  static func path(of source: StackSource) -> String { path(of: source.path) }

  static func path(of file: FilePath) -> String {
    guard let name = file.lastComponent else { return file.string }
    do throws(SyscallError) {
      let directory = try Kernel.open(file.removingLastComponent(), [.path, .directory])
      return FilePath(try Kernel.readLink(FilePath("/proc/self/fd/\(directory.raw)"))).appending(name).string
    } catch {
      // A directory that is gone has the path that it had.
      return file.string
    }
  }
}
