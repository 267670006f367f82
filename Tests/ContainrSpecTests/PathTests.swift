// Paths are split as the kernel splits them: by the byte '/', whatever stands behind it.
import Testing

@testable import ContainrSpec

struct PathTests {
  @Test(
    "paths in their shortest form",
    arguments: [
      ("/", "/"), ("//a///b/", "/a/b"), ("/a/./b/../c", "/a/c"), ("/../../a", "/a"), ("a", "/a"), ("", "/"),
      ("/.a/..b/...", "/.a/..b/..."), ("/a/\u{301}b", "/a/\u{301}b"), ("/a/../\u{301}b", "/\u{301}b"),
    ])
  func normalise(path: String, expected: String) {
    #expect(Array(PathText.normalise(path).utf8) == Array(expected.utf8))
  }

  @Test("a combining mark behind a slash hides neither a parent directory nor the root")
  func combining() {
    for target in ["/a/../\u{301}b", "/a/..", "/..", "/a/../b"] {
      #expect(throws: ValueProblem.self, "\(target)") { try PathText.inContainer(target) }
    }
    #expect(PathText.resolve("/\u{301}a", base: "/srv", home: nil) == "/\u{301}a")
    #expect(loadWeb("volumes: [\"./a:/x/../\u{301}etc\"]").errors.map(\.code) == ["C0118"])
  }

  @Test("relative paths count from the project, a tilde from the home directory")
  func resolve() {
    #expect(PathText.resolve("./a/../b", base: "/srv/demo", home: "/h") == "/srv/demo/b")
    #expect(PathText.resolve("../../../x", base: "/srv/demo", home: "/h") == "/x")
    #expect(PathText.resolve("~", base: "/srv", home: "/h") == "/h")
    #expect(PathText.resolve("~/a", base: "/srv", home: "/h") == "/h/a")
    #expect(PathText.resolve("~a", base: "/srv", home: "/h") == "/srv/~a")
  }
}
