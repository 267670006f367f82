// `--explain`: every field that exists has a rule, every rule is met, and the words say what the plan does.
import ContainrReconcile
import ContainrSpec
import Testing

@Suite("Why a change costs what it costs")
struct ExplainTests {
  /// A service that sets every key which a plan keeps.
  private static let full = """
    name: full
    services:
      web:
        layers: [./base.tar, ./site]
        entrypoint: [sh, -c]
        command: [serve]
        environment: {A: "1"}
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
        ports: [80]
        networks: {front: {aliases: [www]}}
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
        logging: {driver: local, options: {max-size: 1m, max-file: 2}}
        configs: [{source: app, target: /etc/app.conf}]
        secrets: [token]
        x-containr: {on-change: restart}
      job: {layers: [./base.tar], command: ["true"]}
    networks:
      front: {name: n, internal: true, ipam: {config: [{subnet: 10.9.0.0/24, gateway: 10.9.0.1}]}}
    volumes: {data: }
    configs: {app: {file: ./app.conf}}
    secrets: {token: {file: ./token}}
    """

  private func plan() throws -> StackPlan {
    let input = LoaderInput(
      file: "stack.yaml", bytes: Array(Self.full.utf8), absolutePath: "/srv/stack.yaml", projectDirectory: "/srv")
    return try #require(StackLoader.load(input).plan)
  }

  @Test("every field that exists has a rule, and plan and words have it from the same place")
  func everyField() throws {
    let web = try #require(try plan().services.first { $0.name == "web" })
    #expect(web.fields.count > 40)
    var met: Set<EffectRule> = []
    for field in web.fields {
      for (old, new) in [(field.value, field.value + "x"), (nil, field.value), (field.value, nil)]
        as [(String?, String?)]
      {
        let rule = EffectTable.rule(of: field.path, old: old, new: new)
        met.insert(rule)
        #expect(EffectTable.effect(of: field.path, old: old, new: new) == rule.effect, "\(field.path)")
      }
      // As a plan has it: one field another, all others the same.
      var observed = running(try plan())
      let index = try #require(observed.containers.firstIndex { $0.name.service == "web" })
      let place = try #require(observed.containers[index].fields.firstIndex { $0.path == field.path })
      observed.containers[index].fields[place].value += "x"
      let reasons = up(try plan(), observed).changes.flatMap(\.reasons).filter { $0.path == field.path }
      if field.path == "replicas" { continue }  // nothing to one container
      let reason = try #require(reasons.first, "\(field.path)")
      #expect(reason.rule?.effect == reason.effect, "\(field.path)")
      #expect(reason.why == reason.rule?.words, "\(field.path)")
    }
    for kind in [ObservedContent.Kind.config, .secret, .mount] {
      for reaction in [nil, ChangeReaction.none, .signal("SIGHUP"), .restart, .recreate] {
        met.insert(EffectTable.rule(ofContent: kind, reaction: reaction))
      }
    }
    // Of networks, told by another object.
    met.insert(.network)
    #expect(Set(EffectRule.allCases).subtracting(met).isEmpty, "rules that nothing comes under have no place")
  }

  @Test("rules have words of their own, which go on from 'because'")
  func words() {
    let all = EffectRule.allCases.map(\.words)
    #expect(Set(all).count == all.count)
    for words in all {
      #expect(words.count > 20 && !words.hasSuffix(".") && words.first?.isUppercase == false, "\(words)")
    }
    for kind in [ChangeReason.Kind.field, .drift, .missing, .dependency, .leftover] {
      for effect in ChangeEffect.allCases {
        let reason = ChangeReason(kind, "x", effect: effect)
        #expect(!reason.why.isEmpty && !reason.comparedWith("container a").isEmpty)
      }
    }
  }

  @Test("a change says its rule, where its value comes from, what it was compared with, and what follows")
  func text() {
    var web = service("web") { $0.resources.memoryLimit = 64 << 20 }
    var app = service("app", line: 9) {
      $0.dependsOn = [DependencyPlan(service: "web", condition: .started, restart: true)]
    }
    app.origins = ["depends_on.web": at(12)]
    var state = running(stack([app, web]))
    web.command = ["/bin/other"]
    web.origins = [
      "command": SourceLocation(file: "stack.yaml", line: 5, column: 14, through: ["CMD from .env:4, through ${CMD}"])
    ]
    state.containers[1].drift = [
      ObservedDrift(what: "mount /data", expected: "ext4 rw", actual: "not mounted", repairable: false)
    ]
    let changes = up(stack([app, web]), state)
    #expect(
      changes.explanation.contains(
        """
        -/+ container hello-web-1   recreate
              command: ["/bin/web"] → ["/bin/other"]   stack.yaml:5:14 (CMD from .env:4, through ${CMD})   recreate
                recreate, because it is what the process was born with: the kernel cannot change it, so the container is made again
                the new value comes from stack.yaml:5:14 (CMD from .env:4, through ${CMD})
                compared with the applied plan in the record of container hello-web-1
              mount /data: not mounted → ext4 rw (drift)   stack.yaml:3:3   recreate
                recreate, because it cannot be given back to a process that runs, and what happened meanwhile is not known
                the new value comes from stack.yaml:3:3
                compared with /proc/PID/mountinfo as it was at its start
              then: container hello-app-1 (start)

        """), "\(changes.explanation)")
    #expect(
      changes.explanation.contains("restart, because 'depends_on' says that it starts again with what it depends on\n"))
    // The short form is as it was.
    #expect(!changes.text.contains("because"))
    let json = changes.json(explained: true)
    #expect(json.contains(#""rule": "born", "why": "it is what the process was born with"#))
    #expect(json.contains(#""compared_with": "/proc/PID/mountinfo as it was at its start""#))
    #expect(json.contains(#""then": ["#) && !changes.json.contains(#""then""#))
  }
}
