// Documents made from the tables: what each form of a value takes and what it refuses, and random stacks of both.
@testable import ContainrSpec

/// Values of one form, by what decoder and schema both have to say of them.
struct Samples {
  var good: [JSON]
  var bad: [JSON]

  private init(_ good: [JSON], _ bad: [JSON]) {
    self.good = good
    self.bad = bad
  }

  private static func texts(_ good: [String], _ bad: [String]) -> Samples {
    Samples(good.map { .string($0) }, bad.map { .string($0) })
  }

  private func with(good: [JSON] = [], bad: [JSON] = []) -> Samples { Samples(self.good + good, self.bad + bad) }

  /// What stands for no scalar at all.
  static let structures: [JSON] = [.array([.string("a")]), .object(["a": .string("b")])]

  /// `mustBe`: nothing is no value here, because the key or the list's item must say something.
  static func of(_ form: ScalarForm, mustBe: Bool = false) -> Samples {
    var samples = raw(form)
    if form.emptyIsUnset, !mustBe, samples.bad.contains(.string("")) {
      samples.bad.removeAll { $0 == .string("") }
      samples.good.append(.string(""))
    }
    return samples.with(good: [.string("${VALUE}")].filter { _ in takesVariables(form) }, bad: structures)
  }

  /// A variable that is not set is read as empty text, which these forms do not take; the schema cannot know that.
  private static func takesVariables(_ form: ScalarForm) -> Bool {
    switch form {
    case .string, .content, .any: true
    default: false
    }
  }

