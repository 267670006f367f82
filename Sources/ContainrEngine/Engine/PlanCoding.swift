// The two stored forms of an applied plan: flat fields, in which changes are found, and JSON, from which a container is
// started again. The flat form is cheap to read, and mostly it is the only one that is.
internal import ContainrHost
internal import ContainrSpec
internal import FoundationEssentials

enum PlanCoding {
  /// One field a line, path and value with a tab between; `\`, newline and tab escaped.
  static func text(_ fields: [PlanField]) -> String {
    var out: [UInt8] = []
    for field in fields {
      append(field.path, to: &out)
      out.append(0x09)
      append(field.value, to: &out)
      out.append(0x0a)
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The fields of such a text; only those of lines that are wanted, by how they begin.
  static func fields(_ text: String, where isWanted: (Substring.UTF8View) -> Bool = { _ in true }) -> [PlanField] {
    text.utf8.split(separator: 0x0a).compactMap { line in
      if !isWanted(line) { return nil }
      let parts = line.split(separator: 0x09, maxSplits: 1, omittingEmptySubsequences: false)
      return PlanField(path: unescaped(parts[0]), value: parts.count > 1 ? unescaped(parts[1]) : "")
    }
  }

  static func json(_ plan: ServicePlan) throws(EngineError) -> String {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(plan), as: UTF8.self)
    } catch {
      throw EngineError(.store, "the plan of service \(plan.name) cannot be written down: \(error)")
    }
  }

  static func plan(_ json: String) throws(EngineError) -> ServicePlan {
    do {
      return try JSONDecoder().decode(ServicePlan.self, from: Data(json.utf8))
    } catch {
      throw EngineError(.store, "a recorded plan cannot be read: \(error)")
    }
  }

  private static func append(_ text: String, to out: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case 0x5c: out += [0x5c, 0x5c]
      case 0x0a: out += [0x5c, 0x6e]
      case 0x09: out += [0x5c, 0x74]
      default: out.append(byte)
      }
    }
  }

  private static func unescaped(_ bytes: Substring.UTF8View) -> String {
    if !bytes.contains(0x5c) { return String(Substring(bytes)) }
    var out: [UInt8] = []
    var isEscaped = false
    for byte in bytes {
      if isEscaped {
        out.append(byte == 0x6e ? 0x0a : byte == 0x74 ? 0x09 : byte)
        isEscaped = false
      } else if byte == 0x5c {
        isEscaped = true
      } else {
        out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
