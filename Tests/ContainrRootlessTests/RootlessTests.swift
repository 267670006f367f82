import ContainrOCI
import ContainrSystem
import SystemPackage
import Testing

@testable import ContainrRootless

@Suite struct RootlessIDsTests {
  private func ranges(_ map: [OCIIDMapping]) -> [[UInt32]] { map.map { [$0.containerID, $0.hostID, $0.size] } }

  @Test("the user's own id is root's, and the ranges follow from 1, by name and by number") func map() {
    let map = RootlessIDs.map(
      uid: 1000, gid: 100, name: "tess", subuid: "root:1:2\ntess:100000:65536\n1000:300000:10\nbad\ntess:x:1\n",
      subgid: "tess:200000:5\n")
    #expect(ranges(map.uids) == [[0, 1000, 1], [1, 100_000, 65536], [65537, 300_000, 10]])
    #expect(ranges(map.gids) == [[0, 100, 1], [1, 200_000, 5]])
  }

  @Test("with ranges of only one kind, or of somebody else, there is one user and one group") func alone() {
    for (users, groups) in [("tess:100000:65536", ""), ("", "tess:100000:65536"), ("tom:1000000:5", "tom:1000000:5")] {
      let map = RootlessIDs.map(uid: 1000, gid: 100, name: "tess", subuid: users, subgid: groups)
      #expect(ranges(map.uids) == [[0, 1000, 1]] && ranges(map.gids) == [[0, 100, 1]])
    }
    let nameless = RootlessIDs.map(uid: 1000, gid: 100, name: nil, subuid: ":5000:5", subgid: ":5000:5")
    #expect(nameless.uids.count == 1)
  }

  @Test("what the kernel or newuidmap would refuse is left out: overlaps, the own id a second time, wrapped ranges")
  func refused() {
    let text = "tess:990:20\ntess:100000:10\ntess:100005:10\ntess:4294967290:10\ntess:0:5\n"
    let map = RootlessIDs.map(uid: 1000, gid: 1000, name: "tess", subuid: text, subgid: text)
    #expect(ranges(map.uids) == [[0, 1000, 1], [1, 100_000, 10]])
    #expect(IDMap.fault(in: map.uids) == nil)
  }

  @Test("a user's name is that of passwd; who has none has none") func name() {
    let passwd = "root:x:0:0::/root:/bin/sh\ntess:x:1000:100::/home/tess:/bin/sh\nbroken\n"
    #expect(RootlessIDs.name(of: 1000, passwd: passwd) == "tess")
    #expect(RootlessIDs.name(of: 1001, passwd: passwd) == nil)
  }
}

@Suite struct RootlessPlacesTests {
  private func places(_ environment: [String: String]) -> RootlessPlaces? {
    RootlessPlaces(uid: 1000) { environment[$0] }
  }

  @Test("the XDG directories are used, ours come before them, relative ones count as not set") func directories() throws
  {
    let home = try #require(places(["HOME": "/home/tess"]))
    #expect(home.stateDirectory == "/home/tess/.local/share/containr" && home.runDirectory == "/tmp/containr-1000")
    let xdg = try #require(places(["HOME": "/h", "XDG_DATA_HOME": "/d", "XDG_RUNTIME_DIR": "/run/user/1000/"]))
    #expect(xdg.stateDirectory == "/d/containr" && xdg.runDirectory == "/run/user/1000/containr")
    let own = try #require(
      places(["XDG_DATA_HOME": "d", "HOME": "/h", "CONTAINR_STATE_DIR": "/s", "CONTAINR_RUN_DIR": "/r"]))
    #expect(own.stateDirectory == "/s" && own.runDirectory == "/r")
    #expect(places([:]) == nil && places(["HOME": "home"]) == nil)
  }
}

