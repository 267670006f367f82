// A machine for classic BPF as seccomp runs it, so that tests ask a filter what it would decide.

/// struct seccomp_data.
struct SyscallData {
  static let amd64: UInt32 = 0xC000_003E
  static let i386: UInt32 = 0x4000_0003

  var number: UInt32
  var architecture = Self.amd64
  var arguments: [UInt64] = []

  func word(at offset: UInt32) -> UInt32? {
    switch offset {
    case 0: return number
    case 4: return architecture
    case 16..<64 where offset % 4 == 0:
      let index = Int(offset - 16) / 8
      let argument = index < arguments.count ? arguments[index] : 0
      return UInt32(truncatingIfNeeded: offset % 8 == 0 ? argument : argument >> 32)
    default: return nil
    }
  }
}

enum Decision: Equatable, Sendable, CustomStringConvertible {
  case allow
  case errno(UInt32)
  case kill
  case broken(String)

  static let denied = Decision.errno(1)
  static let unknown = Decision.errno(38)

  var description: String {
    switch self {
    case .allow: "allow"
    case .errno(1): "EPERM"
    case .errno(38): "ENOSYS"
    case .errno(let number): "errno \(number)"
    case .kill: "kill"
    case .broken(let why): "broken: \(why)"
    }
  }
}

/// Runs the program's bytes; also counts the instructions taken.
func run(_ program: [UInt8], on data: SyscallData) -> (decision: Decision, steps: Int) {
  var accumulator: UInt32 = 0
  var at = 0
  for step in 1...4096 {
    guard (at + 1) * 8 <= program.count else { return (.broken("runs off the end"), step) }
    let bytes = program[(at * 8)..<(at * 8 + 8)].map { UInt32($0) }
    let (yes, no) = (Int(bytes[2]), Int(bytes[3]))
    let value = bytes[4] | bytes[5] << 8 | bytes[6] << 16 | bytes[7] << 24
    at += 1
    switch bytes[0] | bytes[1] << 8 {
    case 0x20:
      guard let word = data.word(at: value) else { return (.broken("loads offset \(value)"), step) }
      accumulator = word
    case 0x05: at += Int(value)
    case 0x54: accumulator &= value
    case 0x15: at += accumulator == value ? yes : no
    case 0x35: at += accumulator >= value ? yes : no
    case 0x45: at += accumulator & value != 0 ? yes : no
    case 0x06:
      switch value & 0xFFFF_0000 {
      case 0x7FFF_0000: return (.allow, step)
      case 0x0005_0000: return (.errno(value & 0xFFFF), step)
      case 0x8000_0000: return (.kill, step)
      default: return (.broken("returns \(value)"), step)
      }
    default: return (.broken("instruction \(bytes[0])"), step)
    }
  }
  return (.broken("does not end"), 4096)
}
