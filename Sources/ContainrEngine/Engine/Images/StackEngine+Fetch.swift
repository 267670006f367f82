// Bringing an image from its registry into the store: the one place where a stack asks for one.
internal import ContainrHost
internal import ContainrSpec

extension StackEngine {
  /// Fetches an image, whatever is here of it.
  func fetch(_ plan: ImagePlan, _ advance: (Int64, Int64) -> Void) throws(EngineError) {
    throw EngineError(
      .settings,
      "the image \(plan.reference) is not fetched: this version asks no registry; 'containr image load' brings images from archives"
    )
  }
}
