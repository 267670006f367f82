// The processes in a container's cgroup, as `top` shows them.
internal import ContainrCgroups
public import ContainrHost
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

/// One process of a container, as the host sees it.
public struct ContainerProcess: Sendable, Hashable {
  /// In the host's namespace.
  public var pid: Int32
  /// Its parent, in the host's namespace.
  public var parent: Int32
  /// The host's number of its user.
  public var uid: UInt32
  /// proc(5): R, S, D, Z and so on.
  public var state: String
  /// Milliseconds of processor time, in user and kernel mode.
  public var processorTime: UInt64
  /// Bytes in memory.
  public var residentMemory: UInt64
  /// Its words, or its name in brackets where it has none.
  public var command: [String]
}

extension StackEngine {
  /// The processes in a container, by pid; empty if it does not run. What ends meanwhile is left out.
  public func processes(of container: ContainerStatus) throws(EngineError) -> [ContainerProcess] {
    guard let record = try contents().containers.first(where: { $0.id == container.id }) else { return [] }
    let pids: [Int32]
    do {
      pids = try Cgroup(mounts: cgroups, path: cgroup(of: record)).processes()
    } catch {
      throw EngineError(.kernel, "container \(record.id): \(error)")
    }
    var all: [ContainerProcess] = []
    for pid in pids {
      do throws(SyscallError) {
        if let process = try Self.process(pid) { all.append(process) }
      } catch {
        if error.errno == 2 || error.errno == 3 { continue }
        throw EngineError(.kernel, "process \(pid): \(error)")
      }
    }
    return all
  }

  /// From stat, status and cmdline below /proc; nil for what is not written as proc(5) says.
  static func process(_ pid: Int32) throws(SyscallError) -> ContainerProcess? {
    let directory = FilePath("/proc/\(pid)")
    let stat = try Kernel.text(of: directory.appending("stat"))
    // The name may hold spaces and parentheses.
    guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"), open < close else { return nil }
    let fields = stat[stat.index(after: close)...].split(separator: " ")
    guard fields.count > 21, let parent = Int32(fields[1]), let user = UInt64(fields[11]),
      let kernel = UInt64(fields[12]), let pages = UInt64(fields[21])
    else { return nil }
    let status = try Kernel.text(of: directory.appending("status")).split(separator: "\n")
    let uids = status.first { $0.hasPrefix("Uid:") }?.split(whereSeparator: \.isWhitespace)
    guard let uids, uids.count > 2, let uid = UInt32(uids[2]) else { return nil }
    let words = try Kernel.text(of: directory.appending("cmdline")).split(
      separator: "\0", omittingEmptySubsequences: false)
    let name = String(stat[stat.index(after: open)..<close])
    let isNamed = words.contains { !$0.isEmpty }
    // Clock ticks are hundredths of a second, pages 4096 bytes, on every architecture that we run on.
    return ContainerProcess(
      pid: pid, parent: parent, uid: uid, state: String(fields[0]), processorTime: (user + kernel) * 10,
      residentMemory: pages * 4096,
      command: isNamed ? words.dropLast(words.last == "" ? 1 : 0).map(String.init) : ["[\(name)]"])
  }
}
