// Fixes the files of one load until nothing is left to fix. Pure: loading is the caller's closure.

/// Applies fixes, loads again, and goes on until a fixed point or a bound is reached.
public struct FixRun {
  /// One fix that was applied.
  public struct Change: Sendable, Hashable {
    /// The code of the finding.
    public var code: String
    /// Where the first edit was, in the text of its round.
    public var location: SourceLocation
    /// What was done.
    public var message: String
  }

  /// The end of a run.
  public struct Outcome: Sendable {
    /// The new content of each file that changed.
    public var files: [String: [UInt8]]
    /// What was applied, in order.
    public var changes: [Change]
    /// What the last load found.
    public var diagnostics: [Diagnostic]
  }

  /// Fixes that uncover further findings, such as the tabs of a file that could not be parsed, need a second round.
  static let maximumRounds = 16
  /// How often a round that made things worse is taken apart.
  private static let maximumTrials = 64

  private let load: ([String: [UInt8]]) -> [Diagnostic]
  private let includesMaybe: Bool
  private var files: [String: [UInt8]]
  private var changes: [Change] = []
  private var refused: Set<Diagnostic.Fix> = []

  /// Fixes `files`, each by the name that findings show. `load` finds what is wrong with given contents.
  ///
  /// No round is kept that leaves more errors than there were before it, except those that a file shows only once it
  /// can be read.
  public static func run(
    _ files: [String: [UInt8]], includesMaybe: Bool, load: ([String: [UInt8]]) -> [Diagnostic]
  ) -> Outcome {
    withoutActuallyEscaping(load) { load in
      var run = FixRun(load: load, includesMaybe: includesMaybe, files: files)
      let left = run.loop()
      let changed = run.files.filter { $0.value != files[$0.key] }
      return Outcome(files: changed, changes: run.changes, diagnostics: left)
    }
  }

  private init(load: @escaping ([String: [UInt8]]) -> [Diagnostic], includesMaybe: Bool, files: [String: [UInt8]]) {
    self.load = load
    self.includesMaybe = includesMaybe
    self.files = files
  }

  private mutating func loop() -> [Diagnostic] {
    var findings = load(files)
    var trials = 0
    for _ in 0..<Self.maximumRounds {
      let offers = offers(findings)
      guard let round = apply(offers, to: files) else { return findings }
      let next = load(round.files)
      if !Self.isWorse(next, than: findings) {
        accept(round, findings: &findings, next: next)
        continue
      }
      // Something in this round was wrong: each fix alone, and those that make it worse never again.
      var progressed = false
      for offer in offers {
        guard trials < Self.maximumTrials else { return findings }
        trials += 1
        guard let single = apply([offer], to: files) else { continue }
        let next = load(single.files)
        if Self.isWorse(next, than: findings) {
          refused.insert(offer.fix)
          progressed = true
        } else {
          accept(single, findings: &findings, next: next)
          progressed = true
          break  // Every place has moved.
        }
      }
      if !progressed { return findings }
    }
    return findings
  }

  private struct Offer {
    let code: String
    let fix: Diagnostic.Fix
  }

  private struct Round {
    var files: [String: [UInt8]]
    var changes: [Change] = []
  }

  /// The first allowed fix of each finding.
  private func offers(_ findings: [Diagnostic]) -> [Offer] {
    findings.compactMap { finding in
      let fix = finding.fixes.first { fix in
        (includesMaybe || fix.applicability == .always) && !refused.contains(fix)
      }
      return fix.map { Offer(code: finding.code, fix: $0) }
    }
  }

  private func apply(_ offers: [Offer], to files: [String: [UInt8]]) -> Round? {
    var round = Round(files: files)
    for (file, bytes) in files.sorted(by: { $0.key < $1.key }) {
      let outcome = FixApplier.apply(offers.map(\.fix), to: bytes, of: file)
      guard outcome.bytes != bytes else { continue }
      round.files[file] = outcome.bytes
      round.changes += outcome.applied.map { index in
        let offer = offers[index]
        return Change(code: offer.code, location: offer.fix.edits[0].span.location, message: offer.fix.message)
      }
    }
    return round.changes.isEmpty ? nil : round
  }

  private mutating func accept(_ round: Round, findings: inout [Diagnostic], next: [Diagnostic]) {
    files = round.files
    changes += round.changes
    findings = next
  }

  /// More errors are worse, unless it is only now that the file can be read at all.
  private static func isWorse(_ next: [Diagnostic], than before: [Diagnostic]) -> Bool {
    func rank(_ findings: [Diagnostic]) -> (unreadable: Int, errors: Int) {
      let errors = findings.filter { $0.severity == .error }
      return (errors.contains { DiagnosticCode(rawValue: $0.code)?.isAboutReading == true } ? 1 : 0, errors.count)
    }
    return rank(next) > rank(before)
  }
}
