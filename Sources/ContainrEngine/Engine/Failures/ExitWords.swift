// How a process ended, in words, and what that mostly means. Pure.
internal import ContainrHost
internal import ContainrSystem

enum ExitWords {
  /// `SIGSEGV`; `signal 40` for those without a name.
  static func name(ofSignal number: Int32) -> String {
    SignalNumber.name(number).map { "SIG\($0)" } ?? "signal \(number)"
  }

  /// What the end of a program by this signal mostly means; nil: nothing more than its name.
  static func meaning(ofSignal number: Int32) -> String? {
    switch number {
    case 4: "the program has instructions that this processor does not know: it was built for a newer one"
    case 6: "the program gave up by itself (abort): its last lines say why"
    case 7, 11: "the program touched memory that it does not have: a fault in it, or in a library that does not fit it"
    case 8: "the program divided by zero"
    case 9: "somebody killed it; it was not the container's memory limit"
    case 13: "it wrote to something that nobody reads any more"
    case 15: "somebody asked it to end"
    case 24: "its limit of processor time was reached"
    case 25: "its limit of file size was reached"
    case 31: "a seccomp filter ended it for a system call"
    default: nil
    }
  }

  /// What an exit code says beyond its number, by the conventions of shells; nil: it is the program's own.
  static func meaning(ofCode code: Int32) -> String? {
    switch code {
    case 126: "by the shells' convention: a program was found and could not be executed"
    case 127: "by the shells' convention: a program, or a shared library of it, was not found"
    case 129...159: "by the shells' convention: a program in it was ended by \(name(ofSignal: code - 128))"
    default: nil
    }
  }
}
