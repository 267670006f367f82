import ContainrOCI
import ContainrReconcile
import ContainrRuntime
import ContainrSecurity
import ContainrSpec
import SystemPackage
import Testing

@testable import ContainrEngine
@testable import ContainrHost

@Suite("From a service to a container")
struct TranslationTests {
  private func config(_ change: (inout ServicePlan) -> Void = { _ in }) throws -> String {
    var sources = ContainerSources()
    sources.layers = ["/layers/base", "/layers/site"]
    sources.volumes = ["data": "/volumes/hello_data/_data"]
    sources.limits.blockDevices = ["/dev/sda": BlockDevice(major: 8, minor: 0)]
    sources.seccompProgram = [1, 2, 3]
    sources.places = [ContainerSources.Place(address: "10.89.0.2", gateway: "10.89.0.1", leadsOut: true)]
    let config = try ContainerTranslation.config(
      service("web", change), name: ContainerName(stack: "hello", service: "web", index: 1), sources: sources,
      settings: settings)
    let linux = config.spec.linux
    let process = config.spec.process
    var lines = [
      "args \(process.args)", "env \(process.env)", "cwd \(process.cwd)", "user \(process.user.username ?? "-")",
      "nnp \(process.noNewPrivileges)", "caps \(process.capabilities.bounding.count)",
      "inheritable \(process.capabilities.inheritable + process.capabilities.ambient)",
      "rlimits \(process.rlimits.map { "\($0.type)=\($0.soft):\($0.hard)" })",
      "root \(config.spec.root.path) \(config.spec.root.readonly)", "cgroup \(linux.cgroupsPath ?? "-")",
      "namespaces \(linux.namespaces.map(\.type.rawValue))", "seccomp \(linux.seccompProgram ?? [])",
      "lowers \(config.overlay?.lowers.map(\.string) ?? [])", "upper \(config.overlay?.upper?.string ?? "-")",
      "log \(config.logFile)", "hostname \(config.hostname ?? "-")",
    ]
    for mount in config.spec.mounts {
      lines.append("mount \(mount.type) \(mount.source) \(mount.destination) \(mount.options.joined(separator: ","))")
    }
    return lines.joined(separator: "\n")
  }

  @Test("a mounted image is its layers, without a word of what it stands for; without them nothing starts")
  func image() throws {
    let plan = service("web") {
      var mount = MountPlan(kind: .image, source: "data:1", target: "/data", readOnly: true)
      mount.subpath = "etc"
      $0.mounts = [mount]
    }
    func mount(_ layers: [FilePath]) throws -> OCIMount? {
      var sources = ContainerSources()
      sources.layers = ["/layers/base"]
      sources.images["/data"] = layers
      return try ContainerTranslation.config(
        plan, name: ContainerName(stack: "hello", service: "web", index: 1), sources: sources, settings: settings
      ).spec.mounts.first { $0.destination == "/data" }
    }
    let found = try mount(["/layers/a", "/layers/b"])
    #expect(found?.layers == ["/layers/a", "/layers/b"] && found?.subpath == "etc" && found?.type == "image")
    #expect(throws: EngineError.self) { try mount([]) }
  }

