// The name of a recorded container, and which of a place's rows is the one that serves. Pure.
internal import ContainrReconcile
internal import ContainrStore

extension ContainerRecord {
  /// The name that its id was made from.
  var name: ContainerName { ContainerName(stack: stack, service: service, index: index, slot: slot) }
}

extension StoreContents {
  /// The row of the container that serves at a place, whatever its slot.
  func serving(_ name: ContainerName) -> ContainerRecord? {
    containers.first {
      $0.role == .serving && $0.index == name.index && $0.service == name.service && $0.stack == name.stack
    }
  }
}
