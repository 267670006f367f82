// What becomes of containers whose service is not in the file, in Compose's words.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrReconcile

struct OrphanOptions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Remove containers of services that are not in the file any more.")
  var removeOrphans: Bool?

  /// `saved`: what a saved plan was made with.
  func rule(_ switches: ComposeSwitches, saved: Bool? = nil) throws -> OrphanRule {
    let removes = removeOrphans ?? saved ?? switches.removesOrphans
    guard removes else { return switches.ignoresOrphans ? .ignore : .keep }
    guard !switches.ignoresOrphans else {
      throw CommandExit(
        .failure, "orphans cannot be removed and ignored",
        help: "unset COMPOSE_IGNORE_ORPHANS, or leave out --remove-orphans and COMPOSE_REMOVE_ORPHANS")
    }
    return .remove
  }
}
