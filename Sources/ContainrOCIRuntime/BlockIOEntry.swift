// Counts of block devices as the kernel writes them, in the form of runc's `events`. Pure.
// Source: cgroup-v1/blkio-controller.rst, cgroup-v2.rst ("io.stat").
internal import ContainrJSON

/// What one device did of one kind.
struct BlockIOEntry: Equatable {
  var major: UInt64
  var minor: UInt64
  /// `Read`, `Write`, `Sync`, `Async`, `Discard`, `Total`.
  var operation: String
  var value: UInt64

  /// In runc's names.
  var json: JSONValue {
    .object([
      JSONMember("major", .natural(major)), JSONMember("minor", .natural(minor)), JSONMember("op", .string(operation)),
      JSONMember("value", .natural(value)),
    ])
  }

  /// Lines such as `8:0 Read 4096`; the last line, which adds all devices up, is none.
  static func v1(_ text: String) -> [BlockIOEntry] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 3, let device = device(words[0]), let value = UInt64(words[2]) else { return nil }
      return BlockIOEntry(major: device.major, minor: device.minor, operation: String(words[1]), value: value)
    }
  }

  /// Lines such as `8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`.
  static func v2(_ text: String) -> (bytes: [BlockIOEntry], requests: [BlockIOEntry]) {
    var (bytes, requests): ([BlockIOEntry], [BlockIOEntry]) = ([], [])
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let first = words.first, let device = device(first) else { continue }
      for word in words.dropFirst() {
        let parts = word.split(separator: "=")
        guard parts.count == 2, let value = UInt64(parts[1]) else { continue }
        func entry(_ operation: String) -> BlockIOEntry {
          BlockIOEntry(major: device.major, minor: device.minor, operation: operation, value: value)
        }
        switch parts[0] {
        case "rbytes": bytes.append(entry("Read"))
        case "wbytes": bytes.append(entry("Write"))
        case "dbytes": bytes.append(entry("Discard"))
        case "rios": requests.append(entry("Read"))
        case "wios": requests.append(entry("Write"))
        case "dios": requests.append(entry("Discard"))
        default: continue
        }
      }
    }
    return (bytes, requests)
  }

  private static func device(_ text: Substring) -> (major: UInt64, minor: UInt64)? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let major = UInt64(parts[0]), let minor = UInt64(parts[1]) else { return nil }
    return (major, minor)
  }
}

enum HugePageName {
  /// `hugepages-2048kB` → `2MB`, as files of cgroups name it; nil for other names.
  static func size(_ directory: String) -> String? {
    guard directory.hasPrefix("hugepages-"), directory.hasSuffix("kB"),
      let kilobytes = UInt64(directory.dropFirst(10).dropLast(2))
    else { return nil }
    if kilobytes >= 1 << 20 { return "\(kilobytes >> 20)GB" }
    return kilobytes >= 1 << 10 ? "\(kilobytes >> 10)MB" : "\(kilobytes)KB"
  }
}
