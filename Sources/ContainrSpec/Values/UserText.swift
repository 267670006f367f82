// Users and groups as a process has them: ids or names, resolved inside the container.

enum UserText {
  /// `uid`, `uid:gid`, `name` or `name:group`.
  static func user(_ text: String) throws(ValueProblem) -> String {
    if text.contains("$(") {
      // Other tools pass it on and fail at the start; as a file it is as right as any other.
      throw ValueProblem(
        .cannotHonour, "\(DisplayText.quote(text)) is an expression for a shell", label: "no shell reads a user",
        help: "write the id, or a variable such as ${GROUP_ID}")
    }
    let parts = text.pieces(":")
    guard parts.count <= 2, parts.allSatisfy(isName) else {
      throw ValueProblem(
        .invalidValue, "\(DisplayText.quote(text)) is not a user", help: "write uid, uid:gid, name or name:group")
    }
    for part in parts { _ = try id(part) }
    return text
  }

  /// One id, or one name.
  static func id(_ text: String) throws(ValueProblem) -> String {
    guard isName(text) else {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) is neither an id nor a name")
    }
    // The highest number means "no change" to the kernel.
    if text.isDigits, Int64(text).map({ $0 > 4_294_967_294 }) ?? true {
      throw ValueProblem(.number, "the id \(DisplayText.quote(text)) is out of range", label: "at most 4294967294")
    }
    return text
  }

  private static func isName(_ part: String) -> Bool {
    !part.isEmpty && part.utf8.count <= 64
      && part.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
      // useradd(8) allows no such name, and a negative number is no id.
      && part.utf8.first != UInt8(ascii: "-")
  }
}
