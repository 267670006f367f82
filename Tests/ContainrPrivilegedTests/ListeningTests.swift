// What of ours listens: whoever could speak to it could have containers made.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Nothing takes commands", .serialized, .asRoot)
struct ListeningTests {
  private static let stack = """
    services:
      web: {layers: [./base], command: [sleep, "1000"], tty: true, stdin_open: true, stop_signal: SIGKILL, healthcheck: {test: [CMD, "true"], interval: 1s}}
      alone: {layers: [./base], command: [sleep, "1000"], network_mode: host, stop_signal: SIGKILL}
    """

  /// The sockets of a process, by inode.
  private func ownSockets(_ pid: Int32) throws -> Set<String> {
    var found: Set<String> = []
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd") {
      // One that was closed meanwhile is none.
      guard let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\(name)") else {
        continue
      }
      if link.hasPrefix("socket:[") { found.insert(String(link.dropFirst(8).dropLast())) }
    }
    return found
  }

  /// The rows of a table of sockets that listen and are among these, by a column.
  private func listening(_ pid: Int32, _ table: String, among own: Set<String>, column: Int) throws -> [String] {
    try String(contentsOfFile: "/proc/\(pid)/net/\(table)", encoding: .utf8).split(separator: "\n").dropFirst()
      .compactMap { row in
        let words = row.split(separator: " ").map(String.init)
        if table == "unix" {
          // Of those that were bound to no name nobody outside knows.
          guard words.count > column, own.contains(words[6]), words[3] == "00010000" else { return nil }
          return words[column]
        }
        guard own.contains(words[9]), table.hasPrefix("udp") || words[3] == "0A" else { return nil }
        return words[column]
      }
  }

  // With any server of commands on TCP, or a socket outside of directories of root's own: its address.
  @Test(
    "CVE-2024-41110, 2026-34040, 2026-33997, 2025-9074, 2020-15257: name servers and sockets in root's directories, nothing else"
  )
  func sockets() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up("--wait")
      let marked = HostSnapshot.processes(of: bed.sandbox.id).compactMap {
        $0.split(separator: " ").first.flatMap { Int32($0) }
      }
      // Shims have an empty environment, and so no mark.
      let own = try marked + bed.pids().values.map { try bed.shim(of: $0) }
      // Of a user the holder of the namespaces too.
      #expect(own.count == (bed.sandbox.user == nil ? 4 : 5), "a shim for each, supervisor and keeper: \(own)")
      // 253, to which the firewall leads what containers ask port 53.
      let port = ":00FD"
      var names = 0
      for pid in own {
        let mine = try ownSockets(pid)
        for table in ["tcp", "tcp6", "udp", "udp6"] {
          let all = try listening(pid, table, among: mine, column: 1)
          names += all.count
          #expect(all.allSatisfy { $0.hasSuffix(port) }, "process \(pid): \(table) \(all)")
          let everywhere = ["00000000\(port)", "00000000000000000000000000000000\(port)"]
          #expect(Set(all).isDisjoint(with: everywhere), "process \(pid): \(table) \(all)")
        }
        for path in try listening(pid, "unix", among: mine, column: 7) {
          // A shim binds its socket by a descriptor of its directory.
          let isOurs = path.hasPrefix(bed.sandbox.runDirectory + "/") || path.hasPrefix("/proc/self/fd/")
          #expect(isOurs, "process \(pid): \(path)")
        }
      }
      #expect(names > 0, "the name server of the stack's network")
      let mode = try FileManager.default.attributesOfItem(atPath: bed.sandbox.runDirectory)[.posixPermissions] as? Int
      #expect((mode ?? 0) & 0o066 == 0)
      // Another user's command is no command: what he asks for is not had, and what there is he does not even see.
      let socket = bed.sandbox.runDirectory + "/stacks/t/supervisor.sock"
      let asked = try run(
        "setpriv",
        [
          "--reuid=65534", "--regid=65534", "--clear-groups", "python3", "-c",
          "import socket; socket.socket(socket.AF_UNIX).connect('\(socket)')",
        ])
      #expect(asked.code != 0 && asked.errors.contains("PermissionError"), "\(asked)")
    }
  }
}
