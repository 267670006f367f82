// What somebody does behind our back is seen in the kernel, named by the plan, and repaired by `up`.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Drift", .serialized, .asRoot)
struct DriftTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "mkdir -p /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www"]
        ports: ["8080:80"]
        mem_limit: 64m
        cpus: 0.5
        pids_limit: 50
        stop_signal: SIGKILL
      app:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
    """

  /// Brings the stack up, lets `harm` do something, expects the plan to name it with exit code 2 and one of `words`, and
  /// `up` to repair it: then the page is there and the plan is clean.
  private func repaired(
    _ words: String..., sameContainers: Bool = true, sourceLocation: SourceLocation = #_sourceLocation,
    harm: (Bed) throws -> Void
  ) throws {
    try Bed.use(Self.stack, sourceLocation: sourceLocation) { bed in
      try bed.up()
      try bed.expectPage("127.0.0.1:8080", "page\n", sourceLocation: sourceLocation)
      let pids = try bed.pids()
      #expect(try bed.plan().hasPrefix("nothing to do"), sourceLocation: sourceLocation)
      try harm(bed)
      let plan = try bed.plan()
      #expect(!plan.hasPrefix("nothing to do"), sourceLocation: sourceLocation)
      for word in words { #expect(plan.contains(word), "\(plan)", sourceLocation: sourceLocation) }
      try bed.up()
      if sameContainers { #expect(try bed.pids() == pids, sourceLocation: sourceLocation) }
      let clean = try bed.plan()
      #expect(clean.hasPrefix("nothing to do"), "\(clean)", sourceLocation: sourceLocation)
      try bed.expectPage("127.0.0.1:8080", "page\n", sourceLocation: sourceLocation)
      try bed.expectPage("\(TestSandbox.hostAddress):8080", "page\n", outside: true, sourceLocation: sourceLocation)
    }
  }

  @Test("a container that was killed behind our back is named and started again; the other one is not touched")
  func killedContainer() throws {
    try repaired("container t-web-1", "drift: process ended behind our back by signal 9", sameContainers: false) {
      bed in
      let app = try bed.pid("app")
      kill(try bed.pid("web"), SIGKILL)
      try bed.wait("web", "exited")
      #expect(try bed.container("web").exitCode == 137)
      try bed.up()
      #expect(try bed.pid("app") == app)
      kill(try bed.pid("web"), SIGKILL)
      try bed.wait("web", "exited")
    }
  }

  @Test("a memory limit that was edited by hand is named with both values and written again, in place")
  func memoryLimit() throws {
    try repaired("memory.limit: 134217728 → 67108864 (drift)", "stack.yaml:", "in place") { bed in
      try bed.setCgroup("memory", "web", "memory.limit_in_bytes", "134217728")
    }
  }

  @Test("CPU and process limits that were edited by hand are named and written again")
  func otherLimits() throws {
    // v2 has quota and period in one file.
    let quota = Bed.isUnified ? "100000 100000 → 50000 100000" : "100000 → 50000"
    try repaired("cpu.quota: \(quota) (drift)", "pids.limit: 7 → 50 (drift)") { bed in
      try bed.setCgroup("cpu", "web", "cpu.cfs_quota_us", "100000")
      try bed.setCgroup("pids", "web", "pids.max", "7")
    }
  }

  @Test("a deleted nft rule is named and written again")
  func deletedRule() throws {
    try repaired("firewall") { bed in
      // Every rule that sends somebody on to a container.
      var chain = ""
      var deleted = 0
      for line in try bed.inside("nft -a list table ip \(bed.sandbox.nftTable)").split(separator: "\n") {
        let words = line.split(separator: " ")
        if line.hasPrefix("\tchain ") { chain = String(words[1]) }
        guard line.contains("dnat"), line.contains(" # handle "), line.hasPrefix("\t\t"), let handle = words.last else {
          continue
        }
        try bed.inside("nft delete rule ip \(bed.sandbox.nftTable) \(chain) handle \(handle)")
        deleted += 1
      }
      #expect(deleted > 0)
    }
  }

  @Test("a published port that was taken out of its map is named and written again")
  func deletedElement() throws {
    try repaired("firewall", "8080") { bed in
      try bed.inside("nft delete element ip \(bed.sandbox.nftTable) publish '{ tcp . 8080 }'")
      // A user's ports are relayed, and the map is for who asks from within.
      if bed.sandbox.user == nil { #expect(try bed.fetch("127.0.0.1:8080", timeout: 1) != "page\n") }
    }
  }

  @Test("a rule that was added to our table is named and goes")
  func addedRule() throws {
    try repaired("firewall") { bed in
      let table = try bed.inside("nft list tables").split(separator: "\n").first { $0.hasSuffix(bed.sandbox.nftTable) }
      let family = try #require(table).split(separator: " ")[1]
      let chain = try bed.inside("nft list table \(family) \(bed.sandbox.nftTable)").split(separator: "\n")
        .first { $0.hasPrefix("\tchain ") }
      try bed.inside(
        "nft add rule \(family) \(bed.sandbox.nftTable) \(try #require(chain).split(separator: " ")[1]) counter")
    }
  }

  @Test("a flushed ruleset is named and written again")
  func flushedTables() throws {
    try repaired("firewall") { bed in
      try bed.inside("nft flush ruleset")
      // A user's ports are relayed: what is flushed are the rules by which answers to clients outside come back.
      let harmed =
        bed.sandbox.user == nil
        ? try bed.fetch("127.0.0.1:8080", timeout: 1)
        : try bed.fetch("\(TestSandbox.hostAddress):8080", outside: true, timeout: 1)
      #expect(harmed != "page\n")
    }
  }

  @Test("a deleted veth is named and made again, without a restart")
  func deletedVeth() throws {
    try repaired("the link to network default is gone", "in place") { bed in
      for link in try bed.links("v") { try bed.inside("ip link delete \(link)") }
      #expect(try bed.fetch("127.0.0.1:8080", timeout: 1) != "page\n")
    }
  }

  @Test("a deleted bridge is named and made again, without a restart")
  func deletedBridge() throws {
    try repaired("bridge", "is gone") { bed in
      for link in try bed.links("b") { try bed.inside("ip link delete \(link)") }
      #expect(try bed.fetch("127.0.0.1:8080", timeout: 1) != "page\n")
    }
  }

  @Test("a bridge that was set down or lost its address is named and repaired")
  func brokenBridge() throws {
    try repaired("is down") { bed in
      for link in try bed.links("b") { try bed.inside("ip link set \(link) down") }
    }
    try repaired("address", "is gone") { bed in
      for link in try bed.links("b") { try bed.inside("ip address flush dev \(link)") }
    }
  }

  @Test("a veth that was taken off its bridge is named and put back")
  func detachedVeth() throws {
    try repaired("container t-") { bed in
      for link in try bed.links("v") { try bed.inside("ip link set \(link) nomaster") }
    }
  }

  @Test("a supervisor that was killed with its keeper is named and started again, the containers stay")
  func killedSupervisor() throws {
    try repaired("supervisor t") { bed in
      try bed.killSupervision()
    }
  }

  @Test("a killed shim takes its container along, which is named and started again")
  func killedShim() throws {
    try repaired("container t-web-1", sameContainers: false) { bed in
      let pid = try bed.pid("web")
      kill(try bed.shim(of: pid), SIGKILL)
      try eventually("nothing runs without its shim") { kill(pid, 0) != 0 }
    }
  }

  @Test("a setting of the kernel that was turned off by hand is named and turned on again")
  func sysctl() throws {
    try repaired("/proc/sys/net/ipv4") { bed in
      try bed.inside(
        "for f in /proc/sys/net/ipv4/conf/*/forwarding; do echo 0 > $f; done; echo 0 > /proc/sys/net/ipv4/ip_forward")
    }
  }

  @Test("a container whose process was moved out of its cgroups has no limits any more: it is named and made again")
  func strayProcess() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      // All processes of app moved out of their limits.
      let pid = try bed.pid("app")
      for controller in Bed.isUnified ? ["."] : ["memory", "pids", "cpu"] {
        let file = "/sys/fs/cgroup/\(controller)/cgroup.procs"
        try bed.shell("echo \(pid) > \(file)")
      }
      let plan = try bed.plan()
      #expect(plan.contains("container t-app-1"), "\(plan)")
      try bed.up()
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }
}
