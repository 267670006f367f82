// Limits: memory, CPU, PIDs, block I/O, deploy, scale, restart.
import Testing

@testable import ContainrSpec

struct ResourceTests {
  @Test("all limits of a service")
  func all() throws {
    let loaded = loadWeb(
      """
      mem_limit: 64m
      mem_reservation: 32mb
      memswap_limit: 128m
      cpus: "1.5"
      cpu_shares: 512
      cpuset: 0-1, 3
      pids_limit: 100
      blkio_config:
        weight: 300
        weight_device: [{path: /dev/sda, weight: 400}]
        device_read_bps: [{path: /dev/sda, rate: 12mb}]
        device_write_iops: [{path: /dev/sda, rate: 30}, {path: /dev/sdb, rate: 31}]
      """)
    let resources = try loaded.service().resources
    #expect(resources.memoryLimit == 64 << 20)
    #expect(resources.memoryReservation == 32 << 20)
    #expect(resources.memorySwapLimit == 128 << 20)
    #expect(resources.milliCPUs == 1500)
    #expect(resources.cpuShares == 512)
    #expect(resources.cpuset == "0-1,3")
    #expect(resources.pidsLimit == 100)
    #expect(resources.blockIOWeight == 300)
    #expect(resources.blockIODevices.map(\.kind) == [.readBytes, .writeOperations, .writeOperations, .weight])
    #expect(resources.blockIODevices.map(\.rate) == [12 << 20, 30, 31, 400])
    #expect(loaded.codes.isEmpty)
  }

  @Test(
    "sizes",
    arguments: [
      ("0", 0), ("1024", 1024), ("1k", 1024), ("2KB", 2048), ("1.5g", 1_610_612_736), ("3MiB", 3 << 20),
      ("1 mb", 1 << 20),
      ("5b", 5), ("8388607t", 8_388_607 << 40),
    ] as [(String, Int64)])
  func sizes(text: String, expected: Int64) throws {
    #expect(try ByteSizeText.bytes(text) == expected)
  }

  @Test(
    "what is no size says why",
    arguments: [
      "", "m", "1z", "-5m", "1.m", "1..5m", "8388608t", "99999999999999999999", "9e99", "1e3", "0x10", "nan", "inf",
      "9223372036854775808", "8388608.5t", "١m",
    ])
  func badSizes(text: String) {
    #expect(throws: ValueProblem.self) { try ByteSizeText.bytes(text) }
  }

