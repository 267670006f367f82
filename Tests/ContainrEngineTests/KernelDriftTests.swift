// What of a container's kernel state counts as drift, and what is its program's own affair. Texts of procfs, no kernel.
import ContainrAddresses
import ContainrReconcile
import Testing

@testable import ContainrEngine
@testable import ContainrNetwork
@testable import ContainrRuntime

@Suite("Drift of a container's mounts")
struct MountDriftTests {
  private static let start = """
    82 41 0:47 / / rw,relatime - overlay overlay rw,lowerdir=/a
    83 82 0:50 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
    84 83 0:5 /null /proc/kcore ro,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw
    95 82 8:1 /srv/data /data rw,relatime master:1 - ext4 /dev/sda1 rw
    96 82 8:1 /srv/app.conf /etc/app.conf ro,relatime - ext4 /dev/sda1 rw
    """

  private func drift(_ now: String, isFree: Bool = false) -> [String] {
    MountDrift.differences(then: Self.start, now: now, isFree: isFree).map {
      "\($0.what): \($0.actual) → \($0.expected)\($0.repairable ? "" : " !")"
    }
  }

  @Test("the same mounts under other numbers, with other groups and a replaced source are the same")
  func same() {
    #expect(drift(Self.start).isEmpty)
    var other = Self.start.replacing("95 82", with: "195 82").replacing(" master:1 -", with: " shared:3 master:1 -")
    other = other.replacing("/srv/app.conf /etc", with: "/srv/app.conf//deleted /etc").replacing(
      "relatime", with: "noatime")
    #expect(drift(other).isEmpty)
  }

  @Test("one that is gone, another one in its place, one more, and weaker flags are told with both sides")
  func differences() {
    let lines = Self.start.split(separator: "\n").map(String.init)
    #expect(
      drift((lines[0..<2] + lines[3...]).joined(separator: "\n"))
        == ["mount /proc/kcore: not mounted → tmpfs /null ro,nosuid,nodev,noexec !"])
    #expect(
      drift(Self.start.replacing("95 82 8:1 /srv/data", with: "95 82 8:1 /srv/other"))
        == ["mount /data: ext4 /srv/other rw → ext4 /srv/data rw !"])
    #expect(drift(Self.start + "\n99 82 0:60 / /mnt rw - tmpfs tmpfs rw") == ["mount /mnt: tmpfs rw → not mounted !"])
    // Over another one, whose line stays.
    #expect(drift(Self.start + "\n99 95 0:60 / /data rw - tmpfs tmpfs rw") == ["mount /data: tmpfs rw → not mounted !"])
    #expect(
      drift(Self.start.replacing("/etc/app.conf ro,", with: "/etc/app.conf rw,"))
        == ["mount /etc/app.conf: ext4 /srv/app.conf rw → ext4 /srv/app.conf ro !"])
    #expect(
      drift(Self.start.replacing("/data rw,", with: "/data ro,nosuid,"))
        == ["mount /data: ext4 /srv/data ro,nosuid → ext4 /srv/data rw !"])
  }

  @Test("a program that may mount may add and tighten, but what protects must stay")
  func free() {
    #expect(drift(Self.start + "\n99 82 0:60 / /mnt rw - tmpfs tmpfs rw", isFree: true).isEmpty)
    #expect(drift(Self.start.replacing("/data rw,", with: "/data ro,nosuid,"), isFree: true).isEmpty)
    #expect(drift(Self.start.replacing("/etc/app.conf ro,", with: "/etc/app.conf rw,"), isFree: true).count == 1)
    #expect(drift(String(Self.start.prefix(60)), isFree: true).count > 2)
  }
}

@Suite("Drift of a container's rights and limits")
struct RightsDriftTests {
  private static let defaults = "00000000a80425fb"
  private static let none = "0000000000000000"
  private static let limits = """
    Limit                     Soft Limit           Hard Limit           Units
    Max core file size        0                    0                    bytes
    Max open files            1024                 1048576              files
    Max nice priority         0                    0
    """

