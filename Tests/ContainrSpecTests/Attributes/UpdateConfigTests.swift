// deploy.update_config and rollback_config: how containers are made again.
import ContainrSpec
import Testing

@Suite("deploy.update_config")
struct UpdateConfigTests {
  @Test("none is none; an empty one has Compose's defaults")
  func defaults() throws {
    #expect(try loadWeb("restart: always").service().update == nil)
    let update = try #require(try loadWeb("deploy: {update_config: {}}").service().update)
    #expect(update == UpdatePlan())
    #expect(update.parallelism == 1 && update.delay == 0 && update.monitor == nil && update.maxFailureRatio == 0)
    #expect(update.failureAction == .pause && update.order == .stopFirst)
  }

  @Test("every key is read, and rollback_config apart from it")
  func keys() throws {
    let service = try loadWeb(
      """
      deploy:
        update_config:
          parallelism: 2
          delay: 1m30s
          failure_action: rollback
          monitor: 500ms
          max_failure_ratio: 0.25
          order: start-first
        rollback_config: {parallelism: 0, failure_action: continue, order: stop-first}
      """
    ).service()
    let update = try #require(service.update)
    #expect(update.parallelism == 2 && update.delay == 90_000 && update.monitor == 500)
    #expect(update.failureAction == .rollback && update.maxFailureRatio == 0.25 && update.order == .startFirst)
    let rollback = try #require(service.rollback)
    #expect(rollback.parallelism == 0 && rollback.failureAction == .goOn && rollback.order == .stopFirst)
  }

  @Test("costs no container anything: the fields are the same with it and without")
  func fields() throws {
    let plain = try loadWeb("hostname: a").service()
    let updated = try loadWeb("hostname: a\ndeploy: {update_config: {order: start-first}}").service()
    #expect(plain.fields == updated.fields)
    #expect(Set(plain.origins.keys) == Set(updated.origins.keys))
  }

  @Test(
    "groups are as large as parallelism says; 0 is all at once",
    arguments: [(1, 5, 1), (2, 5, 2), (9, 5, 5), (0, 5, 5)])
  func groups(parallelism: Int, count: Int, size: Int) {
    var update = UpdatePlan()
    update.parallelism = parallelism
    #expect(update.groupSize(of: count) == size)
  }

  @Test("old and new side by side cannot both have a fixed address", arguments: ["update_config", "rollback_config"])
  func fixedAddress(key: String) throws {
    let networks = "networks: {f: {ipam: {config: [{subnet: 10.9.0.0/24}]}}}"
    let loaded = loadWeb(
      "networks: {f: {ipv4_address: 10.9.0.5}}\ndeploy:\n  \(key):\n    order: start-first", rest: networks)
    let finding = try loaded.finding("C0222")
    #expect(finding.primary?.start.line == 8)
    #expect(finding.secondary.map(\.span.start.line) == [5])
    let allowed = loadWeb(
      "networks: {f: {ipv4_address: 10.9.0.5}}\ndeploy:\n  \(key):\n    order: stop-first", rest: networks)
    #expect(allowed.codes.isEmpty)
  }
}