  @Test("numbers out of range are errors, never traps")
  func ranges() {
    let cases = [
      ("pids_limit: 99999999999999999999", "C0113"), ("pids_limit: -2", "C0113"), ("pids_limit: 1.5", "C0113"),
      ("pids_limit: 0100", "C0113"), ("pids_limit: abc", "C0113"), ("cpus: -1", "C0113"), ("cpus: 1e400", "C0113"),
      ("cpus: 0.001", "C0113"), ("cpus: nan", "C0113"), ("cpus: 99999999", "C0113"), ("cpu_shares: 1", "C0401"),
      ("cpu_shares: 9999999999", "C0113"), ("cpuset: a-b", "C0113"), ("cpuset: 3-1", "C0113"),
      ("cpuset: \"0,\"", "C0113"),
      ("cpuset: 99999999999999999999", "C0113"), ("mem_limit: 99999999999999999999", "C0112"),
      ("mem_limit: [1]", "C0101"), ("blkio_config: {weight: 5}", "C0113"), ("blkio_config: {weight: 1001}", "C0113"),
      ("blkio_config: {device_read_bps: [{path: sda, rate: 1}]}", "C0118"),
      ("blkio_config: {device_read_bps: [{path: /dev/sda, rate: 0}]}", "C0112"),
      ("blkio_config: {device_read_iops: [{path: /dev/sda, rate: x}]}", "C0112"),
      ("blkio_config: {device_read_bps: [{path: /dev/sda}]}", "C0104"),
      ("blkio_config: {device_read_bps: {path: /dev/sda}}", "C0101"),
      ("blkio_config: {device_read_iops: [{path: /d, rate: 1}, {path: /d, rate: 2}]}", "C0221"),
      ("scale: -1", "C0113"), ("scale: 99999999999", "C0113"), ("scale: two", "C0113"),
    ]
    for (text, code) in cases { #expect(loadWeb(text).errors.map(\.code) == [code], "\(text)") }
  }

  @Test("values that stand for no limit")
  func unlimited() throws {
    let loaded = loadWeb(
      "mem_limit: 0\ncpus: 0\npids_limit: -1\ncpu_shares: 0\nblkio_config: {weight: 0}\ncpuset: \"\"")
    #expect(try loaded.service().resources == ResourcePlan())
    #expect(loaded.codes.isEmpty)
    #expect(try loadWeb("memswap_limit: -1").service().resources.memorySwapLimit == -1)
    #expect(try loadWeb("pids_limit: 0x10").service().resources.pidsLimit == 16)
  }

  @Test("deploy sets the same fields, with its own origins")
  func deploy() throws {
    let loaded = loadWeb(
      """
      deploy:
        replicas: 3
        resources:
          limits: {cpus: "0.5", memory: 64M, pids: 10}
          reservations: {memory: 32M}
        restart_policy: {condition: on-failure, max_attempts: 4}
      """)
    let service = try loaded.service()
    #expect(service.replicas == 3)
    #expect(service.resources.milliCPUs == 500)
    #expect(service.resources.memoryLimit == 64 << 20)
    #expect(service.resources.memoryReservation == 32 << 20)
    #expect(service.resources.pidsLimit == 10)
    #expect(service.restart.policy == .onFailure && service.restart.maxAttempts == 4)
    #expect(service.origins["mem_limit"]?.line == 8)
    #expect(service.origins["restart"]?.line == 10)
    #expect(loaded.codes.isEmpty)
  }

  @Test("two spellings that disagree are an error with two labels; two that agree are fine")
  func conflicts() throws {
    let finding = try loadWeb("mem_limit: 64m\ndeploy: {resources: {limits: {memory: 128m}}}").finding("C0222")
    #expect(finding.secondary.count == 1)
    #expect(finding.message == "'deploy.resources.limits.memory' and 'mem_limit' disagree")
    #expect(loadWeb("mem_limit: 64m\ndeploy: {resources: {limits: {memory: 65536kb}}}").codes.isEmpty)
    #expect(loadWeb("cpus: 1\ndeploy: {resources: {limits: {cpus: 2}}}").codes == ["C0222"])
    #expect(loadWeb("cpus: 1\ndeploy: {resources: {limits: {cpus: \"1.0\"}}}").codes.isEmpty)
    #expect(loadWeb("pids_limit: 1\ndeploy: {resources: {limits: {pids: 2}}}").codes == ["C0222"])
    #expect(loadWeb("scale: 1\ndeploy: {replicas: 2}").codes == ["C0222"])
    #expect(loadWeb("restart: always\ndeploy: {restart_policy: {condition: none}}").codes == ["C0312"])
    #expect(loadWeb("memswap_limit: 1g").codes == ["C0222"])
    #expect(loadWeb("memswap_limit: 1g\nmem_limit: 2g").codes == ["C0222"])
    #expect(loadWeb("mem_reservation: 2g\nmem_limit: 1g").codes == ["C0222"])
  }

  @Test("a memory limit without its unit is noticed")
  func suspicious() {
    #expect(loadWeb("mem_limit: 512").text.contains("did you mean 512m?"))
  }

  @Test("restart policies")
  func restart() throws {
    #expect(try loadWeb("restart: no").service().restart.policy == .no)
    #expect(try loadWeb("restart: \"no\"").service().restart.policy == .no)
    #expect(try loadWeb("restart: on-failure:3").service().restart.maxAttempts == 3)
    #expect(try loadWeb("restart: on-failure:0").service().restart.maxAttempts == nil)
    #expect(try loadWeb("deploy: {restart_policy: {delay: 5s}}").service().restart.policy == .always)
    #expect(loadWeb("restart: allways").text.contains("did you mean 'always'?"))
    #expect(loadWeb("restart: always:3").codes == ["C0110"])
    #expect(loadWeb("restart: on-failure:x").codes == ["C0113"])
    #expect(loadWeb("restart: false").codes == ["C0101"])
    #expect(loadWeb("deploy: {restart_policy: {condition: never}}").codes == ["C0110"])
    #expect(try loadWeb("deploy: {restart_policy: {max_attempts: 3}}").service().restart.maxAttempts == 3)
  }
}
