import Testing

@testable import ContainrInit

@Suite("What is said between a shim and who attaches")
struct AttachMessageTests {
  private static let all: [AttachMessage] = [
    .greeting(hasTerminal: true, takesInput: false), .greeting(hasTerminal: false, takesInput: true), .input([]),
    .input([1, 2, 0, 255]), .size(rows: 0x1234, columns: 0xFEDC), .endOfInput, .output(isError: false, [7]),
    .output(isError: true, []), .ended(0), .ended(137), .ended(-1),
  ]

  @Test("every message survives the way", arguments: all) func survives(message: AttachMessage) {
    #expect(AttachMessage(bytes: message.bytes) == message)
  }

  @Test("what is none is none") func none() {
    for bytes: [UInt8] in [[], [0], [0, 1], [0, 1, 1, 1], [2, 0, 0], [3, 1], [6, 0, 0, 0], [7], [255, 1]] {
      #expect(AttachMessage(bytes: bytes) == nil, "\(bytes)")
    }
  }
}
