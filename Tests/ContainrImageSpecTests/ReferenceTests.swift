// References, digests and platforms as people and registries write them.
@testable import ContainrImageSpec
import Testing

@Suite("Image references")
struct ReferenceTests {
  private static let hex = String(repeating: "ab", count: 32)

  @Test(
    "Short forms mean what they mean to Docker",
    arguments: [
      ("nginx", "docker.io/library/nginx:latest", "nginx:latest"),
      ("nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27"),
      ("grafana/grafana", "docker.io/grafana/grafana:latest", "grafana/grafana:latest"),
      ("localhost/app", "localhost/app:latest", "localhost/app:latest"),
      ("localhost:5000/app:v1", "localhost:5000/app:v1", "localhost:5000/app:v1"),
      ("index.docker.io/library/nginx", "docker.io/library/nginx:latest", "nginx:latest"),
      ("quay.io/a/b/c:x_Y.z-1", "quay.io/a/b/c:x_Y.z-1", "quay.io/a/b/c:x_Y.z-1"),
      ("a/b@sha256:\(hex)", "docker.io/a/b@sha256:\(hex)", "a/b@sha256:\(hex)"),
      ("a/b:t@sha256:\(hex)", "docker.io/a/b:t@sha256:\(hex)", "a/b:t@sha256:\(hex)"),
      ("[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest"),
      ("a__b/c-d.e", "docker.io/a__b/c-d.e:latest", "a__b/c-d.e:latest"),
    ])
  func reads(_ text: String, _ full: String, _ familiar: String) throws {
    let reference = try ImageReference(text)
    #expect(reference.description == full)
    #expect(reference.familiar == familiar)
    #expect(try ImageReference(full) == reference)
  }

  @Test(
    "What names no image is refused",
    arguments: [
      "", ":latest", "a//b", "/a", "a/", "A", "a:", "a:.x", "a@sha256:12", "a@md5:\(hex)", "-a", "a-", "a..b", "a___b",
      "localhost:99999/a", "localhost:/a", "a b", "a:\(String(repeating: "t", count: 129))", "../../etc/passwd", "é",
      "docker.io/", "ex_ample.org/a", "a@sha256:\(hex.uppercased())", "[::1/a", "a\n",
    ])
  func refuses(_ text: String) { #expect(throws: ImageReferenceError.self) { try ImageReference(text) } }

  @Test("A digest is nothing but what its algorithm makes")
  func digests() {
    #expect(Digest("sha256:\(Self.hex)")?.hex == Self.hex)
    #expect(Digest("sha512:\(Self.hex)\(Self.hex)") != nil)
    // As long as one, and a path; and in capitals, which would be a second name for the same.
    let path = String(repeating: "../", count: 21) + "x"
    #expect(
      path.utf8.count == 64 && Digest("sha256:\(path)") == nil && Digest("sha256:\(Self.hex.uppercased())") == nil)
    for text in ["sha256:", "sha256:../../x", "sha512:\(Self.hex)", "SHA256:\(Self.hex)", "sha256:\(Self.hex) "] {
      #expect(Digest(text) == nil)
    }
  }

  @Test("Platforms have one spelling, and an older arm serves a newer")
  func platforms() throws {
    #expect(Platform("linux/aarch64/v8")?.description == "linux/arm64")
    #expect(Platform("x86_64")?.description == "linux/amd64")
    #expect(Platform("arm")?.description == "linux/arm/v7")
    #expect(Platform("linux/") == nil && Platform("a/b/c/d") == nil && Platform("linux/../x") == nil)
    let arm64 = try #require(Platform("linux/arm64"))
    let v7 = try #require(Platform("linux/arm/v7"))
    #expect(v7.accepts(Platform(os: "linux", architecture: "arm", variant: "v6")))
    #expect(!Platform(os: "linux", architecture: "arm", variant: "v6").accepts(v7))
    #expect(!arm64.accepts(v7) && !arm64.accepts(Platform(os: "windows", architecture: "arm64")))
    #expect(
      !Platform(os: "linux", architecture: "amd64").accepts(Platform(os: "linux", architecture: "amd64", variant: "v3"))
    )
  }
}