  private func state(
    uid: String = "0", inheritable: String = none, permitted: String = defaults, effective: String = defaults,
    bounding: String = defaults, ambient: String = none, noNewPrivileges: Int = 0, seccomp: Int = 2, filters: Int = 1,
    limits: String = limits, namespace: String = "net:[1]", labels: ProcessLabels = ProcessLabels()
  ) -> ProcessState {
    let ids = uid.contains("\t") ? uid : Array(repeating: uid, count: 4).joined(separator: "\t")
    return ProcessState(
      networkNamespace: namespace,
      status: Array(
        """
        Name:\tsh
        Uid:\t\(ids)
        Gid:\t\(ids)
        CapInh:\t\(inheritable)
        CapPrm:\t\(permitted)
        CapEff:\t\(effective)
        CapBnd:\t\(bounding)
        CapAmb:\t\(ambient)
        NoNewPrivs:\t\(noNewPrivileges)
        Seccomp:\t\(seccomp)
        Seccomp_filters:\t\(filters)
        """.utf8), limits: Array(limits.utf8), mounts: [], labels: labels)
  }

  private func drift(_ then: ProcessState, _ now: ProcessState) -> [String] {
    RightsDrift.differences(then: then, now: now).map {
      "\($0.what): \($0.actual) → \($0.expected)\($0.repairable ? "" : " !")"
    }
  }

  @Test("another label is told, whichever it is")
  func labels() {
    func labelled(_ appArmor: String, _ selinux: String) -> ProcessState {
      state(labels: ProcessLabels(appArmor: Array(appArmor.utf8), selinux: Array(selinux.utf8)))
    }
    let then = labelled("containr-default (enforce)\n", "u:r:container_t:s0:c1,c2\0")
    #expect(drift(then, then).isEmpty)
    #expect(
      drift(then, labelled("unconfined\n", "u:r:spc_t:s0\0")) == [
        "apparmor: unconfined → containr-default (enforce) !", "label: u:r:spc_t:s0 → u:r:container_t:s0:c1,c2 !",
      ])
    #expect(
      drift(then, labelled("containr-default (complain)\n", "u:r:container_t:s0:c1,c2\0"))
        == ["apparmor: containr-default (complain) → containr-default (enforce) !"])
    #expect(drift(then, labelled("", "")).count == 2)
  }

  @Test("what a program gives up by itself, and takes again of what it holds, is no drift")
  func given() {
    let then = state()
    #expect(drift(then, then).isEmpty)
    #expect(drift(then, state(uid: "1000", permitted: Self.none, effective: Self.none)).isEmpty)
    #expect(drift(then, state(uid: "0\t1000\t0\t1000", effective: Self.none)).isEmpty)
    #expect(drift(then, state(inheritable: Self.defaults, ambient: "0000000000000400")).isEmpty)
    #expect(drift(then, state(bounding: Self.none, noNewPrivileges: 1, filters: 3)).isEmpty)
    #expect(drift(state(effective: Self.none), then).isEmpty, "a program may raise what it is permitted")
    #expect(drift(then, state(limits: Self.limits.replacing("1024  ", with: "1048576"))).isEmpty)
    #expect(drift(then, state(limits: Self.limits.replacing("1048576", with: "1024   "))).isEmpty)
  }

  @Test("more than it was given is told, set by set")
  func more() {
    let plain = state(uid: "1000", permitted: Self.none, effective: Self.none)
    #expect(
      drift(plain, state(uid: "1000\t0\t0\t0", permitted: "0000000000000001", effective: "0000000000000001")) == [
        "capabilities.permitted: CAP_CHOWN → none !", "capabilities.effective: CAP_CHOWN → none !",
        "user: 1000/0/0/0 → 1000 !", "group: 1000/0/0/0 → 1000 !",
      ])
    #expect(
      drift(state(bounding: Self.none), state(bounding: "0000000000200000")) == [
        "capabilities.bounding: CAP_SYS_ADMIN → none !"
      ])
    #expect(drift(plain, state(uid: "1001", permitted: Self.none, effective: Self.none)).isEmpty)
  }

  @Test("a filter or no_new_privs that is gone, another network namespace, raised hard limits are told")
  func fromOutside() {
    #expect(
      drift(state(filters: 1), state(seccomp: 0, filters: 0)) == [
        "seccomp: mode 0 → mode 2 !", "seccomp.filters: 0 → 1 !",
      ])
    #expect(drift(state(noNewPrivileges: 1), state()) == ["no_new_privs: 0 → 1 !"])
    #expect(drift(state(), state(namespace: "net:[2]")) == ["network namespace: net:[2] → net:[1] !"])
    let raised = state(limits: Self.limits.replacing("1048576", with: "unlimited"))
    #expect(drift(state(), raised) == ["rlimit.nofile: unlimited → 1048576"])
    // CAP_SYS_RESOURCE: it may do that itself.
    let mighty = "0000000001000000"
    #expect(
      RightsDrift.differences(then: state(permitted: mighty, effective: mighty, bounding: mighty), now: raised)
        .allSatisfy { !$0.what.hasPrefix("rlimit") })
  }
}

