// What the plan says of images: reference, policy, platform, and what the file leaves to them.
import ContainrSpec
import Testing

@Suite("Images in the plan")
struct ImagePlanTests {
  private func web(_ lines: String) throws -> ServicePlan {
    let loaded = loadFiles(
      ["services:\n  web:\n    " + lines.split(separator: "\n").joined(separator: "\n    ")], purpose: .run)
    guard let plan = loaded.result.plan else { throw Failure(text: loaded.text) }
    return plan.services[0]
  }

  private struct Failure: Error { let text: String }

  private func fields(_ service: ServicePlan) -> [String: String] {
    Dictionary(uniqueKeysWithValues: service.fields.map { ($0.path, $0.value) })
  }

  @Test("an image needs no command, and what the file leaves to it is in no field")
  func alone() throws {
    let service = try web("image: nginx:1.27")
    #expect(service.image == ImagePlan(reference: "nginx:1.27") && service.layers.isEmpty)
    let fields = fields(service)
    #expect(fields["image"] == "nginx:1.27")
    for path in ["layers", "command", "entrypoint", "working_dir", "stop_signal", "healthcheck.test"] {
      #expect(fields[path] == nil, "\(path)")
    }
    #expect(service.origins["image"]?.line == 3)
  }

  @Test("an empty list is another thing than none")
  func empty() throws {
    let fields = try fields(web("image: a\ncommand: []\nentrypoint: ''\nworking_dir: /\nstop_signal: SIGTERM"))
    #expect(fields["command"] == "[]" && fields["entrypoint"] == "[]")
    #expect(fields["working_dir"] == "/" && fields["stop_signal"] == "SIGTERM")
    #expect(try self.fields(web("image: a\ncommand:"))["command"] == nil, "null is the image's")
  }

  @Test(
    "policies",
    arguments: [
      ("always", PullPolicy.always), ("never", .never), ("missing", .missing), ("if_not_present", .missing),
      ("daily", .every(86_400)), ("weekly", .every(604_800)), ("every_1h30m", .every(5400)),
      ("refresh\npull_refresh_after: 90s", .every(90)),
    ])
  func policy(text: String, expected: PullPolicy) throws {
    #expect(try web("image: a\npull_policy: \(text)").image?.policy == expected)
  }

  @Test("images that are mounted are read-only, and pulled, locked and told of as those that are run")
  func mounted() throws {
    let loaded = loadFiles(
      [
        "services:\n  web:\n    image: a\n    pull_policy: always\n    platform: linux/arm64\n    volumes:\n"
          + "      - {type: image, source: 'x:1', target: /x}\n"
          + "      - {type: image, source: 'y:2', target: /y, image: {subpath: etc/}}\n"
      ], purpose: .run)
    guard let plan = loaded.result.plan else { throw Failure(text: loaded.text) }
    let service = plan.services[0]
    #expect(service.mounts.map(\.kind) == [.image, .image] && service.mounts.allSatisfy(\.readOnly))
    #expect(service.mounts.map(\.source) == ["x:1", "y:2"] && service.mounts.map(\.subpath) == [nil, "etc"])
    #expect(service.images.map(\.reference) == ["a", "x:1", "y:2"])
    #expect(service.images.allSatisfy { $0.policy == .always && $0.platform == "linux/arm64" })
    #expect(service.origin(ofImage: "y:2").line == 8 && service.origin(ofImage: "a").line == 3)
    #expect(fields(service)["volumes./y"] == "image:y:2,ro,subpath=etc")
    let pinned = plan.pinning(["y:2": "sha256:aa"]).services[0]
    #expect(pinned.images.map(\.digest) == [nil, nil, "sha256:aa"])
    #expect(pinned.fields == service.fields, "a lock is no change of the service")
  }

  @Test("images among the layers have the service's policy and platform")
  func layers() throws {
    let service = try web(
      "layers: ['image:x:1', ./d, 'oci:./l:t']\ncommand: [c]\npull_policy: always\nplatform: linux/arm64")
    #expect(service.layers.map(\.kind) == [.image, .directory, .layout])
    #expect(service.layers.map(\.text) == ["image:x:1", "/srv/demo/d", "oci:/srv/demo/l:t"])
    #expect(service.images.map(\.reference) == ["x:1"])
    #expect(service.images[0].policy == .always && service.images[0].platform == "linux/arm64")
    let both = try web("image: a\nlayers: ['image:x:1']\nplatform: linux/arm64")
    #expect(both.images.map(\.reference) == ["a", "x:1"] && both.images[1].platform == "linux/arm64")
  }

  @Test("a health check in part, or none at all, and variables that are taken away")
  func parts() throws {
    let partly = try web("image: a\nhealthcheck: {interval: 5s, retries: 2}")
    #expect(partly.healthcheck?.command == [] && partly.healthcheck?.interval == 5000)
    #expect(
      partly.fields.filter { $0.path.hasPrefix("healthcheck.") }.map(\.path) == [
        "healthcheck.interval", "healthcheck.retries",
      ])
    #expect(try fields(web("image: a\nhealthcheck: {disable: true}"))["healthcheck.disable"] == "true")
    #expect(try web("image: a\nhealthcheck: {test: NONE}").disablesHealthcheck == true)
    #expect(try web("image: a\nenvironment: [NOWHERE, A=1]").unsetVariables == ["NOWHERE"])
    #expect(try web("layers: [d]\ncommand: [c]\nenvironment: [NOWHERE]").unsetVariables == [])
  }

  @Test("the lock file's digests and the command line's policy are put in by reference")
  func pinned() throws {
    var plan = StackPlan(name: "s", file: "/f")
    plan.services = [try web("image: a\nlayers: ['image:x:1']")]
    let pinned = plan.pinning(["a": "sha256:1", "x:1": "sha256:2"])
    #expect(pinned.services[0].images.map(\.digest) == ["sha256:1", "sha256:2"])
    #expect(pinned.services[0].fields == plan.services[0].fields, "locking makes no container again")
    #expect(plan.pulling(.never).services[0].images.map(\.policy) == [.never, .never])
  }
}