@Suite struct RootlessRecordTests {
  @Test("what is written is read; what is none is none") func record() throws {
    let both = try #require(RootlessRecord(text: "12 345 boot\n67 89\n"))
    #expect(both.holder.pid == 12 && both.holder.startTime == 345 && both.boot == "boot")
    #expect(both.uplink?.pid == 67 && RootlessRecord(text: both.text)?.uplink == both.uplink)
    let one = try #require(RootlessRecord(text: "12 345 boot\n"))
    #expect(one.uplink == nil && RootlessRecord(text: one.text)?.holder == one.holder)
    for text in ["", "12\n", "x 1 boot\n", "12 345\n"] { #expect(RootlessRecord(text: text) == nil) }
  }
}

@Suite struct RelayedPortTests {
  @Test("a port is 39 bytes, of either family, and comes back as it was") func bytes() {
    let four = RelayedPort(
      transport: 6, isIPv6: false, hostAddress: [127, 0, 0, 1], hostPort: 8080, address: [10, 89, 0, 2], port: 80)
    let six = RelayedPort(
      transport: 17, isIPv6: true, hostAddress: [UInt8](repeating: 0, count: 16), hostPort: 53,
      address: Array(1...16), port: 65535, showsClient: true)
    for port in [four, six] {
      #expect(port.bytes.count == RelayedPort.size && RelayedPort(port.bytes[...]) == port)
    }
    #expect(four.outside != six.outside)
    #expect(RelayedPort([UInt8](repeating: 0, count: 39)[...]) == nil)
    #expect(RelayedPort(four.bytes.dropLast()) == nil)
  }
}

@Suite struct RootlessScopeTests {
  @Test("a group is that of v2 alone: beside v1's controllers there is none to ask for") func group() {
    let path = "/user.slice/user-1000.slice/session-2.scope"
    #expect(RootlessScope.group(in: "0::\(path)\n") == FilePath(String(path.dropFirst())))
    #expect(RootlessScope.group(in: "0::/\n") == "")
    #expect(RootlessScope.group(in: "1:memory:/a\n0::/b\n") == nil)
    #expect(RootlessScope.group(in: "1:name=systemd:/a\n") == nil && RootlessScope.group(in: "") == nil)
  }

  @Test("containers are below the scope, beside the commands; systemd is asked in its own words") func words() {
    let scope = RootlessScope(path: "user.slice/app.slice/containr-7-9.scope")
    #expect(scope.containers == "user.slice/app.slice/containr-7-9.scope/stacks")
    let start = RootlessScope.start("containr-7-9.scope", pid: 7)
    #expect(
      start[2...6] == [
        "org.freedesktop.systemd1.Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))", "containr-7-9.scope", "fail",
      ])
    // As many properties as are counted, each with a name, a type and a value; PIDs has a length as well.
    #expect(start[7] == "7" && start.count == 8 + 7 * 3 + 1 + 1)
    #expect(start.firstIndex(of: "Delegate").map { Array(start[$0..<($0 + 3)]) } == ["Delegate", "b", "true"])
    #expect(RootlessScope.attach("x.scope", pid: 8).suffix(4) == ["x.scope", "/commands", "1", "8"])
  }

  @Test("the user's bus is the one that the environment names, and else the usual one") func bus() {
    for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
      #expect(RootlessScope.bus([name: "x"], uid: 5) == [name: "x"])
    }
    #expect(RootlessScope.bus([:], uid: 5) == ["DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/5/bus"])
  }

  @Test("the record tells of holder, way out and scope, each of the last two only if there is one") func record() throws
  {
    let (holder, uplink) = (ProcessIdentity(pid: 7, startTime: 70), ProcessIdentity(pid: 8, startTime: 80))
    let scope = RootlessScope(path: "user.slice/a b.scope")
    for way in [nil, uplink] {
      for group in [nil, scope] {
        let written = RootlessRecord(holder: holder, boot: "b", uplink: way, scope: group)
        let read = try #require(RootlessRecord(text: written.text))
        #expect(read.holder == holder && read.boot == "b" && read.uplink == way && read.scope == group)
      }
    }
    #expect(RootlessRecord(text: "scope a\n") == nil)
  }
}
