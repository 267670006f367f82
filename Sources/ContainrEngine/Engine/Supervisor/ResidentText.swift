// Keeps the supervisor small: the code that only its start needed goes back to the page cache.
internal import ContainrSystem
internal import Glibc
internal import SystemPackage

enum ResidentText {
  /// Unmaps all code pages of this process. They are clean copies of files, so what is needed again comes back by itself.
  /// Pages that were ever written (data, relocations) are not touched.
  static func release() throws(SyscallError) {
    for line in try Kernel.text(of: "/proc/self/maps").split(separator: "\n") {
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      guard words.count > 5, words[1] == "r-xp", words[5].hasPrefix("/") else { continue }
      let ends = words[0].split(separator: "-")
      guard ends.count == 2, let first = UInt(ends[0], radix: 16), let last = UInt(ends[1], radix: 16) else { continue }
      if madvise(UnsafeMutableRawPointer(bitPattern: first), Int(last - first), MADV_DONTNEED) != 0 {
        throw SyscallError(errno: errno, operation: "madvise", detail: String(line))
      }
    }
  }
}
