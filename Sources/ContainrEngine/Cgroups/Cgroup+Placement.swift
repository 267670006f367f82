// Whether a process stands where it was put. Reads only.
internal import ContainrSystem
internal import SystemPackage

extension Cgroup {
  /// The hierarchies in which a process is somewhere else, such as `memory:/`; whoever moves it out of its cgroup takes
  /// its limits away. Empty if it is in its place, or has ended.
  public func strays(pid: Int32) throws(CgroupError) -> [String] {
    let text = try attempting("placement") { () throws(SyscallError) in
      do throws(SyscallError) {
        return try Kernel.record(of: FilePath("/proc/\(pid)/cgroup"))
      } catch {
        if error.errno == 2 || error.errno == 3 { return "" }
        throw error
      }
    }
    if mounts.withheld.isEmpty { return Self.strays(text, path: path, layout: mounts.layout) }
    // Where no group of ours can be, it is nowhere else than it should.
    let ours = text.split(separator: "\n").filter { line in
      let names = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      return names.count == 3
        && (names[1].isEmpty
          ? mounts.unified != nil : names[1].split(separator: ",").contains { mounts.controllers[String($0)] != nil })
    }
    return Self.strays(ours.joined(separator: "\n"), path: path, layout: mounts.layout)
  }

  /// The same from the text of /proc/PID/cgroup (cgroups(7)). Pure.
  static func strays(_ text: String, path: String, layout: CgroupMounts.Layout) -> [String] {
    let place = "/\(path)".utf8
    let above = Array("/\(path)/".utf8)
    return text.utf8.split(separator: 0x0A).compactMap { line in
      let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      // Most lines are in their place, and need no more than this comparison of bytes.
      guard parts.count == 3, !parts[2].suffix(place.count).elementsEqual(place) else { return nil }
      // A container that may make groups of its own is in one of them: below its limits all the same.
      if parts[2].indices.contains(where: { parts[2][$0...].starts(with: above) }) { return nil }
      let names = parts[1].split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
      let isOurs = layout == .v2 ? Substring(parts[0]) == "0" : names.contains { Self.controllers.contains($0) }
      return isOurs ? "\(Substring(parts[1])):\(Substring(parts[2]))" : nil
    }
  }
}
