// Names of network interfaces, as the kernel takes them, and parameters of them.

enum InterfaceText {
  /// 1 to 15 printable bytes without `/`, `:` and blanks.
  static func name(_ text: String) throws(ValueProblem) -> String {
    guard isName(text, upTo: 15) else {
      throw ValueProblem(
        .name, "\(DisplayText.quote(text)) is not the name of a network interface",
        help: "use at most 15 letters, digits, '-', '_' and '.', such as eth0")
    }
    return text
  }

  /// Room for a number stays behind it.
  static func prefix(_ text: String) throws(ValueProblem) -> String {
    guard isName(text, upTo: 12) else {
      throw ValueProblem(
        .name, "\(DisplayText.quote(text)) cannot begin the names of network interfaces",
        help: "use at most 12 letters, digits, '-', '_' and '.', such as eth")
    }
    return text
  }

  private static func isName(_ text: String, upTo length: Int) -> Bool {
    (1...length).contains(text.utf8.count) && text != "." && text != ".." && text != "lo" && text != "all"
      && text != "default"
      && text.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || [45, 46, 95].contains(byte)
      }
  }

  /// `net.ipv4.conf.IFNAME.log_martians=1,…`, as `com.docker.network.endpoint.sysctls` has them.
  static func sysctls(_ text: String) throws(ValueProblem) -> [EnvironmentPlan] {
    try text.pieces(",").map { (word) throws(ValueProblem) in
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let path = parts[0].pieces(".")
      guard parts.count == 2, !parts[1].isEmpty, !word.contains(where: \.isWhitespace), path.count == 5,
        path[0] == "net", ["ipv4", "ipv6", "mpls"].contains(path[1]), ["conf", "neigh"].contains(path[2]),
        path[3] == "IFNAME"
      else {
        throw ValueProblem(
          .invalidValue, "\(DisplayText.quote(word)) is not a parameter of an interface",
          help: "such as net.ipv4.conf.IFNAME.log_martians=1, with IFNAME for the interface")
      }
      return EnvironmentPlan(name: parts[0], value: parts[1])
    }.sorted { $0.name < $1.name }
  }
}
