// What a program file asks for before its own first instruction runs: interpreter and shared libraries. Reads bytes that
// an image made: every offset is checked. Pure.

/// The parts of an ELF file that its start depends on (elf(5)).
struct ELFImage: Sendable, Hashable {
  /// `e_machine`.
  var machine: UInt16
  /// PT_INTERP; nil for a static program and for most libraries.
  var interpreter: String?
  /// DT_NEEDED, in order.
  var needed: [String] = []
  /// DT_RUNPATH, split at colons; nil: there is none.
  var runPath: [String]?
  /// DT_RPATH, split at colons.
  var oldPath: [String] = []

  /// The names of machines that people know.
  static let machines: [UInt16: String] = [
    3: "i386", 40: "arm", 62: "x86-64", 183: "aarch64", 243: "riscv", 21: "ppc64", 22: "s390x",
  ]

  /// The machine that this program was built for.
  static var own: UInt16 {
    #if arch(arm64)
      183
    #else
      62
    #endif
  }

  /// Beyond this nobody has so many program headers or dynamic entries.
  private static let limit = 4096

  /// nil for bytes that are no ELF file of 64 bits, least significant byte first.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 64, bytes[0..<4].elementsEqual([0x7F, 0x45, 0x4C, 0x46]), bytes[4] == 2, bytes[5] == 1 else {
      return nil
    }
    let file = Bytes(bytes)
    guard let machine = file.number(18, 2), let table = file.number(32, 8), let size = file.number(54, 2),
      let count = file.number(56, 2), size >= 56
    else { return nil }
    self.machine = UInt16(machine)
    var loads: [(address: Int, offset: Int, size: Int)] = []
    var dynamic: (offset: Int, size: Int)?
    for index in 0..<min(count, Self.limit) {
      let header = table + index * size
      guard let type = file.number(header, 4), let offset = file.number(header + 8, 8),
        let address = file.number(header + 16, 8), let length = file.number(header + 32, 8)
      else { break }
      switch type {
      case 1: loads.append((address, offset, length))
      case 2: dynamic = (offset, length)
      case 3: interpreter = file.text(offset, limit: length)
      default: break
      }
    }
    if let dynamic { readDynamic(file, dynamic, loads) }
  }

  private mutating func readDynamic(
    _ file: Bytes, _ dynamic: (offset: Int, size: Int), _ loads: [(address: Int, offset: Int, size: Int)]
  ) {
    var strings: Int?
    var libraries: [Int] = []
    var paths: [Int: Int] = [:]
    for index in 0..<min(dynamic.size / 16, Self.limit) {
      guard let tag = file.number(dynamic.offset + index * 16, 8),
        let value = file.number(dynamic.offset + index * 16 + 8, 8)
      else { break }
      switch tag {
      case 0: break
      case 1: libraries.append(value)
      case 5:
        // An address in memory: the load that holds it says where it is in the file.
        let load = loads.first { value >= $0.address && value - $0.address < $0.size }
        strings = load.map { $0.offset + (value - $0.address) }
      case 15, 29: paths[tag] = value
      default: break
      }
      if tag == 0 { break }
    }
    guard let strings else { return }
    needed = libraries.compactMap { file.text(strings + $0, limit: 4096) }
    func directories(_ path: Int) -> [String] {
      file.text(strings + path, limit: 65_536)?.split(separator: ":").map(String.init) ?? []
    }
    runPath = paths[29].map(directories)
    oldPath = paths[15].map(directories) ?? []
  }
}

/// Bounded reads.
private struct Bytes {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Little-endian; nil outside, and for what no file of ours could have as an offset.
  func number(_ offset: Int, _ size: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - size else { return nil }
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(bytes[offset + index]) << (8 * UInt64(index)) }
    return value < 1 << 48 ? Int(value) : nil
  }

  /// Up to a NUL.
  func text(_ offset: Int, limit: Int) -> String? {
    guard offset >= 0, offset < bytes.count else { return nil }
    let end = min(bytes.count, offset + max(0, min(limit, 65_536)))
    let text = bytes[offset..<end].prefix { $0 != 0 }
    return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
  }
}