  private static func raw(_ form: ScalarForm) -> Samples {
    switch form {
    case .string, .content: texts(["a", "", "1"], []).with(good: [.number(5), .number(1.5)], bad: [.boolean(true)])
    case .any: texts(["a", ""], []).with(good: [.number(5), .boolean(true)])
    case .layer:
      texts(["./a", "b.tar", "image:a/b:1", "oci:./d", "oci:d:v1"], [""]).with(
        good: [.number(5)], bad: [.boolean(true)])
    case .text, .hostPath, .contextPath: texts(["./a", "b"], [""]).with(good: [.number(5)], bad: [.boolean(true)])
    case .boolean:
      texts(["true", "False", "yes", "off"], ["", "x", "tru"]).with(good: [.boolean(true)], bad: [.number(1)])
    case .integer(let range):
      texts([String(range.lowerBound), "0x14"].filter { $0 != "0x14" || range.contains(20) }, ["", "a", "1.5", "08"])
        .with(
          good: [.number(Double(max(range.lowerBound, min(range.upperBound, 20))))],
          bad: [.boolean(true), .number(1.5)])
    case .number(let range):
      texts([String(range.lowerBound)], ["", "a", "1,5"]).with(
        good: [.number(range.upperBound)], bad: [.boolean(false), .number(range.upperBound + 1)])
    case .processors:
      texts(["0.5", "2"], ["", "a", "1,5"]).with(good: [.number(1.5)], bad: [.boolean(true), .number(-1)])
    case .byteSize:
      texts(["64m", "1.5g", "5", "1 kb", "2GiB"], ["", "a", "5x", "-1"]).with(good: [.number(5)], bad: [.number(-1)])
    case .byteSizeOrUnlimited: texts(["-1", "64m"], ["-2", "x"]).with(good: [.number(-1)], bad: [.boolean(true)])
    case .duration:
      texts(["5s", "1m30s", "1.5h", "0"], ["", "5", "s", "5 s", "-1s"]).with(good: [.number(0)], bad: [.number(5)])
    case .durationOrNumber: texts(["5s", "500"], ["", "x"]).with(good: [.number(5)], bad: [.boolean(true)])
    case .countOrAll: texts(["all", "3"], ["some", ""]).with(good: [.number(1)], bad: [.boolean(true)])
    case .published: texts(["80", "80-81", ""], ["a", "80-"]).with(good: [.number(80)], bad: [.boolean(true)])
    case .ports:
      texts(["80", "80-81"], ["", "a", "80-"]).with(good: [.number(80)], bad: [.number(0), .number(70_000)])
    case .known(let words): texts(words + ["", "nothing-like-it"], []).with(good: [.number(5)], bad: [.boolean(true)])
    case .nameServer: texts(["10.0.0.1", "::1", ""], ["a", "host"]).with(bad: [.boolean(true)])
    case .oneOf(let words): texts(words, ["", "nothing-like-it"]).with(bad: [.boolean(true)])
    case .containerPath: texts(["/a", "/a/b/"], ["a", "", "./a"]).with(bad: [.number(5), .boolean(true)])
    case .serviceName, .objectName, .fileMountShort:
      texts(["a", "a_b.c-1"], ["", "a b", "-a"]).with(bad: [.boolean(true)])
    case .projectName: texts(["a", "a_b-1"], ["", "A", "a b", "_a"]).with(bad: [.boolean(true)])
    case .hostName, .alias: texts(["a", "a.b-c", "a_b"], ["", "-a", "a b"]).with(bad: [.boolean(true)])
    case .ipv4: texts(["10.0.0.1"], ["", "a", "10.0.0"]).with(bad: [.number(10), .boolean(true)])
    case .ipv6: texts(["::1", "fd00::1:2", "[::1]"], ["", "a", "10.0.0.1"]).with(bad: [.boolean(true)])
    case .address: texts(["10.0.0.1", "::1"], ["", "a", "host"]).with(bad: [.boolean(true)])
    case .linkLocal: texts(["169.254.1.1", "fe80::1"], ["", "a", "host"]).with(bad: [.boolean(true)])
    case .interfaceName: texts(["eth0", "ens1.50"], ["a b", "abcdefghijklmnop", "a/b"]).with(bad: [.boolean(true)])
    case .interfacePrefix: texts(["eth", "net-"], ["", "a b", "abcdefghijklm"]).with(bad: [.boolean(true)])
    case .interfaceParameters:
      texts(["net.ipv4.conf.IFNAME.log_martians=1"], ["", "a", "net.ipv4"]).with(bad: [.boolean(true)])
    case .hostAddress: texts(["10.0.0.1", "::1", ""], ["a"]).with(bad: [.boolean(true)])
    case .subnet: texts(["10.0.0.0/24", "fd00::/64"], ["", "10.0.0.0", "a/5"]).with(bad: [.boolean(true)])
    case .macAddress: texts(["02:42:ac:11:00:03"], ["", "02:42", "zz:42:ac:11:00:03"]).with(bad: [.boolean(true)])
    case .mode: texts(["0755", "755", "0o755"], ["", "rwx", "8"]).with(good: [.number(644)], bad: [.boolean(true)])
    case .cpuset: texts(["0", "0-1,3", ""], ["a", "0,", "-1"]).with(good: [.number(1)], bad: [.boolean(true)])
    case .capability:
      texts(["KILL", "cap_kill", "ALL"], ["", "NET-ADMIN", "5"]).with(bad: [.boolean(true), .number(5)])
    case .signal:
      texts(["SIGTERM", "int", "15", "SIGRTMIN+3"], ["", "SIG TERM"]).with(
        good: [.number(15)], bad: [.boolean(true), .number(99)])
    case .user:
      texts(["5", "5:6", "a:b"], ["", "a:b:c", "a b", "/a"]).with(
        good: [.number(5)], bad: [.boolean(true), .number(-1)])
    case .id: texts(["5", "a"], ["", "a:b", "a b"]).with(good: [.number(5)], bad: [.boolean(true), .number(-1)])
    case .transport: texts(["tcp", "UDP", "sctp"], ["", "icmp"]).with(bad: [.boolean(true)])
    case .restart:
      texts(["no", "always", "on-failure:3", "unless-stopped"], ["", "never", "always:3"]).with(bad: [.boolean(false)])
    case .restartCondition: texts(["none", "any", "on-failure"], ["", "sometimes"]).with(bad: [.boolean(false)])
    case .pullPolicy:
      texts(["always", "every_12h", "missing"], ["", "sometimes", "every_", "every_x"]).with(bad: [.boolean(false)])
    case .portShort:
      texts(
        ["80", "8080:80", "127.0.0.1:1:2", "80-81:90-91", "5353:53/udp", "[::1]:6001:6001", "::1:6000:6000"],
        ["", "a", "a:80", ":", "80/"]
      )
      .with(good: [.number(80)], bad: [.number(0), .boolean(true)])
    case .exposed:
      texts(["80", "80-81", "53/udp"], ["", "a", "8080:80", "80/icmp"]).with(good: [.number(80)], bad: [.number(0)])
    case .mountShort:
      texts(["/a", "./a:/b", "data:/b:ro", "~/a:/b:ro,z"], ["", "a", "a:b", "/a:/b:ro:rw"]).with(bad: [
        .number(5), .boolean(true),
      ])
    case .deviceShort:
      texts(["/dev/a", "/dev/a:/dev/b", "/dev/a:/dev/b:rw", "vendor.com/class=x"], ["", ":", "a:b:c:d"]).with(bad: [
        .boolean(true)
      ])
    case .tmpfsShort: texts(["/a", "/a:size=64m,mode=1777"], ["", "a"]).with(bad: [.number(5), .boolean(true)])
    case .deviceRule: texts(["c 1:3 rwm", "a *:* rw"], ["", "x 1:3 r", "c 1 r"]).with(bad: [.boolean(true)])
    case .networkMode: texts(["host", "none", "service:web", "pasta:x"], [""]).with(bad: [.boolean(true)])
    case .namespace: texts(["host", "service:web", "container:x"], [""]).with(bad: [.boolean(true)])
    case .cron: texts(["@daily", "5 4 * * *"], ["", "5 4 *"]).with(bad: [.boolean(true)])
    case .rate:
      texts(["10mbit", "1.5 gbit", "800kbit", "5mb", "64k"], ["", "a", "10", "10mbps", "5m/s", "-1mbit"]).with(
        bad: [.number(10)])
    case .burst: texts(["64k", "1.5m"], ["", "x", "-1"]).with(good: [.number(4096)], bad: [.number(100)])
    case .changeReaction: texts(["none", "signal:HUP"], ["", "maybe"]).with(bad: [.boolean(true)])
    }
  }
}
