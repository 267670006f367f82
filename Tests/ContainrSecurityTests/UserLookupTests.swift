import Testing

@testable import ContainrSecurity

@Suite struct UserLookupTests {
  static let passwd = Array(
    """
    root:x:0:0:root:/root:/bin/sh
    # a comment
    short:x:7
    www:x:33:34:www:/var/www:/bin/false
    1000:x:0:0:number as a name:/evil:/bin/sh
    far:x:4294967296:1::/far:/bin/sh
    last:x:4294967295:1::/last:/bin/sh
    negative:x:-1:1::/n:/bin/sh
    relative:x:50:50::home:/bin/sh
    """.utf8)
  static let group = Array(
    """
    root:x:0:
    www-data:x:34:
    adm:x:4:root,www
    wheel:x:10:www
    bad:x:x:nobody
    0:x:99:
    """.utf8)

  static func resolve(_ text: String, additional: [String] = []) throws -> ResolvedUser {
    try UserLookup.resolve(text, passwd: passwd, group: group, additional: additional)
  }

  @Test("names, numbers and groups are resolved as in the image's files")
  func resolves() throws {
    #expect(try Self.resolve("") == ResolvedUser(uid: 0, gid: 0, groups: [0, 4], home: "/root", name: "root"))
    #expect(
      try Self.resolve("www") == ResolvedUser(uid: 33, gid: 34, groups: [4, 10, 34], home: "/var/www", name: "www"))
    #expect(try Self.resolve("33") == Self.resolve("www"))
    #expect(try Self.resolve("www:adm") == ResolvedUser(uid: 33, gid: 4, groups: [4], home: "/var/www", name: "www"))
    #expect(try Self.resolve("5:6") == ResolvedUser(uid: 5, gid: 6, groups: [6], home: "/", name: nil))
    #expect(try Self.resolve("77") == ResolvedUser(uid: 77, gid: 0, groups: [0], home: "/", name: nil))
    #expect(try Self.resolve("www", additional: ["wheel", "600"]).groups == [4, 10, 34, 600])
    #expect(try Self.resolve("relative").home == "/")
  }

  @Test("a number is never looked up as a name")
  func numbersAreNumbers() throws {
    #expect(try Self.resolve("1000") == ResolvedUser(uid: 1000, gid: 0, groups: [0], home: "/", name: nil))
    #expect(try Self.resolve("33:0").gid == 0)
  }

  @Test(
    "what cannot be an id or is not in the files is an error",
    arguments: [
      "4294967295", "4294967296", "99999999999999999999", "18446744073709551616", "nobody", "-1", "+1", "0x0", " 0",
      "0:4294967296", "www:none", "www:", "far", "last", "negative", "short", "www:bad", "1:2:3", "٣",
    ])
  func refused(text: String) { #expect(throws: SecurityError.self) { try Self.resolve(text) } }

  @Test("an image without the files still runs numbers and root, but no names")
  func noFiles() throws {
    #expect(try UserLookup.resolve("", passwd: nil, group: nil).uid == 0)
    #expect(try UserLookup.resolve("7:8", passwd: nil, group: nil).groups == [8])
    #expect(throws: SecurityError.self) { try UserLookup.resolve("www", passwd: nil, group: nil) }
  }

  @Test("a file over one megabyte is refused")
  func capped() {
    let huge = [UInt8](repeating: 0x61, count: UserLookup.limit + 1)
    #expect(throws: SecurityError.self) { try UserLookup.resolve("0", passwd: nil, group: huge) }
  }
}
