import Testing

@testable import ContainrCLI

@Suite("The keys that leave a terminal")
struct DetachKeysTests {
  @Test("Words become keys, and what is none is refused")
  func words() {
    #expect(DetachKeys(argument: "ctrl-p,ctrl-q") == DetachKeys.usual)
    for wrong in ["", "ctrl-", "ctrl-pp", "ab", "a,,b", "ctrl-1", "Ctrl-p"] {
      #expect(DetachKeys(argument: wrong) == nil)
    }
    for right in ["a", "ctrl-@", "ctrl-[", "ctrl-_", "a,b,c"] { #expect(DetachKeys(argument: right) != nil) }
  }

  @Test("What is no sequence reaches the program whole, however it is cut up; what comes after the sequence does not")
  func filter() {
    func typed(_ keys: DetachKeys, _ pieces: [[UInt8]]) -> (pass: [UInt8], leaves: Bool) {
      var keys = keys
      var pass: [UInt8] = []
      for piece in pieces {
        let (bytes, leaves) = keys.filter(piece[...])
        pass += bytes
        if leaves { return (pass, true) }
      }
      return (pass, false)
    }
    let (p, q): (UInt8, UInt8) = (0x10, 0x11)
    #expect(typed(.usual, [[1, p, q, 2]]) == ([1], true))
    #expect(typed(.usual, [[1, p], [q, 2]]) == ([1], true))
    #expect(typed(.usual, [[1, p], [2, q, p, p, p, q]]) == ([1, p, 2, q, p, p], true))
    #expect(typed(.usual, [[p], [p], [5]]) == ([p, p, 5], false))
    #expect(typed(.usual, [[p]]) == ([], false), "held back")
    #expect(typed(DetachKeys(argument: "x")!, [Array("ax".utf8)]) == (Array("a".utf8), true))
  }
}
