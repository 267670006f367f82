import ContainrImageSpec
import ContainrSpec
import ContainrStore
import Testing

@testable import ContainrEngine

@Suite("What an image's config means for a service")
struct ImageMergeTests {
  private let place = SourceLocation(file: "stack.yaml", line: 1, column: 1)

  private func image(_ change: (inout ImageExecution) -> Void = { _ in }) -> ImageExecution {
    var image = ImageExecution()
    image.entrypoint = ["/entry"]
    image.command = ["default", "words"]
    change(&image)
    return image
  }

  /// A plan as the loader makes it: what is set has a place, empty or not.
  private func plan(_ set: Set<String> = [], _ change: (inout ServicePlan) -> Void = { _ in }) -> ServicePlan {
    var plan = ServicePlan(name: "web", location: place)
    plan.image = ImagePlan(reference: "demo")
    for path in set { plan.origins[path] = place }
    change(&plan)
    return plan
  }

  private func arguments(_ plan: ServicePlan, _ image: ImageExecution) -> [String] {
    let merged = ImageMerge.merged(plan, image)
    return merged.entrypoint + merged.command
  }

  @Test("entrypoint and command: set, null and empty, as the Compose Specification has it")
  func arguments() {
    #expect(arguments(plan(), image()) == ["/entry", "default", "words"])
    #expect(arguments(plan(["command"]) { $0.command = ["x"] }, image()) == ["/entry", "x"])
    #expect(arguments(plan(["entrypoint"]) { $0.entrypoint = ["/own"] }, image()) == ["/own"])
    #expect(
      arguments(
        plan(["entrypoint", "command"]) {
          $0.entrypoint = ["/own"]
          $0.command = ["x"]
        }, image()) == ["/own", "x"])
    #expect(arguments(plan(["command"]), image()) == ["/entry"], "command: [] is an empty one")
    #expect(arguments(plan(["entrypoint"]), image()) == [], "entrypoint: [] takes the command along")
    #expect(arguments(plan(["entrypoint", "command"]) { $0.command = ["x"] }, image()) == ["x"])
    #expect(arguments(plan(), image { $0.entrypoint = nil }) == ["default", "words"])
  }

  @Test("variables: the file wins, a name without a value takes the image's away")
  func environment() {
    let merged = ImageMerge.merged(
      plan {
        $0.environment = [EnvironmentPlan(name: "A", value: "file"), EnvironmentPlan(name: "E", value: "")]
        $0.unsetVariables = ["C"]
      }, image { $0.environment = ["A=image", "B=x=y", "C=1", "D", "=no", "E=1"] })
    #expect(merged.environment.map { "\($0.name)=\($0.value)" } == ["A=file", "B=x=y", "E="])
  }

  @Test("user, directory, signal and labels are the image's where the file says nothing")
  func single() {
    let image = image {
      $0.user = "app:staff"
      $0.workingDirectory = "srv/./app"
      $0.stopSignal = "quit"
      $0.labels = ["a": "image", "b": "image"]
    }
    let merged = ImageMerge.merged(plan { $0.labels = [EnvironmentPlan(name: "b", value: "file")] }, image)
    #expect(merged.user == "app:staff" && merged.workingDirectory == "/srv/app" && merged.stopSignal == "SIGQUIT")
    #expect(merged.labels.map { "\($0.name)=\($0.value)" } == ["a=image", "b=file"])
    let own = ImageMerge.merged(
      plan(["working_dir", "stop_signal"]) {
        $0.user = "0"
        $0.workingDirectory = "/"
      }, image)
    #expect(
      own.user == "0" && own.workingDirectory == "/" && own.stopSignal == "SIGTERM",
      "what is set is set, default or not")
    #expect(ImageMerge.merged(plan(), self.image { $0.stopSignal = "3" }).stopSignal == "3")
  }

  @Test("the image's volumes have no names, and a mount of the file takes their place")
  func volumes() {
    let merged = ImageMerge.merged(
      plan {
        $0.mounts = [
          MountPlan(kind: .tmpfs, source: "", target: "/cache"), MountPlan(kind: .bind, source: "/h", target: "/x/y"),
        ]
      }, image { $0.volumes = ["/data/", "/cache", "/", "/data"] })
    #expect(merged.mounts.map(\.target) == ["/cache", "/data", "/x/y"])
    #expect(merged.mounts.map(\.isAnonymous) == [false, true, false])
  }

  @Test("a revision knows its images, and going back pins them; what a lock file said counts more")
  func revision() throws {
    var web = plan { $0.mounts = [MountPlan(kind: .image, source: "data:1", target: "/d", readOnly: true)] }
    var other = plan()
    other.name = "other"
    var desired = StackPlan(name: "s", file: "/f", services: [other, web])
    func row(_ service: String, _ image: String) -> ContainerRecord {
      var row = ContainerRecord(
        id: "s-\(service)-1", stack: "s", service: service, index: 1, stage: .running, fields: "", plan: "", bootID: "",
        createdAt: 0)
      row.image = image
      return row
    }
    var contents = StoreContents()
    contents.containers = [row("other", "sha256:aa"), row("web", "sha256:aa sha256:bb")]
    let layers = StackEngine.layers(of: desired, in: contents)
    #expect(layers == ["image:demo": "sha256:aa", "image:data:1": "sha256:bb"])
    let pinned = StackEngine.pinning(desired, ["demo": "sha256:aa", "data:1": "sha256:bb"])
    #expect(pinned.services[1].images.map(\.digest) == ["sha256:aa", "sha256:bb"])
    web.image?.digest = "sha256:lock"
    desired.services[1] = web
    #expect(
      StackEngine.pinning(desired, ["demo": "sha256:aa"]).services[1].images.map(\.digest) == ["sha256:lock", nil])
    // Of two platforms one reference is two images.
    contents.containers[1].image = "sha256:cc sha256:bb"
    #expect(StackEngine.layers(of: desired, in: contents) == ["image:data:1": "sha256:bb"])
  }

  @Test("health check: inherited, in part, replaced, switched off")
  func healthcheck() {
    let image = image {
      var check = ImageHealthcheck(test: ["CMD-SHELL", "curl localhost"])
      check.interval = 5_000_000_000
      check.retries = 7
      $0.healthcheck = check
    }
    let inherited = ImageMerge.merged(plan(), image).healthcheck
    #expect(inherited?.command == ["/bin/sh", "-c", "curl localhost"])
    #expect(inherited?.interval == 5000 && inherited?.retries == 7 && inherited?.timeout == 30_000)
    let partly = ImageMerge.merged(
      plan(["healthcheck.interval"]) {
        var check = HealthcheckPlan(command: [])
        check.interval = 1000
        $0.healthcheck = check
      }, image
    ).healthcheck
    #expect(partly?.command == inherited?.command && partly?.interval == 1000 && partly?.retries == 7)
    let own = ImageMerge.merged(
      plan(["healthcheck.test"]) { $0.healthcheck = HealthcheckPlan(command: ["/check"]) }, image
    ).healthcheck
    #expect(own?.command == ["/check"] && own?.interval == 5000, "as Docker: what the file leaves out is the image's")
    #expect(ImageMerge.merged(plan { $0.disablesHealthcheck = true }, image).healthcheck == nil)
    #expect(
      ImageMerge.merged(plan(), self.image { $0.healthcheck = ImageHealthcheck(test: ["NONE"]) }).healthcheck == nil)
    #expect(ImageMerge.merged(plan { $0.healthcheck = HealthcheckPlan(command: []) }, self.image()).healthcheck == nil)
    let shell = ImageMerge.merged(
      plan(),
      self.image {
        $0.healthcheck = ImageHealthcheck(test: ["CMD-SHELL", "x"])
        $0.shell = ["/bin/bash", "-lc"]
      }
    ).healthcheck
    #expect(shell?.command == ["/bin/bash", "-lc", "x"])
  }
}
