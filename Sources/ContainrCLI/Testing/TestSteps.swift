// What a CI service is told beside the words for people: groups, annotations, the summary of a job.
internal import ContainrForeground
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

struct TestSteps {
  var context: CommandContext
  var service: CIService

  /// The lines of a step begin. Nothing that containers wrote is taken for a command of GitHub's until `end`.
  func begin(_ name: String) -> String {
    guard service == .github else { return "" }
    let token = "containr-\(UInt64.random(in: 0...UInt64.max))"
    context.errors.write("::group::containr test: \(name)\n::stop-commands::\(token)\n")
    return token
  }

  /// They end.
  func end(_ token: String) {
    if service == .github { context.errors.write("::\(token)::\n::endgroup::\n") }
  }

  /// Findings at the lines of a change.
  func annotate(_ findings: [Diagnostic]) {
    guard service == .github, !findings.isEmpty else { return }
    context.errors.write(
      TestSummary.annotations(
        findings, directory: context.surroundings.workingDirectory.string,
        workspace: context.surroundings.variable("GITHUB_WORKSPACE")))
  }

  /// What there is to say at the end.
  func summarise(_ summary: TestSummary) throws(SyscallError) {
    guard service == .github else { return }
    annotate(summary.findings)
    guard let page = context.surroundings.variable("GITHUB_STEP_SUMMARY") else { return }
    // Other steps of the job have written there as well.
    try Kernel.open(context.surroundings.absolute(page), [.writeOnly, .create, .append], mode: 0o644)
      .writeAll(Array(summary.markdown.utf8))
  }
}
