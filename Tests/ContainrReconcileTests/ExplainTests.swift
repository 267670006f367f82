// `--explain`: every field that exists has a rule, every rule is met, and the words say what the plan does.
import ContainrReconcile
import ContainrSpec
import ContainrTestSupport
import Testing

@Suite("Why a change costs what it costs")
struct ExplainTests {
  private func plan() throws -> StackPlan {
    let input = LoaderInput(
      file: "stack.yaml", bytes: Array(FullStack.text.utf8), absolutePath: "/srv/stack.yaml", projectDirectory: "/srv",
      environment: ["WORD": "w"])
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
    // Of services that are jobs, or have commands around their lives.
    met.insert(EffectTable.rule(of: "x-containr.schedule", old: nil, new: "@daily"))
    met.insert(EffectTable.rule(of: "post_start.1.command", old: nil, new: "x"))
    #expect(EffectTable.rule(of: "x-containr.schedule", old: "@daily", new: "@weekly") == .supervised)
    // Of networks and volumes, told by other objects.
    met.formUnion([.network, .volume, .volumeData])
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
