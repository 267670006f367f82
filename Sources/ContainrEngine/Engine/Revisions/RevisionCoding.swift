// The stored forms of a revision: its plan and options as JSON, and the digest by which two plans are the same.
internal import ContainrHost
internal import ContainrImages
internal import ContainrSpec
internal import FoundationEssentials

enum RevisionCoding {
  /// Of everything that the plan wants; the places in the file that it comes from do not count.
  static func digest(_ plan: StackPlan) -> String {
    var text = "file\t\(plan.file)\n"
    for service in plan.services { text += "service\t\(service.name)\n\(PlanCoding.text(service.fields))" }
    for network in plan.networks { text += "network\t\(network.key)\n\(PlanCoding.text(network.fields))" }
    for volume in plan.volumes {
      text += "volume\t\(volume.key)\t\(volume.name)\t\(volume.isExternal)\n"
      // A plain one has the digest that it always had.
      if !volume.options.isEmpty || !volume.labels.isEmpty { text += PlanCoding.text(volume.fields) }
    }
    // Where contents come from, not what they are.
    for content in plan.contents { text += "content\t\(content.kind.section).\(content.key)\t\(content.source)\n" }
    return ContentDigest.sha256(Array(text.utf8))
  }

  static func json(_ value: some Encodable) throws(EngineError) -> String {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw EngineError(.store, "a revision cannot be written down: \(error)")
    }
  }

  static func value<Value: Decodable>(_ type: Value.Type, _ json: String, of number: Int) throws(EngineError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(json.utf8))
    } catch {
      throw EngineError(.store, "revision \(number) was recorded by another version and cannot be read: \(error)")
    }
  }
}