@Suite("Drift of a container's networks")
struct NetworkDriftTests {
  private static let dev = """
    Inter-|   Receive                                                |  Transmit
     face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
        lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
      sit0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
      eth0:     946      11    0    0    0     0          0         0      866      10    0    0    0     0       0          0
    """
  private static let route = """
    Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
    eth0\t00000000\t0100590A\t0003\t0\t0\t0\t00000000\t0\t0\t0
    eth0\t0000590A\t00000000\t0001\t0\t0\t0\tF0FFFFFF\t0\t0\t0
    """
  private static let trie = """
    Main:
      +-- 0.0.0.0/0 3 0 5
         |-- 0.0.0.0
            /0 universe UNICAST
         +-- 10.89.0.0/28 2 0 2
            |-- 10.89.0.2
               /32 host LOCAL
            |-- 10.89.0.15
               /32 link BROADCAST
         +-- 127.0.0.0/8 2 0 2
            |-- 127.0.0.1
               /32 host LOCAL
    Local:
    """
  private static let place = NetworkDrift.Place(
    network: "default", interface: "eth0",
    ipv4: NetworkDrift.FamilyPlace(
      address: .v4(IPv4Address(10, 89, 0, 2)), subnet: .v4(IPv4Prefix("10.89.0.0/28")!),
      gateway: .v4(IPv4Address(10, 89, 0, 1))))

  private static let igmp = """
    Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
    1\tlo        :     1      V3
    \t\t\t\t010000E0     1 0:00000000\t\t0
    2\teth0      :     1      V3
    \t\t\t\t010000E0     1 0:00000000\t\t0
    """

  private static func view(_ dev: String, _ route: String, _ trie: String, _ igmp: String?) -> NetworkView {
    NetworkView(
      NetworkTexts(
        interfaces: NetworkTexts.names(Array(dev.utf8)), routes: Array(route.utf8), trie: Array(trie.utf8),
        groups: Array((igmp ?? "").utf8)))
  }

  private func drift(
    dev: String = dev, route: String = route, trie: String = trie, igmp: String? = igmp, isFree: Bool = false
  ) -> [String] {
    let (faults, drift) = NetworkDrift.differences(
      Self.view(dev, route, trie, igmp), places: [Self.place], isFree: isFree)
    return faults.map { "\($0.network): \($0.words)" } + drift.map { "\($0.what) is \($0.actual)" }
  }

