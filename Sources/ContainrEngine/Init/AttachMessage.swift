// What is said between a container's shim and who attaches to it, and its wire form. Pure.
internal import ContainrSystem

// One SEQPACKET socket, `attach` in the run directory, where the shim listens if the container has a terminal or an open
// standard input. The shim speaks first; each side ends by closing.
//
//   client                           shim
//    |            greeting            |
//    |<-------------------------------|
//    |  size, input …, endOfInput     |
//    |------------------------------->|
//    |        output …, ended         |
//    |<-------------------------------|

/// One message.
public enum AttachMessage: Sendable, Hashable {
  /// The socket's name in the run directory.
  public static let socketName = "attach"
  /// The most bytes of input or output in one message.
  public static let chunk = 32768

  /// What there is to be attached to.
  case greeting(hasTerminal: Bool, takesInput: Bool)
  /// What is typed.
  case input([UInt8])
  /// The client's terminal has this size.
  case size(rows: UInt16, columns: UInt16)
  /// Nothing more is typed: the program's standard input ends, unless it is a terminal.
  case endOfInput
  /// What the program writes to stdout (or its terminal) or stderr.
  case output(isError: Bool, [UInt8])
  /// The container has ended with this code.
  case ended(Int32)

  /// As it is sent.
  public var bytes: [UInt8] {
    switch self {
    case .greeting(let hasTerminal, let takesInput): [0, hasTerminal ? 1 : 0, takesInput ? 1 : 0]
    case .input(let bytes): [1] + bytes
    case .size(let rows, let columns):
      [2, UInt8(rows & 0xFF), UInt8(rows >> 8), UInt8(columns & 0xFF), UInt8(columns >> 8)]
    case .endOfInput: [3]
    case .output(let isError, let bytes): [isError ? 5 : 4] + bytes
    case .ended(let code): [6] + withUnsafeBytes(of: code.littleEndian) { Array($0) }
    }
  }

  /// nil for what is none of these.
  public init?(bytes: [UInt8]) {
    let rest = bytes.dropFirst()
    func number(_ at: Int) -> UInt16 { UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8 }
    switch (bytes.first, rest.count) {
    case (0, 2): self = .greeting(hasTerminal: bytes[1] != 0, takesInput: bytes[2] != 0)
    case (1, _): self = .input(Array(rest))
    case (2, 4): self = .size(rows: number(1), columns: number(3))
    case (3, 0): self = .endOfInput
    case (4, _): self = .output(isError: false, Array(rest))
    case (5, _): self = .output(isError: true, Array(rest))
    case (6, 4): self = .ended(Int32(bitPattern: UInt32(number(1)) | UInt32(number(3)) << 16))
    default: return nil
    }
  }
}
