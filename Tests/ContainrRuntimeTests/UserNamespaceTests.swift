// Containers with ids of their own, idmapped mounts, device nodes and a clock of their own, against the kernel.
import ContainrOCI
import ContainrRuntime
import ContainrSystem
import SystemPackage
import Testing

@Suite("A container has ids, devices and clocks of its own", needsRoot)
struct UserNamespaceTests {
  let host: RuntimeHost
  init() throws { host = try RuntimeHost() }

  private static let map = [OCIIDMapping(containerID: 0, hostID: 100_000, size: 65536)]

  private func isolate(_ config: inout ContainerConfig) {
    config.spec.linux.namespaces.append(OCINamespace(.user))
    config.spec.linux.uidMappings = Self.map
    config.spec.linux.gidMappings = Self.map
  }

  @Test("Its root is nobody on the host: it owns its layers inside, and what it writes belongs to the mapped id")
  func remapped() throws {
    let script = """
      cat /proc/self/uid_map | tr -s ' '; id -u; stat -c '%u %g' /bin/busybox /etc/passwd /; touch /made; ls -n /made | cut -c1-10
      echo x > /dev/null && echo device; touch /dev/shm/x && echo shm; cat /proc/1/oom_score_adj
      """
    let (lines, status) = try host.run("a", script) { config in
      isolate(&config)
      config.spec.process.oomScoreAdj = 300
    }
    #expect(status == .exited(0))
    #expect(
      lines == [
        " 0 100000 65536", "0", "0 0", "0 0", "0 0", "-rw-r--r--", "device", "shm", "300",
      ])
    let made = try Kernel.status(of: host.state.appending("up-a/made"))
    #expect((made.uid, made.gid) == (100_000, 100_000))
    // The layer itself was not touched.
    #expect(try Kernel.status(of: host.layer.appending("bin/busybox")).uid == 0)
  }

  @Test("A command that enters is root of the same namespace")
  func entered() throws {
    try host.start(try host.config("a", "sleep 30", isolate))
    var process = OCIProcess(args: ["sh", "-c", "id -u; tr -s ' ' < /proc/self/uid_map; touch /by-exec"])
    process.env = ["PATH=/bin"]
    let result = try host.runtime.exec("a", process: process, cgroupPath: host.cgroup("a"))
    #expect(String(decoding: result.output, as: UTF8.self) == "0\n 0 100000 65536\n")
    #expect(try Kernel.status(of: host.state.appending("up-a/by-exec")).uid == 100_000)
  }

  @Test("A volume is seen with the container's ids, without a chown, and other volumes as they are")
  func volumes() throws {
    try Kernel.makeDirectory(host.state.appending("vol"))
    try host.write("vol/file", "data")
    let volume = host.state.appending("vol").string
    let (lines, _) = try host.run("a", "stat -c %u /mapped/file /plain/file; touch /mapped/new") { config in
      isolate(&config)
      config.spec.mounts = [
        OCIMount(destination: "/mapped", type: "bind", source: volume, options: ["rbind", "idmap"]),
        OCIMount(destination: "/plain", type: "bind", source: volume, options: ["rbind"]),
      ]
    }
    #expect(lines == ["0", "65534"])
    #expect(try Kernel.status(of: host.state.appending("vol/new")).uid == 0)
  }

  @Test("A volume can be shown with other ids without a user namespace")
  func idmappedAlone() throws {
    try Kernel.makeDirectory(host.state.appending("vol"))
    try host.write("vol/file", "data")
    let (lines, _) = try host.run("a", "stat -c %u:%g /v/file") { config in
      var mount = OCIMount(
        destination: "/v", type: "bind", source: host.state.appending("vol").string, options: ["bind", "idmap"])
      mount.uidMappings = [OCIIDMapping(containerID: 0, hostID: 1234, size: 10)]
      mount.gidMappings = [OCIIDMapping(containerID: 0, hostID: 4321, size: 10)]
      config.spec.mounts = [mount]
    }
    #expect(lines == ["1234:4321"])
  }

  @Test("Nodes are made with their numbers, mode and owner")
  func devices() throws {
    let (lines, status) = try host.run("a", "stat -c '%t:%T %a %u:%g %F' /dev/mine /dev/sub/block /dev/pipe") {
      config in
      var mine = OCIDevice(path: "/dev/mine", type: "c", major: 1, minor: 5)
      (mine.fileMode, mine.uid, mine.gid) = (0o640, 7, 8)
      config.spec.linux.devices = [
        mine, OCIDevice(path: "/dev/sub/block", type: "b", major: 7, minor: 9), OCIDevice(path: "/dev/pipe", type: "p"),
      ]
    }
    #expect(status == .exited(0))
    #expect(
      lines == [
        "1:5 640 7:8 character special file", "7:9 666 0:0 block special file", "0:0 666 0:0 fifo",
      ])
  }

  @Test("In a user namespace nodes have their mode, and their owner by the ids inside")
  func mappedDevices() throws {
    let (lines, status) = try host.run("a", "stat -c '%t:%T %a %u:%g' /dev/mine; echo x > /dev/mine && echo open") {
      config in
      isolate(&config)
      var mine = OCIDevice(path: "/dev/mine", type: "c", major: 1, minor: 3)
      (mine.fileMode, mine.uid, mine.gid) = (0o640, 7, 8)
      config.spec.linux.devices = [mine]
    }
    #expect(status == .exited(0))
    #expect(lines == ["1:3 640 7:8", "open"])
  }

  @Test("A time namespace has its offsets")
  func clocks() throws {
    let (lines, _) = try host.run("a", "cut -d. -f1 /proc/uptime; cat /proc/self/timens_offsets | tr -s ' '") {
      config in
      config.spec.linux.namespaces.append(OCINamespace(.time))
      config.spec.linux.timeOffsets = ["boottime": OCITimeOffset(seconds: 1_000_000, nanoseconds: 0)]
    }
    let uptime = lines.first.flatMap { Int($0) }
    #expect(try #require(uptime) > 1_000_000)
    #expect(lines.last == "boottime 1000000 0")
  }

  @Test("Ids that overlap stop the start")
  func overlap() throws {
    let config = try host.config("a", "true") { config in
      isolate(&config)
      config.spec.linux.uidMappings.append(OCIIDMapping(containerID: 5, hostID: 1, size: 1))
    }
    let error = #expect(throws: RuntimeError.self) { try host.start(config) }
    #expect(error?.description.contains("range 1 has ids inside that another has") == true)
    #expect(try host.leftovers() == [])
  }
}