  @Test("procfs is read as it is written")
  func view() {
    let view = Self.view(Self.dev, Self.route, Self.trie, Self.igmp)
    #expect(view.interfaces == ["lo", "sit0", "eth0"])
    #expect(view.routes.map(\.words) == ["default via 10.89.0.1 on eth0", "10.89.0.0/28 on eth0"])
    #expect(view.addresses == [IPv4Address(127, 0, 0, 1), IPv4Address(10, 89, 0, 2)])
    #expect(view.up == ["lo", "eth0"])
    #expect(drift().isEmpty)
    #expect(drift(igmp: nil).isEmpty)
  }

  @Test("an interface, an address or a route that is gone is told by its network, and so is lo")
  func gone() {
    let lines = Self.route.split(separator: "\n").map(String.init)
    #expect(
      drift(route: [lines[0], lines[2]].joined(separator: "\n")) == ["default: its default route via 10.89.0.1 is gone"]
    )
    #expect(
      drift(route: [lines[0], lines[1]].joined(separator: "\n")) == ["default: its route to 10.89.0.0/28 is gone"])
    #expect(
      drift(trie: Self.trie.replacing("10.89.0.2", with: "10.89.0.3"), isFree: true)
        == ["default: its address 10.89.0.2 on network default is gone"])
    #expect(drift(trie: Self.trie.replacing("127.0.0.1", with: "10.89.0.2")) == ["default: lo is down"])
    #expect(drift(igmp: Self.igmp.replacing("lo  ", with: "dummy")) == ["default: lo is down"])
    #expect(
      drift(route: lines[0], igmp: Self.igmp.replacing("eth0", with: "eth9"))
        == ["default: its interface eth0 on network default is down"])
    #expect(
      drift(dev: Self.dev.replacing("eth0:", with: "eth7:"), isFree: true)
        == ["default: its interface eth0 on network default is gone"])
  }

  @Test("an address or default route of IPv6 that is gone or was added is told as well")
  func sides6() {
    var place = Self.place
    place.ipv6 = NetworkDrift.FamilyPlace(
      address: .v6(IPv6Address("fd00:1::2")!), subnet: .v6(IPv6Prefix("fd00:1::/64")!),
      gateway: .v6(IPv6Address("fd00:1::1")!))
    func faults(_ addresses: String, _ routes: String) -> [String] {
      var texts = NetworkTexts(
        interfaces: NetworkTexts.names(Array(Self.dev.utf8)), routes: Array(Self.route.utf8),
        trie: Array(Self.trie.utf8), groups: Array(Self.igmp.utf8))
      texts.addresses6 = Array(addresses.utf8)
      texts.routes6 = Array(routes.utf8)
      return NetworkDrift.differences(NetworkView(texts), places: [place], isFree: false).faults.map(\.words)
    }
    let address = "fd000001000000000000000000000002 40 eth0"
    let route = "fd000001000000000000000000000001 eth0"
    #expect(faults(address, route).isEmpty)
    #expect(faults("", route) == ["its address fd00:1::2 on network default is gone"])
    #expect(faults(address, "") == ["its default route via fd00:1::1 is gone"])
    #expect(
      faults(address + "\nfd000001000000000000000000000009 40 eth0", route) == ["the address fd00:1::9 was added"])
  }

  @Test("what was added is told, unless the program may do that itself")
  func added() {
    let route = Self.route + "\neth0\t0000010A\t0500590A\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0"
    #expect(drift(route: route) == ["default: the route 10.1.0.0/16 via 10.89.0.5 on eth0 was added"])
    let trie = Self.trie.replacing(
      "10.89.0.15\n           /32 link BROADCAST", with: "10.89.0.9\n           /32 host LOCAL")
    #expect(drift(trie: trie) == ["default: the address 10.89.0.9 was added"])
    #expect(drift(dev: Self.dev.replacing("sit0:", with: "dum0:")) == ["interface dum0 is there"])
    #expect(drift(dev: Self.dev.replacing("sit0:", with: "dum0:"), route: route, trie: trie, isFree: true).isEmpty)
  }
}
