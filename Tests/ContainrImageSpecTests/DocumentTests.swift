// Indexes, manifests and configs: read, chosen from, written again.
@testable import ContainrImageSpec
import ContainrJSON
import Testing

@Suite("Image documents")
struct DocumentTests {
  private static let hex = String(repeating: "cd", count: 32)
  private static let descriptor = #"{"mediaType":"m","digest":"sha256:\#(hex)","size":7}"#

  private func json(_ text: String) throws -> JSONValue { try JSONValue(Array(text.utf8)) }

  @Test("A manifest is read and written as it was")
  func manifest() throws {
    let text =
      #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":\#(Self.descriptor),"layers":[\#(Self.descriptor)],"annotations":{"a":"b"}}"#
    let manifest = try ImageManifest(json(text))
    #expect(manifest.layers.count == 1 && manifest.size == 14)
    #expect(manifest.json.text() == text)
  }

  @Test(
    "A document of two meanings, or of none, is refused",
    arguments: [
      #"{"schemaVersion":2,"config":D,"layers":[],"manifests":[]}"#, #"{"schemaVersion":1,"fsLayers":[]}"#,
      #"{"schemaVersion":2,"layers":[]}"#, #"{"schemaVersion":2,"config":D,"layers":[{"digest":"sha256:x","size":1}]}"#,
      #"{"schemaVersion":2,"config":D,"layers":[{"digest":"../../x","size":1}]}"#,
      #"{"schemaVersion":2,"config":{"digest":"sha256:H","size":-1},"layers":[]}"#,
      #"{"schemaVersion":2,"mediaType":"text/plain","config":D,"layers":[]}"#, "[]",
      #"{"schemaVersion":2,"config":D,"layers":[\#(Array(repeating: "D", count: 501).joined(separator: ","))]}"#,
    ])
  func refusals(_ text: String) throws {
    let value = try json(text.replacing("D", with: Self.descriptor).replacing(":H", with: ":\(Self.hex)"))
    #expect(throws: JSONShapeError.self) { try ImageManifest(value) }
    #expect(throws: JSONShapeError.self) { try ImageIndex(value) }
  }

  @Test("An index gives the platform's image, never what is attached beside it")
  func choice() throws {
    func entry(_ architecture: String, _ os: String = "linux", _ variant: String = "") -> String {
      let more = variant.isEmpty ? "" : #","variant":"\#(variant)""#
      return
        #"{"mediaType":"\#(MediaType.ociManifest)","digest":"sha256:\#(Self.hex)","size":\#(os.count + variant.count),"platform":{"architecture":"\#(architecture)","os":"\#(os)"\#(more)}}"#
    }
    let list = [entry("unknown", "unknown"), entry("arm", "linux", "v6"), entry("arm", "linux", "v7"), entry("amd64")]
    let index = try ImageIndex(json(#"{"schemaVersion":2,"manifests":[\#(list.joined(separator: ","))]}"#))
    #expect(index.manifest(for: Platform("linux/arm/v7")!)?.platform?.variant == "v7")
    #expect(index.manifest(for: Platform("linux/arm/v6")!)?.platform?.variant == "v6")
    #expect(index.manifest(for: Platform("amd64")!)?.platform?.architecture == "amd64")
    #expect(index.manifest(for: Platform("linux/s390x")!) == nil)
  }

  @Test("A config keeps what it does not know")
  func config() throws {
    let text =
      #"{"created":"2024-01-01T00:00:00Z","architecture":"amd64","os":"linux","config":{"User":"65532","ExposedPorts":{"80/tcp":{}},"Env":["A=b"],"Entrypoint":["/e"],"Cmd":["c"],"Volumes":{"/v":{}},"WorkingDir":"/w","Labels":{"l":"m"},"StopSignal":"SIGQUIT","Healthcheck":{"Test":["CMD","x"],"Interval":1000000000},"ArgsEscaped":true},"rootfs":{"type":"layers","diff_ids":["sha256:\#(Self.hex)"]},"history":[{"created_by":"x","empty_layer":true}],"moby.buildkit.x":"y"}"#
    let config = try ImageConfig(json(text))
    #expect(config.execution.user == "65532" && config.execution.volumes == ["/v"])
    #expect(config.execution.healthcheck?.interval == 1_000_000_000 && config.history[0].isEmptyLayer)
    #expect(config.json.text() == text)
  }
}
