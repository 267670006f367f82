// What two states of a stack are compared by: a revision's plan, or what is recorded of what is there. Reads only.
public import ContainrHost
internal import ContainrImages
public import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem

extension StackEngine {
  /// The plan that a revision wanted, as parts. What is in a config whose text stands in the stack file is known by its
  /// digest; of what came from a file or a variable a revision holds only where from.
  public func parts(ofRevision number: Int, stack: String) throws(EngineError) -> [PlanPart] {
    let plan = try plan(ofRevision: number, stack: stack)
    let reading = try contentReading(plan)
    let files = Dictionary(plan.services.map { ("service \($0.name)", $0.files) }) { first, _ in first }
    return plan.parts.map { part in
      var part = part
      part.contents = (files[part.address] ?? []).compactMap(reading.part).sorted { $0.target < $1.target }
      return part
    }
  }

  /// What stands recorded of what is there now, as the parts of a plan.
  public func recordedParts(of stack: String) throws(EngineError) -> [PlanPart] {
    let contents = try contents()
    let hasKey: Bool
    do throws(SyscallError) { hasKey = try files.key() != nil } catch {
      throw EngineError(error, "look at the files of stack \(stack)")
    }
    var parts: [PlanPart] = []
    for record in contents.containers.sorted(by: { ($0.service, $0.index) < ($1.service, $1.index) })
    where record.stack == stack && record.stage != .removing && parts.last?.address != "service \(record.service)" {
      var part = PlanPart(address: "service \(record.service)", fields: PlanCoding.fields(record.fields))
      // What a mounted file held is nobody's wish. Digests under a key that has gone are those of nothing that is known now.
      part.contents = record.contents.filter { $0.kind != "mount" }.map {
        PartContent(target: $0.target, digest: hasKey ? $0.digest : nil, shown: ContentReading.shown($0))
      }
      parts.append(part)
    }
    for record in contents.networks where record.stack == stack && record.stage != .removing {
      parts.append(PlanPart(address: "network \(record.key)", fields: PlanCoding.fields(record.fields)))
    }
    for record in contents.volumes where record.stack == stack && record.place.isEmpty {
      let fields = PlanCoding.fields(record.fields)
      parts.append(
        PlanPart(
          address: "volume \(record.key)",
          fields: fields.isEmpty ? [PlanField(path: "name", value: record.name)] : fields))
    }
    return parts
  }
}

extension ContentReading {
  /// A plan's file, without a look at the host; nil if it is not declared.
  func part(_ file: FilePlan) -> PartContent? {
    guard let plan = desired.content(of: file) else { return nil }
    switch plan.source {
    case .file(let path): return PartContent(target: file.target, source: "file \(path)", shown: "file \(path)")
    case .environment(let name, let from):
      let words = "variable \(name)" + (from.map { " of \($0)" } ?? "")
      return PartContent(target: file.target, source: words, shown: words)
    case .content(let text):
      let bytes = Array(text.utf8)
      guard digests != nil else {
        // The key has gone with a boot: known to each other, and to no record.
        return PartContent(
          target: file.target, source: "text", digest: ContentDigest.sha256(bytes), shown: Withheld(text).description)
      }
      let record = record(file.target, file.kind.rawValue, bytes, stamp: "")
      return PartContent(target: file.target, source: "text", digest: record.digest, shown: Self.shown(record))
    }
  }
}
