// The order of the init's steps, which is the product: a change of it must be seen in a review.
@testable import ContainrInit
import Testing

@Suite("The steps of the init")
struct InitStepsTests {
  @Test("A container's first process takes its steps in this order")
  func order() {
    #expect(
      InitSteps.all.map { ($0.scope == .both ? "both  " : "first ") + $0.name } == [
        "both  die with the shim",
        "both  reset what was inherited",
        "first join shared namespaces",
        "first open a socket to the network namespace",
        "first be given ids and mounts",
        "first open the small init",
        "both  enter the cgroup",
        "first make the cgroup namespace",
        "first set the clocks",
        "both  become root of the user namespace",
        "both  make a session keyring",
        "first mount",
        "both  set the OOM score",
        "both  set the labels",
        "first set the names and the loopback",
        "first run the hooks of the creation",
        "first switch the root",
        "first set the root's propagation",
        "both  look up the user",
        "both  make the environment",
        "both  change the working directory",
        "both  set the scheduler and priorities",
        "both  open stdin, stdout and stderr",
        "both  limit the capabilities",
        "first wait for the host",
        "first enter the cgroup",
        "first mount the cgroups",
        "first set kernel parameters",
        "both  set the limits",
        "both  look for the program",
        "first wait for the start",
        "both  install the seccomp filter",
        "both  become the user",
        "both  set the capabilities",
        "both  set no_new_privs",
        "both  die with the shim",
        "first run the hooks of the start",
        "both  check the working directory",
        "both  find the program",
        "both  tell the host",
        "both  close the descriptors",
        "both  install the seccomp filter",
        "both  execute the program",
      ])
  }

  @Test("Parameters of an interface wait for the network, those of the namespace do not")
  func parameters() {
    #expect(SysctlWrite(path: "net/ipv4/conf/eth0/rp_filter", value: "1").ofInterface)
    #expect(SysctlWrite(path: "net/ipv6/neigh/eth0/mcast_solicit", value: "1").ofInterface)
    #expect(!SysctlWrite(path: "net/ipv4/conf/all/rp_filter", value: "1").ofInterface)
    #expect(!SysctlWrite(path: "net/ipv4/ip_forward", value: "1").ofInterface)
    #expect(!SysctlWrite(path: "kernel/shmmax", value: "1").ofInterface)
  }
}
