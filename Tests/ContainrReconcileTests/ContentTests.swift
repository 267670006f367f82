// What changed contents of configs, secrets and mounted files do.
import ContainrReconcile
import ContainrSpec
import Testing

@Suite("Changed contents")
struct ContentTests {
  private static let target = "/run/secrets/token"

  private func web(_ reaction: ChangeReaction?) -> ServicePlan {
    service("web") {
      $0.files = [FilePlan(kind: .secret, source: "token", target: Self.target)]
      $0.mounts = [MountPlan(kind: .bind, source: "/srv/app.conf", target: "/etc/app.conf")]
      $0.onChange = reaction
      $0.origins = ["content.\(Self.target)": at(20, 11), "volumes./etc/app.conf": at(8, 9)]
    }
  }

  private func changes(
    _ reaction: ChangeReaction?, _ contents: ObservedContent..., change: (inout ObservedState) -> Void = { _ in }
  ) -> Changeset {
    let plan = stack([web(reaction)])
    var state = running(plan)
    state.containers[0].contents = contents
    change(&state)
    return up(plan, state)
  }

  private let secret = ObservedContent(kind: .secret, target: target, old: "digest a", new: "digest b")
  private let mount = ObservedContent(kind: .mount, target: "/etc/app.conf", old: "digest a", new: "digest b")

  @Test("a secret is put in place unless something else is declared")
  func secretInPlace() {
    for reaction in [nil, ChangeReaction.none] {
      #expect(
        changes(reaction, secret).text == """
          ~   container hello-web-1   change
                content./run/secrets/token: digest a → digest b   stack.yaml:20:11   in place
          1 to change

          """)
    }
    let steps = changes(.signal("SIGHUP"), secret).steps
    #expect(steps == ["update container hello-web-1", "reload-supervisor supervisor hello"])
  }

  @Test("restart and recreate do what they say, and what depends on it follows")
  func declared() {
    let restart = changes(.restart, secret)
    #expect(restart.steps.prefix(2) == ["stop container hello-web-1", "start container hello-web-1"])
    #expect(restart.effect == .restart)
    #expect(restart.text.hasPrefix("~   container hello-web-1   restart\n"))
    let recreate = changes(.recreate, secret)
    #expect(recreate.steps.prefix(2) == ["remove container hello-web-1", "create container hello-web-1"])
    #expect(recreate.effect == .recreate)
    #expect(recreate.text.hasPrefix("-/+ container hello-web-1   recreate\n"))

    var app = service("app", line: 12)
    app.dependsOn = [DependencyPlan(service: "web", condition: .started, restart: true)]
    let plan = stack([app, web(.restart)])
    var state = running(plan)
    state.containers[1].contents = [mount]
    #expect(up(plan, state).steps.contains("start container hello-app-1"))
  }

  @Test("a changed mounted file without a declared reaction is named, and nothing is to do")
  func noted() {
    let changeset = changes(nil, mount)
    #expect(changeset.isEmpty && changeset.matching == 1 && changeset.effect == .none)
    #expect(
      changeset.text == """
        nothing to do: 1 container matches
        !   container hello-web-1   left as it is
              content./etc/app.conf: digest a → digest b (drift)   stack.yaml:8:9

        """)
    #expect(
      changeset.json.hasSuffix(
        """
          "effect": "none",
          "changes": [],
          "notes": [
            {"address": "container hello-web-1", "reason": {"kind": "drift", "path": "content./etc/app.conf", \
        "old": "digest a", "new": "digest b", "origin": {"file": "stack.yaml", "line": 8, "column": 9}, \
        "effect": "none"}}
          ]
        }

        """))
    // Beside other changes it stands before the sums.
    #expect(changes(nil, secret, mount).text.hasSuffix("stack.yaml:8:9\n1 to change\n"))
    #expect(changes(.signal("SIGHUP"), mount).effect == .inPlace)
    #expect(changes(.recreate, mount).effect == .recreate)
  }

  @Test("is named by the name that people know, in whichever slot the container is")
  func notedInOtherSlot() {
    let changeset = changes(nil, mount) { state in
      let there = state.containers[0]
      state.containers[0] = ObservedContainer(
        name: there.name.other, stage: there.stage, fields: there.fields, process: there.process)
      state.containers[0].addresses = there.addresses
      state.containers[0].contents = there.contents
    }
    #expect(changeset.notes.map(\.address) == ["container hello-web-1"])
  }

  @Test("a content that cannot be read is named, and the container keeps what it has")
  func unreadable() {
    let gone = ObservedContent(kind: .secret, target: Self.target, old: "digest a", new: nil, words: "is gone")
    let changeset = changes(.recreate, gone)
    #expect(changeset.isEmpty)
    #expect(changeset.text.contains("drift: content./run/secrets/token: is gone   stack.yaml:20:11\n"))
  }

  @Test("a container that has ended is started again, whatever its contents are")
  func ended() {
    let changeset = changes(nil, secret) { $0.containers[0].process = .ended(code: 1, bySignal: false) }
    #expect(changeset.steps.first == "start container hello-web-1")
  }

  @Test("owner and mode of a file are changed in place; a file more or less is another container")
  func fields() {
    #expect(EffectTable.effect(of: "secrets./a", old: "a", new: "a,mode=400") == .inPlace)
    #expect(EffectTable.effect(of: "configs./a", old: nil, new: "a") == .recreate)
    #expect(EffectTable.effect(of: "configs./a", old: "a", new: nil) == .recreate)
    #expect(EffectTable.effect(of: "x-containr.on-change", old: nil, new: "restart") == .none)
  }
}
