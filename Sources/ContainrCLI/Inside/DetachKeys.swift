// The keys by which a person leaves a terminal inside without ending what runs there. Pure.
internal import ArgumentParser

/// A sequence of keys, and how far it has been typed.
struct DetachKeys: ExpressibleByArgument, Sendable, Hashable {
  /// Docker's.
  static let usual = DetachKeys(bytes: [0x10, 0x11], text: "ctrl-p,ctrl-q")

  private let bytes: [UInt8]
  /// As it was written.
  let defaultValueDescription: String
  private var typed = 0

  private init(bytes: [UInt8], text: String) {
    self.bytes = bytes
    defaultValueDescription = text
  }

  /// `ctrl-p,ctrl-q`: characters, or `ctrl-` and a letter or one of `@[\]^_`, separated by commas.
  init?(argument: String) {
    var bytes: [UInt8] = []
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let letters = Array(word.utf8)
      if letters.count == 1 {
        bytes.append(letters[0])
      } else if word.hasPrefix("ctrl-"), letters.count == 6, let key = Self.control(letters[5]) {
        bytes.append(key)
      } else {
        return nil
      }
    }
    self.init(bytes: bytes, text: argument)
  }

  private static func control(_ letter: UInt8) -> UInt8? {
    switch letter {
    case 0x61...0x7A: letter - 0x60
    case 0x40, 0x5B...0x5F: letter - 0x40
    default: nil
    }
  }

  /// What of the typed bytes is the program's. The beginning of the sequence is held back until it is clear that it is
  /// none; when it is whole, `leaves` is true and what follows is dropped.
  mutating func filter(_ input: ArraySlice<UInt8>) -> (pass: [UInt8], leaves: Bool) {
    var pass: [UInt8] = []
    for byte in input {
      if byte == bytes[typed] {
        typed += 1
        if typed == bytes.count {
          typed = 0
          return (pass, true)
        }
        continue
      }
      pass += bytes[..<typed]
      typed = byte == bytes[0] ? 1 : 0
      if typed == 0 { pass.append(byte) }
      // A sequence of one key has been compared already.
    }
    return (pass, false)
  }
}
