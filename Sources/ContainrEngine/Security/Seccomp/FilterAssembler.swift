// From verdicts by number to classic BPF: a binary search over ranges of equal verdicts. Pure.
// Ours and not libseccomp's code generator, which cannot say "all but these values of the low 32 bits", opens
// i386's socketcall wherever `socket` is allowed, and takes milliseconds; names and numbers do come from libseccomp.

/// What a filter looks at in an argument: its low 32 bits.
struct ArgumentCheck: Sendable, Hashable {
  enum Condition: Sendable, Hashable {
    case oneOf([UInt32])
    case noneOf([UInt32])
    /// No bit of the mask is set.
    case without(UInt32)
  }
  var argument: UInt32
  var condition: Condition

  init(argument: UInt32, _ condition: Condition) {
    self.argument = argument
    self.condition = condition
  }
}

/// The answer to a system call.
indirect enum Verdict: Sendable, Hashable {
  case allow
  /// SECCOMP_RET_KILL_PROCESS.
  case kill
  case errno(UInt16)
  /// Allowed if the check holds, else EPERM.
  case allowIf(ArgumentCheck)
  /// By an argument's low 32 bits under a mask: the verdict of the first value that is equal, or the other one.
  case choose(argument: UInt32, mask: UInt32 = .max, [Choice], otherwise: Verdict)

  /// One value and its verdict.
  struct Choice: Sendable, Hashable {
    var value: UInt32
    var verdict: Verdict

    init(_ value: UInt32, _ verdict: Verdict) {
      self.value = value
      self.verdict = verdict
    }
  }

  static let denied = Verdict.errno(1)
  static let unknown = Verdict.errno(38)
}

/// struct sock_filter.
struct FilterInstruction: Sendable, Hashable {
  var code: UInt16
  var jumpIfTrue: UInt8 = 0
  var jumpIfFalse: UInt8 = 0
  var value: UInt32

  static func load(_ offset: UInt32) -> Self { Self(code: 0x20, value: offset) }
  static func `return`(_ action: UInt32) -> Self { Self(code: 0x06, value: action) }
  static func jump(_ count: UInt32) -> Self { Self(code: 0x05, value: count) }

  var bytes: [UInt8] {
    [UInt8(truncatingIfNeeded: code), UInt8(code >> 8), jumpIfTrue, jumpIfFalse]
      + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}

/// The rules of one architecture.
struct FilterSection: Sendable {
  /// AUDIT_ARCH_…
  var audit: UInt32
  /// By number; those that are missing are unknown (x32's, with bit 30 set, among them).
  var verdicts: [UInt32: Verdict]
}

enum FilterAssembler {
  // include/uapi/linux/seccomp.h
  private static let allow: UInt32 = 0x7FFF_0000
  private static let killProcess: UInt32 = 0x8000_0000

  /// The whole program: by architecture, then by number. An architecture that no section is for kills the process.
  static func program(_ sections: [FilterSection]) -> [FilterInstruction] {
    var program: [FilterInstruction] = [.load(4)]
    for section in sections {
      let body = [.load(0)] + tree(ranges(section)[...])
      // "If not this architecture, over the body": further than eight bits of distance.
      program.append(FilterInstruction(code: 0x15, jumpIfTrue: 1, value: section.audit))
      program.append(.jump(UInt32(body.count)))
      program += body
    }
    return program + [.return(killProcess)]
  }

  private struct Range {
    var first: UInt32
    var verdict: Verdict
  }

  /// Ranges in order, from 0 to the end of numbers, neighbours different.
  private static func ranges(_ section: FilterSection) -> [Range] {
    var ranges: [Range] = []
    func add(_ first: UInt32, _ verdict: Verdict) {
      if ranges.last?.verdict != verdict { ranges.append(Range(first: first, verdict: verdict)) }
    }
    var next: UInt32 = 0
    for number in section.verdicts.keys.sorted() {
      if number > next { add(next, .unknown) }
      add(number, section.verdicts[number] ?? .unknown)
      next = number + 1
    }
    add(next, .unknown)
    return ranges
  }

  private static func tree(_ ranges: ArraySlice<Range>) -> [FilterInstruction] {
    if ranges.count == 1 { return leaf(ranges[ranges.startIndex].verdict) }
    let middle = ranges.startIndex + ranges.count / 2
    let below = tree(ranges[..<middle])
    let above = tree(ranges[middle...])
    let first = ranges[middle].first
    if below.count < 256 {
      return [FilterInstruction(code: 0x35, jumpIfTrue: UInt8(below.count), value: first)] + below + above
    }
    return [FilterInstruction(code: 0x35, jumpIfFalse: 1, value: first), .jump(UInt32(below.count))] + below + above
  }

  private static func leaf(_ verdict: Verdict) -> [FilterInstruction] {
    switch verdict {
    case .allow: return [.return(allow)]
    case .kill: return [.return(killProcess)]
    case .choose(let argument, let mask, let choices, let otherwise):
      var program = [FilterInstruction.load(16 + 8 * argument)]
      if mask != .max { program.append(FilterInstruction(code: 0x54, value: mask)) }
      for choice in choices {
        let body = leaf(choice.verdict)
        program.append(FilterInstruction(code: 0x15, jumpIfFalse: UInt8(body.count), value: choice.value))
        program += body
      }
      return program + leaf(otherwise)
    case .errno(let number): return [.return(0x0005_0000 | UInt32(number))]
    case .allowIf(let check):
      // seccomp_data: nr, arch, instruction pointer, then eight bytes an argument, low half first.
      let load = FilterInstruction.load(16 + 8 * check.argument)
      let deny = leaf(.denied)
      switch check.condition {
      case .without(let mask):
        return [load, FilterInstruction(code: 0x45, jumpIfTrue: 1, value: mask), .return(allow)] + deny
      case .noneOf(let values): return [load] + any(of: values) + [.return(allow)] + deny
      case .oneOf(let values): return [load] + any(of: values) + deny + [.return(allow)]
      }
    }
  }

  /// Jumps over the instruction that follows if the accumulator is one of the values.
  private static func any(of values: [UInt32]) -> [FilterInstruction] {
    values.enumerated().map { index, value in
      FilterInstruction(code: 0x15, jumpIfTrue: UInt8(values.count - index), value: value)
    }
  }
}
