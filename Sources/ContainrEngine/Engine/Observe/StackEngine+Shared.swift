// Whether who shares a namespace of another container is still where that one is. Reads only; a container that shares
// nothing costs nothing.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension StackEngine {
  /// The namespaces that a running container has joined and that are not those of their owners of now. An owner that
  /// does not run has none to compare with.
  func lostNamespaces(
    _ container: ObservedContainer, _ contents: StoreContents
  ) throws(EngineError) -> [LostNamespace] {
    // What is on its way out goes with the one that it shares with.
    guard case .running(let pid) = container.process, container.role == .serving else { return [] }
    var lost: [LostNamespace] = []
    for kind in NamespacePlan.Kind.allCases {
      guard let file = SharedNamespaces.file(kind), let text = container.value(kind.rawValue),
        let (owner, words) = Self.owner(text, of: container.name.stack, contents), owner.id != container.id,
        case .running(let ownerPID) = try process(of: owner.id)
      else { continue }
      guard let here = try namespace(file, of: pid), let there = try namespace(file, of: ownerPID), here != there else {
        continue
      }
      lost.append(LostNamespace(key: kind.rawValue, owner: words))
    }
    return lost
  }

  /// The container that a field names, and what it is called; nil: it names none, or it is not there.
  private static func owner(
    _ text: String, of stack: String, _ contents: StoreContents
  ) -> (record: ContainerRecord, words: String)? {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    let name = String(parts[1])
    switch parts[0] {
    case "service":
      return contents.serving(ContainerName(stack: stack, service: name, index: 1)).map { ($0, "service \(name)") }
    case "container": return contents.serving(display: name).map { ($0, "container \(name)") }
    default: return nil
    }
  }

  /// `net:[4026531840]`; nil: the process has just ended.
  private func namespace(_ file: FilePath.Component, of pid: Int32) throws(EngineError) -> String? {
    do throws(SyscallError) { return try Kernel.readLink(FilePath("/proc/\(pid)/ns").appending(file)) } catch {
      if error.errno == 2 || error.errno == 3 { return nil }
      throw EngineError(error, "look at process \(pid)")
    }
  }
}
