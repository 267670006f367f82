// Which CI service runs us, by the variables that it sets, and what it calls this job. Pure.
internal import ContainrForeground

/// GitHub Actions (and what speaks its commands), GitLab CI, or nobody.
enum CIService: Sendable, Hashable {
  case github, gitlab, none

  init(_ surroundings: Surroundings) {
    if surroundings.variable("GITHUB_ACTIONS") == "true" {
      self = .github
    } else if surroundings.variable("GITLAB_CI") != nil {
      self = .gitlab
    } else {
      self = .none
    }
  }

  /// What tells this job from others, as far as the service says it; a matrix of GitHub's has one name for many.
  func job(_ surroundings: Surroundings) -> String? {
    switch self {
    case .github:
      surroundings.variable("GITHUB_RUN_ID").map { run in
        "gh\(run)" + (surroundings.variable("GITHUB_RUN_ATTEMPT").map { "-\($0)" } ?? "")
      }
    case .gitlab: surroundings.variable("CI_JOB_ID").map { "gl\($0)" }
    case .none: nil
    }
  }
}

/// The name of one job's stack.
enum TestName {
  /// As many characters of the stack's own name as leave room for containers' names.
  static let kept = 24

  /// `random` makes it another one than that of any other run on this host.
  static func of(_ base: String, job: String?, random: UInt32) -> String {
    let digits = String(random & 0xFF_FFFF, radix: 16)
    let parts = [String(base.prefix(kept)), job, String(repeating: "0", count: 6 - digits.count) + digits]
    let name = parts.compactMap(\.self).joined(separator: "-").lowercased()
    return String(
      String.UnicodeScalarView(
        name.unicodeScalars.map { scalar in
          switch scalar {
          case "a"..."z", "0"..."9", "-", "_": scalar
          default: "-"
          }
        }
      ).suffix(63).drop { $0 == "-" || $0 == "_" })
  }
}