  @Test("the defaults are Docker's: fourteen capabilities, empty inheritable set, own namespaces")
  func defaults() throws {
    #expect(
      try config() == """
        args ["/bin/web"]
        env ["HOME=/root", "HOSTNAME=hello-web-1", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        cwd /
        user -
        nnp false
        caps 14
        inheritable []
        rlimits ["RLIMIT_CORE=0:0", "RLIMIT_NOFILE=1024:1048576"]
        root /run/c/root false
        cgroup containr/hello/hello-web-1
        namespaces ["pid", "network", "mount", "ipc", "uts", "cgroup"]
        seccomp [1, 2, 3]
        lowers ["/layers/base", "/layers/site"]
        upper /state/containers/hello-web-1/upper
        log /state/containers/hello-web-1/log/container.log
        hostname hello-web-1

        """)
  }

  @Test("the plan's words win over the defaults")
  func words() throws {
    let text = try config {
      $0.environment = [EnvironmentPlan(name: "PATH", value: "/bin"), EnvironmentPlan(name: "A", value: "b c")]
      $0.user = "app"
      $0.hostname = "caller"
      $0.readOnly = true
      $0.capDrop = ["ALL"]
      $0.capAdd = ["NET_BIND_SERVICE"]
      $0.mounts = [
        MountPlan(kind: .bind, source: "/srv", target: "/a", readOnly: true),
        MountPlan(kind: .volume, source: "data", target: "/b"),
        MountPlan(kind: .tmpfs, source: "", target: "/c", size: 1024, mode: 0o700),
      ]
    }
    #expect(text.contains("env [\"A=b c\", \"HOSTNAME=caller\", \"PATH=/bin\"]"))
    #expect(text.contains("user app") && text.contains("caps 1\n") && text.contains("root /run/c/root true"))
    #expect(text.contains("mount bind /srv /a rbind,rprivate,ro"))
    #expect(text.contains("mount bind /volumes/hello_data/_data /b rbind,rprivate"))
    #expect(text.contains("mount tmpfs tmpfs /c nosuid,nodev,noexec,mode=700,size=1024"))
  }

  @Test("what a service shares is not made for it")
  func namespaces() throws {
    func of(isInHostNetwork: Bool = false, _ change: (inout ServicePlan) -> Void) throws -> ContainerConfig {
      var sources = ContainerSources()
      sources.layers = ["/l"]
      sources.isInHostNetwork = isInHostNetwork
      sources.joined = [.network: "/proc/self/fd/9"]
      sources.host.hostname = "host"
      sources.host.hosts = "1.2.3.4 a\n"
      sources.possibleCPUs = 1
      return try ContainerTranslation.config(
        service("web", change), name: ContainerName(stack: "hello", service: "web", index: 1), sources: sources,
        settings: settings)
    }
    func names(_ config: ContainerConfig) -> [String] {
      config.spec.linux.namespaces.map { $0.type.rawValue + ($0.path.map { " \($0)" } ?? "") }
    }
    let host = try of { $0.namespaces = [.init(.network, .host), .init(.pid, .host), .init(.cgroup, .host)] }
    #expect(names(host) == ["mount", "ipc", "uts"])
    #expect(host.spec.linux.sysctl == [:])
    #expect(host.hosts == "1.2.3.4 a\n" && host.spec.hostname == "host")
    let joined = try of { $0.namespaces = [.init(.network, .service("db"))] }
    #expect(names(joined).contains("network /proc/self/fd/9"))
    let second = try of(isInHostNetwork: true) { $0.namespaces = [.init(.network, .service("db"))] }
    #expect(second.hosts == "1.2.3.4 a\n127.0.1.1\thello-web-1\n" && second.spec.hostname == "hello-web-1")
    #expect(throws: EngineError.self) { try of { $0.namespaces = [.init(.ipc, .service("db"))] } }
    var ipc = ContainerSources()
    ipc.layers = ["/l"]
    ipc.possibleCPUs = 1
    ipc.joined[.ipc] = "/proc/self/fd/9"
    func sharing() throws -> ContainerConfig {
      try ContainerTranslation.config(
        service("web") { $0.namespaces = [.init(.ipc, .container("x-y-1"))] },
        name: ContainerName(stack: "hello", service: "web", index: 1), sources: ipc, settings: settings)
    }
    // Never the host's instead.
    #expect(throws: EngineError.self) { try sharing() }
    ipc.sharedMemory = "/proc/1/fd/10"
    let memory = try sharing().spec.mounts
    #expect(memory.map(\.destination) == ["/dev/shm"] && memory.map(\.namespace) == ["/proc/1/fd/10"])
    let alone = try of { $0.namespaces = [.init(.network, .empty), .init(.ipc, .empty)] }
    #expect(names(alone).count == 6)
    #expect(alone.spec.mounts.contains { $0.destination == "/dev/shm" && $0.options.contains("ro") })
    let named = try of {
      $0.namespaces = [.init(.ipc, .host)]
      $0.shmSize = 1
      $0.domainName = "example.org"
      $0.cgroupParent = "jobs/nightly"
    }
    #expect(named.spec.mounts.map(\.source) == ["/dev/shm"])
    #expect(named.spec.domainname == "example.org")
    #expect(named.spec.linux.cgroupsPath == "jobs/nightly/containr-hello-web-1")
  }

  @Test(
    "privileged: all there is to give, nothing masked, no filter, all devices; Docker's words count more than a profile"
  )
  func rights() throws {
    func rights(_ change: (inout ServicePlan) -> Void) throws -> ServiceRights {
      try ServiceRights.rights(service("web", change), available: .all)
    }
    func security(_ change: (inout SecurityPlan) -> Void) -> SecurityPlan {
      var plan = SecurityPlan()
      change(&plan)
      return plan
    }
    let privileged = try rights { $0.security = security { $0.privileged = true } }
    #expect(privileged.capabilities.effective.count == 41 && privileged.filter == .none && !privileged.noNewPrivileges)
    let strict = try rights { $0.security = security { $0.profile = .strict } }
    #expect(strict.noNewPrivileges && strict.filter == .profile(.strict) && strict.capabilities.effective.count == 7)
    let both = try rights {
      $0.security = security {
        $0.profile = .strict
        $0.privileged = true
      }
    }
    #expect(both == privileged)
    let changed = try rights {
      $0.capAdd = ["NET_ADMIN"]
      $0.security = security {
        $0.profile = .strict
        $0.noNewPrivileges = false
        $0.seccomp = .unconfined
      }
    }
    #expect(!changed.noNewPrivileges && changed.filter == .none && changed.capabilities.bounding.count == 8)
    let plain = try rights { $0.security = security { $0.noNewPrivileges = true } }
    #expect(plain.noNewPrivileges && plain.filter == .profile(.compatible))

    var sources = ContainerSources()
    sources.layers = ["/l"]
    sources.possibleCPUs = 1
    let config = try ContainerTranslation.config(
      service("web") { $0.security = security { $0.privileged = true } },
      name: ContainerName(stack: "hello", service: "web", index: 1), sources: sources, settings: settings)
    #expect(config.spec.linux.maskedPaths == [] && config.spec.linux.readonlyPaths == [])
    #expect(config.spec.linux.resources.devices == [OCIDeviceRule(allow: true)])
    #expect(config.spec.mounts.contains { $0.destination == "/sys" && !$0.options.contains("ro") })
  }

  @Test("devices, parameters, limits of processes, groups and scores are handed on")
  func kernel() throws {
    var sources = ContainerSources()
    sources.layers = ["/l"]
    sources.possibleCPUs = 1
    sources.hardNOFILE = 4096
    var node = OCIDevice(path: "/dev/x", type: "c", major: 10, minor: 229)
    node.fileMode = 0o660
    sources.hardware.nodes = [node]
    sources.hardware.environment = ["A=1", "PATH=/cdi"]
    sources.limits.deviceRules = [OCIDeviceRule(allow: true, type: "c", major: 10, minor: 229, access: "rw")]
    let config = try ContainerTranslation.config(
      service("web") {
        $0.deviceRules = ["c 188:* rwm", "b 8:0 r"]
        $0.sysctls = [EnvironmentPlan(name: "net.core.somaxconn", value: "1024")]
        $0.ulimits = [UlimitPlan(name: "nofile", soft: 10, hard: -1), UlimitPlan(name: "core", soft: 5, hard: 6)]
        $0.groups = ["mail"]
        $0.oomScoreAdjust = 300
        $0.resources.memorySwappiness = 10
        $0.resources.disablesOOMKiller = true
        $0.resources.cpuQuota = 5000
        $0.resources.cpuPeriod = 10_000
        $0.resources.realtimeRuntime = 3
        $0.annotations = [EnvironmentPlan(name: "a", value: "b")]
        $0.environment = [EnvironmentPlan(name: "A", value: "2")]
      }, name: ContainerName(stack: "hello", service: "web", index: 1), sources: sources, settings: settings)
    let linux = config.spec.linux
    #expect(linux.devices == [node])
    #expect(
      linux.resources.devices.suffix(3).map {
        "\($0.type) \($0.major ?? 0):\($0.minor.map(String.init) ?? "*") \($0.access)"
      }
        == ["c 10:229 rw", "c 188:* rwm", "b 8:0 r"])
    #expect(linux.sysctl["net.core.somaxconn"] == "1024" && linux.sysctl.count == 3)
    #expect(
      config.spec.process.rlimits.map { "\($0.type)=\($0.soft):\($0.hard)" } == [
        "RLIMIT_NOFILE=10:18446744073709551615", "RLIMIT_CORE=5:6",
      ])
    #expect(config.spec.process.user.additionalGroups == ["mail"] && config.spec.process.oomScoreAdj == 300)
    #expect(linux.resources.memory.swappiness == 10 && linux.resources.memory.disableOOMKiller == true)
    #expect(linux.resources.cpu.quota == 5000 && linux.resources.cpu.period == 10_000)
    #expect(linux.resources.cpu.realtimeRuntime == 3)
    #expect(config.spec.annotations["a"] == "b")
    #expect(config.spec.process.env.contains("A=2") && config.spec.process.env.contains("PATH=/cdi"))
  }

  @Test("limits become the kernel's numbers")
  func limits() throws {
    let plan = service("web") {
      $0.resources.memoryLimit = 64 << 20
      $0.resources.milliCPUs = 1500
      $0.resources.pidsLimit = 32
      $0.resources.cpuShares = 512
      $0.resources.blockIODevices = [BlockIOPlan(kind: .readBytes, path: "/dev/sda", rate: 1_000_000)]
    }
    var facts = LimitFacts()
    facts.blockDevices = ["/dev/sda": BlockDevice(major: 8, minor: 0)]
    let resources = try ContainerTranslation.resources(plan, facts)
    #expect(resources.memory.limit == 64 << 20)
    #expect(resources.cpu.quota == 150_000 && resources.cpu.period == 100_000 && resources.cpu.shares == 512)
    #expect(resources.pids == 32)
    // Docker's 0 is no limit, the runtime-spec's is one.
    let none = try ContainerTranslation.resources(service("web") { $0.resources.pidsLimit = 0 }, LimitFacts())
    #expect(none.pids == -1)
    #expect(resources.blockIO.throttleReadBpsDevice == [OCIThrottle(major: 8, minor: 0, rate: 1_000_000)])
    #expect(throws: EngineError.self) { try ContainerTranslation.resources(plan, LimitFacts()) }
  }

  @Test("an unknown capability is an error, not a skip")
  func capability() { #expect(throws: EngineError.self) { try config { $0.capAdd = ["NO_SUCH"] } } }

  @Test("a name server is there exactly where a network is")
  func resolver() throws {
    let name = ContainerName(stack: "hello", service: "web", index: 1)
    var sources = ContainerSources()
    sources.layers = ["/l"]
    let alone = try ContainerTranslation.config(service("web"), name: name, sources: sources, settings: settings)
    #expect(alone.resolvConf == "# no network, no name server\n")
    sources.places = [ContainerSources.Place(address: "10.0.0.2", gateway: "10.0.0.1", leadsOut: true)]
    let joined = try ContainerTranslation.config(service("web"), name: name, sources: sources, settings: settings)
    #expect(joined.resolvConf?.hasPrefix("nameserver 10.0.0.1\n") == true)
    #expect(joined.hosts?.contains("10.0.0.2\thello-web-1") == true)
  }

  @Test("further hosts stand in /etc/hosts, the host by its address on the network that leads out")
  func furtherHosts() throws {
    let name = ContainerName(stack: "hello", service: "web", index: 1)
    var sources = ContainerSources()
    sources.layers = ["/l"]
    sources.places = [
      ContainerSources.Place(address: "10.0.1.2", gateway: "10.0.1.1", leadsOut: false),
      ContainerSources.Place(address: "10.0.0.2", gateway: "10.0.0.1", leadsOut: true),
    ]
    let plan = service("web") {
      $0.extraHosts = [
        HostEntryPlan(name: "a", address: "10.9.9.9"), HostEntryPlan(name: "h", address: HostEntryPlan.gateway),
      ]
    }
    let config = try ContainerTranslation.config(plan, name: name, sources: sources, settings: settings)
    #expect(config.hosts?.hasSuffix("10.9.9.9\ta\n10.0.0.1\th\n") == true, "\(config.hosts ?? "")")
    #expect(NameFiles.hosts(extending: "1.1.1.1 x", plan.extraHosts) == "1.1.1.1 x\n10.9.9.9\ta\n127.0.0.1\th\n")
    sources.sharedHosts = [HostEntryPlan(name: "owner", address: "10.9.9.1")]
    let sharer = try ContainerTranslation.config(service("web"), name: name, sources: sources, settings: settings)
    #expect(sharer.hosts?.hasSuffix("10.9.9.1\towner\n") == true)
  }

  @Test(
    "what is said of the resolver stands in resolv.conf; the name servers are asked by ours, or in the host's place")
  func resolverOptions() {
    let places = [ContainerSources.Place(address: "10.0.0.2", gateway: "10.0.0.1", leadsOut: true)]
    var resolver = ResolverPlan()
    resolver.servers = ["9.9.9.9"]
    resolver.search = ["a.org", "b.org"]
    resolver.options = ["ndots:2", "use-vc"]
    #expect(
      NameFiles.resolvConf(places, resolver)
        == "nameserver 10.0.0.1\nsearch a.org b.org\noptions ndots:2 use-vc\n")
    let host = "nameserver 127.0.0.53\nsearch lan\noptions edns0 ndots:1\n"
    #expect(
      NameFiles.resolvConf(extending: host, resolver)
        == "nameserver 9.9.9.9\nsearch a.org b.org\noptions edns0 ndots:2 use-vc\n")
    resolver = ResolverPlan()
    resolver.search = ["."]
    #expect(NameFiles.resolvConf(places, resolver) == "nameserver 10.0.0.1\noptions ndots:0\n")
    #expect(NameFiles.resolvConf(extending: host, resolver) == "nameserver 127.0.0.53\noptions edns0 ndots:1\n")
    #expect(NameFiles.resolvConf(extending: host, nil) == host)
  }

  @Test("stored fields and plans come back as they were")
  func coding() throws {
    let plan = service("web") {
      $0.environment = [EnvironmentPlan(name: "A", value: "tab\there\nline\\n")]
      $0.resources.memoryLimit = 5
    }
    #expect(PlanCoding.fields(PlanCoding.text(plan.fields)) == plan.fields)
    #expect(try PlanCoding.plan(PlanCoding.json(plan)) == plan)
  }

  @Test("signals are known by name and number")
  func signals() {
    #expect(SignalNumber.named("SIGTERM") == 15 && SignalNumber.named("QUIT") == 3 && SignalNumber.named("9") == 9)
    #expect(SignalNumber.named("SIGRTMIN+3") == 37 && SignalNumber.named("RTMAX-1") == 63)
    #expect(SignalNumber.named("SIGNO") == nil && SignalNumber.named("65") == nil)
  }
}
