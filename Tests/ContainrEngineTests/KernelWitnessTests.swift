// What the supervisor holds of a container that it listens for.
import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrEngine

@Suite("The kernel's witness") struct KernelWitnessTests {
  @Test(
    "the mounts of a first process that has ended are held by nobody, before anybody else is told of its end",
    .enabled(if: Requirement.isRoot, "needs root: it listens in all network namespaces"))
  func ends() throws {
    let witness = try KernelWitness()
    let child = try ChildProcess.spawn(
      "/bin/sleep", arguments: ["sleep", "60"], environment: [], descriptors: [0, 1, 2])
    try witness.watch("a", pid: child.pid, namespaces: [], cgroups: (own: [], above: []))
    try witness.take()
    #expect(witness.takeReleased().isEmpty)
    try child.kill()
    _ = try child.wait()
    try witness.take()
    #expect(witness.takeReleased().count == 1)
    #expect(witness.takeReleased().isEmpty)
    #expect(try witness.forget("a") == nil)
    #expect(witness.looks.isEmpty && witness.still.isEmpty)
  }
}
