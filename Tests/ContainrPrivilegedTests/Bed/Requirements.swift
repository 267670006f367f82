// What every suite of this target needs of the machine; a suite that cannot run says so.
import ContainrTestSupport
import Testing

extension Trait where Self == ConditionTrait {
  /// Namespaces, cgroups, mounts and nftables are root's.
  static var asRoot: Self { .enabled(if: Requirement.isRoot, "needs root: it runs real containers") }

  /// What an ordinary user cannot have, and why.
  static func notAsUser(_ reason: Comment) -> Self { .enabled(if: !TestUser.isWanted, "as a user: \(reason)") }
}
