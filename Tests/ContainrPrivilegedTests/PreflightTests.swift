// What stands in a plan's way is told before anything is touched: all of it at once, with the place and who is there.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Preflight", .serialized, .asRoot)
struct PreflightTests {
  private static let sleeper = """
    services:
      a: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
    """

  /// The codes of a plan that cannot be applied; nothing may have been made.
  private func refused(
    _ bed: Bed, environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> (codes: [String], text: String) {
    let plan = try bed.run("containr", ["plan", Bed.file], environment: environment)
    #expect(plan.code == 3, "\(plan)", sourceLocation: sourceLocation)
    let up = try bed.tryUp(environment: environment)
    #expect(up.code == 2, "\(up)", sourceLocation: sourceLocation)
    #expect(up.errors.hasSuffix(plan.errors), "\(up)", sourceLocation: sourceLocation)
    let codes = plan.errors.split(separator: "\n").compactMap { line -> String? in
      guard line.hasPrefix("error[") else { return nil }
      return String(line.dropFirst(6).prefix { $0 != "]" })
    }
    return (codes, plan.errors)
  }

  @Test("everything that can be known is found at once, each with its place")
  func atOnce() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./nowhere]
          command: [sleep, "1"]
          ports: ["8080:80"]
        b:
          layers: [./base]
          command: [/bin/nothing]
          cpuset: "4000"
          volumes: ["./absent.conf:/etc/absent.conf", "data:/data"]
          networks: { default: {} }
      networks: { default: { ipam: { config: [{ subnet: 198.51.100.128/25 }] } } }
      volumes: { data: { external: true } }
      """
    ) { bed in
      let server = try Command(
        "nsenter",
        [
          "--net=/run/netns/\(try #require(bed.sandbox.networkNamespace))", "python3", "-c",
          "import socket,time; s=socket.socket(); s.bind(('',8080)); s.listen(); print('on', flush=True); time.sleep(600)",
        ])
      defer { server.signal(SIGKILL); _ = server.wait() }
      try eventually("somebody listens") { server.outputSoFar == "on\n" }
      let (codes, text) = try refused(bed)
      #expect(
        Set(codes) == [
          "missing-layer", "port-taken", "missing-command", "limit-unavailable", "missing-bind-source",
          "subnet-overlap", "missing-volume",
        ], "\(text)")
      #expect(codes.count == 7, "\(text)")
      // Whose it is a user is not told by the kernel.
      let holder = bed.sandbox.user == nil ? "python3 (pid " : "another program or another user"
      #expect(text.contains("port 0.0.0.0:8080/tcp is taken by \(holder)"), "\(text)")
      #expect(text.contains("overlaps the route to 198.51.100.0/24 by uplink"), "\(text)")
      // Each has a place in the file.
      #expect(text.components(separatedBy: "--> stack.yaml:").count == 8, "\(text)")
      bed.expectNothingLeft()
    }
  }

  @Test("what another stack has is named with its file")
  func otherStacks() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          command: [sleep, "100000"]
          networks: { one: {}, two: {} }
          volumes: ["data:/data"]
      networks:
        one: { name: shared }
        two: { ipam: { config: [{ subnet: 10.213.9.128/25 }] } }
      volumes: { data: { name: common } }
      """
    ) { bed in
      try bed.sandbox.directory.write(
        """
        name: u
        services:
          a:
            layers: [../base]
            command: [sleep, "100000"]
            stop_signal: SIGKILL
            networks: { one: {}, two: {} }
            volumes: ["data:/data"]
        networks:
          one: { name: shared }
          two: { ipam: { config: [{ subnet: 10.213.9.0/24 }] } }
        volumes: { data: { name: common } }
        """, to: "other/stack.yaml")
      try bed.run("containr-up", ["-d", "-y", "other/stack.yaml"]).succeeding()
      let (codes, text) = try refused(bed)
      #expect(codes.sorted() == ["name-taken", "name-taken", "subnet-overlap"], "\(text)")
      let owner = "stack u (\(bed.path)/other/stack.yaml)"
      #expect(text.contains("the network name shared is taken by \(owner)"), "\(text)")
      #expect(text.contains("the volume name common is taken by \(owner)"), "\(text)")
      #expect(text.contains("subnet 10.213.9.128/25 overlaps 10.213.9.0/24 of network u_two of \(owner)"), "\(text)")
      try bed.run("containr-down", ["-p", "u", "-v", "-y"]).succeeding()
      bed.expectNothingLeft()
    }
  }

  @Test("a pool of addresses without room is told with who is in it")
  func pool() throws {
    try Bed.use(Self.sleeper) { bed in
      let (codes, text) = try refused(bed, environment: ["CONTAINR_ADDRESS_POOL": "198.51.100.0/25"])
      #expect(codes == ["no-subnet"], "\(text)")
      #expect(text.contains("it has the route to 198.51.100.0/24 by uplink"), "\(text)")
      #expect(try refused(bed, environment: ["CONTAINR_ADDRESS_POOL": "ten"]).codes == ["bad-address-pool"])
      bed.expectNothingLeft()
    }
  }

  @Test("a disk without room, without inodes, or read-only is told before anything is unpacked")
  func disk() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base.tar]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
      """
    ) { bed in
      try bed.shell("head -c 9000000 /dev/urandom > \(bed.path)/base/ballast")
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      let state = bed.sandbox.stateDirectory
      func mounted(_ options: String, _ body: () throws -> Void) throws {
        try run("mkdir", ["-p", state]).succeeding()
        try run("mount", ["-t", "tmpfs", "-o", options + ",mode=755,uid=\(bed.sandbox.hostID(0))", "tmpfs", state])
          .succeeding()
        defer {
          for arguments in [["umount", state], ["rmdir", state]] {
            do { try run(arguments[0], [arguments[1]]).succeeding() } catch { Issue.record(error) }
          }
        }
        try body()
      }
      try mounted("size=8m") {
        let (codes, text) = try refused(bed)
        #expect(codes == ["disk-space"], "\(text)")
        #expect(text.contains("has 8 MiB free, and base.tar needs when it is unpacked about"), "\(text)")
        #expect(text.contains("--> stack.yaml:4:13"), "\(text)")
      }
      try mounted("size=64m,nr_inodes=20") {
        let codes = try refused(bed).codes
        #expect(codes == ["disk-inodes"])
      }
      try mounted("size=64m,ro") {
        let (codes, text) = try refused(bed)
        #expect(codes == ["read-only"], "\(text)")
        #expect(text.contains("the state directory \(state) is on a read-only file system"), "\(text)")
      }
      // With room the same stack comes up.
      try mounted("size=64m") {
        try bed.up()
        try bed.down()
      }
      bed.expectNothingLeft()
    }
  }

  @Test("an image that is here and not unpacked needs room as an archive does, told with the line that asks for it")
  func diskOfImages() throws {
    try Bed.use { bed in
      let state = bed.sandbox.stateDirectory
      try run("mkdir", ["-p", state]).succeeding()
      try run("mount", ["-t", "tmpfs", "-o", "size=18m,mode=755", "tmpfs", state]).succeeding()
      defer {
        for arguments in [["umount", state], ["rmdir", state]] {
          do { try run(arguments[0], [arguments[1]]).succeeding() } catch { Issue.record(error) }
        }
      }
      try bed.shell("head -c 9000000 /dev/urandom > \(bed.path)/base/ballast")
      try ImageLayout.store(of: bed).add(
        "docker.io/library/demo:1", layers: ["\(bed.path)/base"], config: #"{"Cmd":["sleep","1000"]}"#)
      try bed.write("services: {a: {image: \"demo:1\", network_mode: none, stop_signal: SIGKILL}}")
      let (codes, text) = try refused(bed)
      #expect(codes == ["disk-space"], "\(text)")
      #expect(
        text.contains("demo:1 needs when it is unpacked about") && text.contains("--> stack.yaml:2:23"), "\(text)")
    }
  }

  @Test("a process that may open too few files is told so; a low limit that may be raised is raised")
  func descriptors() throws {
    try Bed.use(Self.sleeper) { bed in
      let up = "\(try BuiltPrograms.path("containr-up")) -d -y \(Bed.file)"
      let low = try bed.sandbox.runInShell("ulimit -n 60; exec \(up)")
      // A user's way in takes some already.
      let words = (bed.sandbox.user == nil ? "error[descriptor-limit]" : "error") + ": this process may open 60 files"
      #expect(low.code == 2 && low.errors.contains(words), "\(low)")
      bed.expectNothingLeft()
      let soft = try bed.sandbox.runInShell("ulimit -Sn 20; exec \(up)")
      #expect(soft.code == 0, "\(soft)")
      #expect(try bed.container("a").state == "running")
    }
  }
}
