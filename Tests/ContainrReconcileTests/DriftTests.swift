import ContainrReconcile
import ContainrSpec
import Testing

@Suite("What was changed behind our back")
struct DriftTests {
  let plan = stack([service("web"), service("app", line: 9)])

  private func text(_ change: (inout ObservedState) -> Void) -> String {
    var state = running(plan)
    change(&state)
    return up(plan, state).text
  }

  @Test("A killed container is named and started again")
  func killed() {
    #expect(
      text { $0.containers[1].process = .ended(code: 9, bySignal: true) } == """
        ~   container hello-web-1   start
              drift: process ended behind our back by signal 9   stack.yaml:3:3   restart
        1 to restart; 1 container matches

        """)
    #expect(text { $0.containers[1].process = .absent }.contains("drift: process ended behind our back"))
    #expect(
      text { $0.containers[1].process = .filesLost }.contains(
        "drift: was killed: fuse-overlayfs, which served its files, had ended   stack.yaml:3:3   restart"))
  }

  @Test("One whose stop was cut off runs on, and is started anew: nothing would begin it again at its end")
  func cutStop() {
    let words = text { $0.containers[1].stage = .stopped }
    #expect(words.hasPrefix("~   container hello-web-1   restart\n"), "\(words)")
    #expect(
      words.contains("drift: runs, but a stop of it was begun and cut off   stack.yaml:3:3   restart"), "\(words)")
    #expect(words.contains("1 to restart; 1 container matches"), "\(words)")
  }

  @Test("After a reboot everything starts again, with that reason")
  func reboot() {
    let words = text { state in
      for index in state.containers.indices {
        state.containers[index].process = .absent
        state.containers[index].sameBoot = false
      }
      state.supervisorAlive = false
      state.networks[0].bridgeMissing = true
      state.networks[0].drift = ["bridge ctrb0 is gone"]
    }
    #expect(words.contains("drift: the host was restarted"))
    #expect(words.contains("~   network hello_default   repair\n      drift: bridge ctrb0 is gone   in place"))
    #expect(words.contains("~   supervisor hello   repair\n      drift: it has ended   in place"))
  }

  @Test("A value of the cgroup edited by hand is written back in place")
  func cgroup() {
    #expect(
      text { $0.containers[1].drift = [ObservedDrift(what: "memory.limit", expected: "64", actual: "32")] } == """
        ~   container hello-web-1   change
              memory.limit: 32 → 64 (drift)   stack.yaml:3:3   in place
        1 to change; 1 container matches

        """)
  }

  @Test("Who is left in a namespace of the past is started again, at the line that shares it, and nobody else")
  func lostNamespace() {
    let web = service("web") { $0.origins["network_mode"] = at(7) }
    let plan = stack([web, service("app", line: 9)])
    var state = running(plan)
    state.containers[1].lostNamespaces = [LostNamespace(key: "network_mode", owner: "service vpn")]
    let words = up(plan, state).text
    #expect(words.hasPrefix("~   container hello-web-1   restart\n"), "\(words)")
    #expect(words.contains("drift: shares the network of service vpn, which has been started anew since"), "\(words)")
    #expect(words.contains("stack.yaml:7:5   restart\n1 to restart; 1 container matches"), "\(words)")
  }

  @Test("Drift is shown at the line that asks for what drifted, else at the service's")
  func places() {
    let web = service("web") { web in
      web.origins = [
        "mem_limit": at(11), "blkio_config.device_read_bps./dev/sda": at(12), "volumes./data": at(13),
        "networks.default": at(14),
      ]
    }
    let plan = stack([web])
    var state = running(plan)
    state.containers[0].drift = [
      "memory.limit", "memory.swap", "blkio.read_bps 8:0", "mount /data", "mount /proc/kcore", "pids.limit",
    ].map { ObservedDrift(what: $0, expected: "1", actual: "2") }
    state.containers[0].linkFaults = [ObservedLinkFault(network: "default", words: "lo is down")]
    let text = up(plan, state).text
    for line in [
      "memory.limit: 2 → 1 (drift)   stack.yaml:11:5", "memory.swap: 2 → 1 (drift)   stack.yaml:11:5",
      "blkio.read_bps 8:0: 2 → 1 (drift)   stack.yaml:12:5", "mount /data: 2 → 1 (drift)   stack.yaml:13:5",
      "mount /proc/kcore: 2 → 1 (drift)   stack.yaml:3:3", "pids.limit: 2 → 1 (drift)   stack.yaml:3:3",
      "drift: lo is down   stack.yaml:14:5",
    ] { #expect(text.contains(line), "\(text)") }
  }

  @Test("A deleted veth is repaired without a restart")
  func veth() {
    var state = running(plan)
    state.containers[1].missingLinks = ["default"]
    let changes = up(plan, state)
    #expect(changes.steps == ["attach container hello-web-1"])
    #expect(changes.text.contains("drift: the link to network default is gone   stack.yaml:3:3   in place"))
  }

  @Test("A deleted bridge is made again and everybody is connected to it again")
  func bridge() {
    var state = running(plan)
    state.networks[0].bridgeMissing = true
    state.networks[0].drift = ["bridge ctrb0 is gone"]
    let changes = up(plan, state)
    for id in ["hello-app-1", "hello-web-1"] {
      #expect(changes.follows("attach container \(id)", "ensure-network network hello_default"))
    }
    #expect(changes.effect == .inPlace)
  }

  @Test("A deleted rule is repaired by the firewall alone")
  func firewall() {
    #expect(
      text { $0.firewallDrift = ["published port 0.0.0.0:80/tcp missing"] } == """
        ~   firewall   change
              drift: published port 0.0.0.0:80/tcp missing   in place
        1 to change; 2 containers match

        """)
  }

  @Test("A supervisor whose keeper was killed is replaced: nobody would start it again")
  func unkept() {
    let words = text { $0.supervisorUnkept = true }
    #expect(words.hasPrefix("~   supervisor hello   "), "\(words)")
    #expect(words.contains("drift: nobody would start it again: its keeper has ended   in place"), "\(words)")
    #expect(text { _ in }.isEmpty || !text { _ in }.contains("supervisor"))
  }

  @Test("A supervisor that was killed is started again")
  func supervisor() {
    #expect(text { $0.supervisorAlive = false }.hasPrefix("~   supervisor hello   repair\n      drift: it has ended"))
  }

  @Test("An interrupted start is done again, what no record knows is removed")
  func interrupted() {
    var state = running(plan)
    state.containers[1].stage = .creating
    state.leftovers = [ObservedLeftover(kind: .container, name: "hello-old-1")]
    let changes = up(plan, state)
    #expect(
      changes.text == """
        -   container hello-old-1   remove
              left over from an interrupted run
        -/+ container hello-web-1   recreate
              its start was interrupted   stack.yaml:3:3   recreate
        1 to recreate, 1 to remove; 1 container matches

        """)
    #expect(changes.follows("create container hello-web-1", "remove-leftover container hello-old-1"))
  }

  @Test("A network that was never finished is finished")
  func network() {
    var state = running(plan)
    state.networks[0].isUnfinished = true
    #expect(up(plan, state).text.contains("its making was interrupted"))
  }
}
