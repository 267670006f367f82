// What is kept of the firewall's state between commands. The kernel's count and its listing are the test's.
import ContainrAddresses
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrEngine
@testable import ContainrHost
@testable import ContainrNetwork

@Suite("The firewall's mark")
struct FirewallMarkTests {
  private final class Kernel {
    var number: UInt32 = 7
    var isListed = true
    var listings = 0
  }

  private func plan(_ count: Int) -> FirewallPlan {
    var plan = FirewallPlan(
      table: "t", bridges: [BridgeRule(name: "tb", prefix: IPv4Prefix("10.0.0.0/24"))], memberPrefix: "tv")
    plan.members = (0..<count).map { number in
      let address = IPv4Address(10, 0, 0, UInt8(number + 2))
      return MemberRule(link: "tv\(number)", macAddress: MACAddress(for: address), address: address, id: "c\(number)")
    }
    return plan
  }

  private func mark(_ kernel: Kernel, _ scratch: ScratchDirectory) -> FirewallMark {
    var mark = FirewallMark(
      settings: HostSettings(
        stateDirectory: FilePath(scratch.path), runDirectory: FilePath(scratch.path), shim: "/shim", program: "/program"
      ),
      bootID: "boot")
    mark.generation = { RulesetGeneration(namespace: 1, number: kernel.number) }
    mark.isListed = { _ in
      kernel.listings += 1
      return kernel.isListed
    }
    return mark
  }

  @Test("follows a step that moved elements alone without a look at the whole table")
  func follows() throws {
    let (kernel, scratch) = (Kernel(), try ScratchDirectory())
    let mark = mark(kernel, scratch)
    try mark.keep(plan(200))
    #expect(try kernel.listings == 1 && mark.holds(plan(200)) && !mark.holds(plan(201)))
    try mark.follow(from: plan(200), to: plan(201)) {
      kernel.number += 1
      return NftStep(isWhole: false, transactions: 1)
    }
    #expect(try kernel.listings == 1 && mark.holds(plan(201)) && !mark.holds(plan(200)))
  }

  @Test("knows what it has written whole without a look at it, by however many transactions")
  func whole() throws {
    let (kernel, scratch) = (Kernel(), try ScratchDirectory())
    let mark = mark(kernel, scratch)
    for count in [1, 2] {
      try mark.follow(to: plan(count)) {
        kernel.number += UInt32(count)
        return NftStep(isWhole: true, transactions: count)
      }
      #expect(try kernel.listings == 0 && mark.holds(plan(count)))
    }
    // Somebody else had a hand in it.
    kernel.isListed = false
    try mark.follow(from: plan(2), to: plan(3)) {
      kernel.number += 2
      return NftStep(isWhole: true, transactions: 1)
    }
    #expect(try kernel.listings == 1 && !mark.holds(plan(3)))
  }

  @Test("looks where somebody else changed a rule meanwhile, and where it knew nothing of what was moved")
  func looks() throws {
    let (kernel, scratch) = (Kernel(), try ScratchDirectory())
    let mark = mark(kernel, scratch)
    // Nothing was kept.
    try mark.follow(from: plan(1), to: plan(2)) {
      kernel.number += 1
      return NftStep(isWhole: false, transactions: 1)
    }
    #expect(kernel.listings == 1)
    // Two transactions: one was not ours.
    kernel.isListed = false
    try mark.follow(from: plan(2), to: plan(3)) {
      kernel.number += 2
      return NftStep(isWhole: false, transactions: 1)
    }
    #expect(try kernel.listings == 2 && !mark.holds(plan(3)))
    kernel.isListed = true
    try mark.keep(plan(3))
    // Somebody changed a rule before.
    kernel.number += 1
    try mark.follow(from: plan(3), to: plan(4)) {
      kernel.number += 1
      return NftStep(isWhole: false, transactions: 1)
    }
    #expect(kernel.listings == 4)
    try mark.follow(from: plan(4), to: plan(5)) {
      kernel.number += 1
      return NftStep(isWhole: false, transactions: 1)
    }
    #expect(kernel.listings == 4)
  }

  @Test("knows a plan by its rules and all values of its members, in whatever order they are told")
  func values() throws {
    let (kernel, scratch) = (Kernel(), try ScratchDirectory())
    let mark = mark(kernel, scratch)
    var there = plan(3)
    there.members[1].address6 = IPv6Address("fd00::2")
    try mark.keep(there)
    var same = there
    same.members.reverse()
    #expect(try mark.holds(same))
    let changes: [(inout FirewallPlan) -> Void] = [
      { $0.members[1].address = IPv4Address(10, 0, 0, 99) }, { $0.members[1].address6 = nil },
      { $0.members[2].linkLocal = [IPAddress("169.254.1.1")!] }, { $0.members[2].id = "other" },
      { $0.members[2].link = "tv9" }, { $0.members[2].macAddress = MACAddress("02:00:00:00:00:01")! },
      { $0.members.removeLast() }, { $0.bridges[0].isInternal = true },
    ]
    for (number, change) in changes.enumerated() {
      var other = there
      change(&other)
      #expect(try !mark.holds(other), "\(number)")
    }
  }

  @Test("the count goes on after its largest number as the kernel's does")
  func wraps() {
    #expect(RulesetGeneration(namespace: 1, number: 7).next == RulesetGeneration(namespace: 1, number: 8))
    #expect(RulesetGeneration(namespace: 1, number: .max).next == RulesetGeneration(namespace: 1, number: 1))
  }
}
