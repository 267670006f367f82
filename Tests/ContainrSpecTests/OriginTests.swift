// Every field of a plan that the file sets knows its place; nothing else claims one.
import Testing

@testable import ContainrSpec

struct OriginTests {
  /// A service that sets everything.
  static let full = """
    name: full
    services:
      web:
        layers: [./base.tar, ./site]
        entrypoint: [sh, -c]
        command: [serve]
        environment: {A: "1", B: "2"}
        labels: {l: x}
        working_dir: /srv
        user: "5:6"
        hostname: web
        read_only: true
        stop_signal: SIGINT
        stop_grace_period: 3s
        scale: 2
        cap_add: [NET_ADMIN]
        cap_drop: [ALL]
        volumes: [./a:/a:ro, data:/b]
        tmpfs: [/c]
        ports: [80, "81/udp"]
        networks: {front: {aliases: [www]}, back: }
        depends_on: {job: {condition: service_completed_successfully}}
        mem_limit: 64m
        mem_reservation: 32m
        memswap_limit: 128m
        cpus: 1.5
        cpu_shares: 512
        cpuset: 0-1
        pids_limit: 100
        blkio_config:
          weight: 300
          weight_device: [{path: /dev/sda, weight: 400}]
          device_read_bps: [{path: /dev/sda, rate: 1m}]
          device_write_bps: [{path: /dev/sda, rate: 1m}]
          device_read_iops: [{path: /dev/sda, rate: 10}]
          device_write_iops: [{path: /dev/sda, rate: 10}]
        healthcheck: {test: x, interval: 5s, timeout: 4s, retries: 7, start_period: 9s, start_interval: 1s}
        restart: on-failure:3
        configs: [{source: app, mode: 0400, target: /etc/app.conf}]
        secrets: [token]
        x-containr: {on-change: "signal:HUP"}
      job: {layers: [./base.tar], command: ["true"]}
    networks:
      front: {name: n, internal: true, ipam: {config: [{subnet: 10.9.0.0/24, gateway: 10.9.0.1}]}, driver_opts: {com.docker.network.driver.mtu: 1400}}
      back: {}
    volumes: {data: }
    configs: {app: {file: ./app.conf}}
    secrets: {token: {file: "./${WORD}"}}
    """

  @Test("every field of a service that sets everything has an origin, and every origin has a field")
  func service() throws {
    let loaded = load(Self.full, environment: ["WORD": "w"])
    let service = try loaded.service()
    #expect(loaded.codes.isEmpty, "\(loaded.text)")
    // What is in a file has a place of its own beside the place of the file.
    let contents: Set = ["content./etc/app.conf", "content./run/secrets/token"]
    #expect(Set(service.fields.map(\.path)).union(contents) == Set(service.origins.keys))
    #expect(service.fields.count == 46)
    #expect(service.origins["mem_limit"]?.description == "stack.yaml:23:16", "the value's place, not the key's")
    #expect(service.origins["configs./etc/app.conf"]?.description == "stack.yaml:39:49")
    #expect(service.origins["content./etc/app.conf"]?.description == "stack.yaml:47:23")
    #expect(service.origins["content./run/secrets/token"]?.through == ["WORD from the environment, through ./${WORD}"])
    #expect(service.origins["environment.B"]?.description == "stack.yaml:7:30")
    #expect(service.origins["ports.0.0.0.0:auto:81/udp"]?.description == "stack.yaml:20:17")
  }

  @Test("every field of a plain service without an origin has its default value")
  func defaults() throws {
    let service = try loadWeb("healthcheck: {test: x}").service()
    let missing = service.fields.filter { service.origins[$0.path] == nil }.map { "\($0.path)=\($0.value)" }
    #expect(
      missing == [
        "healthcheck.interval=30000ms", "healthcheck.retries=3", "healthcheck.start_interval=5000ms",
        "healthcheck.start_period=0ms", "healthcheck.timeout=30000ms", "networks.default=", "replicas=1",
        "stop_grace_period=10000ms", "stop_signal=SIGTERM", "working_dir=/",
      ])
  }

  @Test("every field of a network that sets everything has an origin")
  func network() throws {
    let networks = try load(Self.full).plan().networks
    let front = try #require(networks.first { $0.key == "front" })
    #expect(Set(front.fields.map(\.path)) == Set(front.origins.keys))
    #expect(networks.first { $0.key == "back" }?.location?.line == 45)
  }

  @Test("the plan is sorted and does not depend on dictionary order")
  func stable() throws {
    let plan = try load(Self.full).plan()
    #expect(plan.services.map(\.name) == ["job", "web"])
    #expect(plan.networks.map(\.key) == ["back", "default", "front"])
    for _ in 0..<5 { #expect(try load(Self.full).plan() == plan) }
  }
}
