// What containers stand on: networks, volumes, the firewall, the supervisor, and its hearing of what changed.
internal import ContainrSpec

extension UpReconciler {
  /// Who leaves a network does so before the network goes, and before others get its address.
  mutating func planDetaches() {
    for planned in plans {
      for (name, verdict) in planned.verdicts where verdict.kind == .update && !verdict.detach.isEmpty {
        detaches.append(
          builder.add(
            .detachContainer(name, networks: verdict.detach), "container \(name.display)",
            reasons: verdict.detachReasons, effect: .inPlace, after: foundation))
      }
    }
  }

  mutating func planNetworks(after stopped: [Int]) {
    for there in observed.networks
    where there.isExternal != true && !desired.networks.contains(where: { $0.key == there.key }) {
      _ = builder.add(
        .removeNetwork(key: there.key, name: there.name), "network \(there.name)",
        reasons: [ChangeReason(.missing, "no service uses it any more", effect: .none)], after: stopped)
      noteFirewall("network \(there.name) goes")
    }
    for network in desired.networks { planNetwork(network, after: stopped) }
  }

  /// What a network of ours is not as it is wanted in. An external one is as its maker wants it.
  func networkReasons(_ network: NetworkPlan, _ there: ObservedNetwork) -> [ChangeReason] {
    if there.isExternal == true || there.fields == network.fields { return [] }
    return differences(
      from: there.fields, to: network.fields, origins: network.origins, fallback: network.location
    ) { path, _, _ in EffectTable.networkRule(of: path) }
  }

  mutating func planNetwork(_ network: NetworkPlan, after stopped: [Int]) {
    let address = "network \(network.name)"
    let ensure = ChangeAction.ensureNetwork(key: network.key, name: network.name)
    guard let there = observed.networks.first(where: { $0.key == network.key }) else {
      // That it is not there is told before anything is done.
      if network.isExternal == true { return }
      var reasons = [ChangeReason(.missing, "not there yet", origin: network.location, effect: .none)]
      if let words = uplinkWords(network) { reasons.append(ChangeReason(.dependency, words, effect: .none)) }
      networkChange[network.key] = builder.add(ensure, address, reasons: reasons, after: foundation)
      noteFirewall("\(address) comes")
      return
    }
    if recreatedNetworks.contains(network.key) {
      let reasons = networkReasons(network, there)
      let removal = builder.add(
        .removeNetwork(key: there.key, name: there.name), "network \(there.name)", reasons: reasons, effect: .recreate,
        after: stopped)
      networkChange[network.key] = builder.add(ensure, address, reasons: reasons, effect: .recreate, after: [removal])
      noteFirewall("\(address) is made again")
      return
    }
    var reasons = networkReasons(network, there)
    reasons += there.drift.map { ChangeReason(.drift, $0, origin: network.location, effect: .inPlace) }
    if there.isUnfinished {
      reasons.append(
        ChangeReason(.leftover, "its making was interrupted", origin: network.location, effect: .inPlace))
    }
    if reasons.isEmpty { return }
    networkChange[network.key] = builder.add(ensure, address, reasons: reasons, effect: .inPlace, after: foundation)
    if there.isUnfinished { noteFirewall("\(address) comes") }
  }

  /// The MTU that a network without one of its own gets, where it is not the usual one.
  private func uplinkWords(_ network: NetworkPlan) -> String? {
    guard network.driver == nil, network.mtu == nil, let uplink = observed.uplink,
      uplink.mtu != ObservedUplink.usualMTU
    else { return nil }
    let mtu = ObservedUplink.mtu(below: uplink)
    return mtu == uplink.mtu
      ? "mtu \(mtu), that of \(uplink.name)" : "mtu \(mtu): that of \(uplink.name) is \(uplink.mtu)"
  }

  /// Networks whose packets may be too large for the way out.
  var mtuNotes: [ChangeNote] {
    guard let uplink = observed.uplink else { return [] }
    return desired.networks.compactMap { network in
      guard let mtu = network.mtu, mtu > uplink.mtu, !network.isInternal, network.driver == nil,
        network.isExternal != true
      else { return nil }
      let reason = ChangeReason(
        .dependency,
        "its mtu of \(mtu) is larger than that of \(uplink.name), \(uplink.mtu): larger packets do not get out",
        origin: network.origins["driver_opts.mtu"] ?? network.location, effect: .none)
      return ChangeNote(address: "network \(network.name)", reason: reason)
    }
  }

  /// What an existing volume of ours is not as it is wanted in.
  func volumeReasons(_ volume: VolumePlan) -> [ChangeReason] {
    guard !volume.isExternal,
      let there = observed.volumes.first(where: { $0.key == volume.key && $0.name == volume.name && $0.place == nil }),
      there.exists, there.isOurs, !there.fields.isEmpty
    else { return [] }
    return differences(
      from: there.fields, to: volume.fields, origins: volume.origins ?? [:], fallback: volume.location
    ) { path, _, _ in EffectTable.volumeRule(of: path, holdsData: there.holdsData) }
  }

  mutating func judgeVolumes() {
    for volume in desired.volumes where volumeReasons(volume).contains(where: { $0.effect > .inPlace }) {
      recreatedVolumes.insert(volume.key)
    }
  }

  /// Volumes without a name outlive their containers, and the next life of one has them again; with `-V` they go with
  /// the former life.
  mutating func planAnonymousVolumes(after stopped: [Int]) {
    guard renewsAnonymousVolumes else { return }
    let wanted = Set(plans.flatMap { $0.verdicts.map(\.name.display) })
    for volume in observed.volumes where volume.isOurs && volume.isUnused != true {
      guard let place = volume.place, wanted.contains(place) else { continue }
      let removals = stopped.filter {
        if case .removeContainer(let name) = builder.changes[$0].action { name.display == place } else { false }
      }
      if removals.isEmpty { continue }
      let reason = ChangeReason(.dependency, "container \(place) begins with a new one", effect: .none)
      renewals[place, default: []].append(
        builder.add(
          .removeVolume(key: volume.key, name: volume.name), "volume \(volume.name)", reasons: [reason],
          after: removals))
    }
  }

  mutating func planVolumes(after stopped: [Int]) {
    for volume in desired.volumes where !volume.isExternal {
      let address = "volume \(volume.name)"
      let create = ChangeAction.createVolume(key: volume.key, name: volume.name)
      let reasons = volumeReasons(volume)
      let effect = reasons.map(\.effect).max() ?? .none
      if recreatedVolumes.contains(volume.key) {
        let removal = builder.add(
          .removeVolume(key: volume.key, name: volume.name), address, reasons: reasons, effect: effect, after: stopped)
        volumeChange[volume.key] = builder.add(create, address, reasons: reasons, effect: effect, after: [removal])
        continue
      }
      if !reasons.isEmpty {
        _ = builder.add(create, address, reasons: reasons, effect: effect)
        continue
      }
      let there = observed.volumes.first { $0.key == volume.key && $0.name == volume.name }
      if let there, there.exists { continue }
      volumeChange[volume.key] = builder.add(
        .createVolume(key: volume.key, name: volume.name), "volume \(volume.name)",
        reasons: [
          ChangeReason(
            there?.isOurs == true ? .drift : .missing,
            there?.isOurs == true ? "its directory is gone" : "not there yet", origin: volume.location, effect: .none)
        ])
    }
  }

  mutating func planFirewall() {
    for planned in plans {
      for (name, verdict) in planned.verdicts {
        if verdict.kind == .create, !planned.plan.ports.isEmpty { noteFirewall("container \(name.display) comes") }
        // A new container in the other slot brings its rules along when names and ports turn to it.
        if verdict.reasons.contains(where: {
          $0.kind == .field && ($0.path.hasPrefix("ports.") || $0.path == "x-containr.publish")
        }) {
          if stopsLater(name) { continue }
          noteFirewall("the ports of container \(name.display) change")
        } else if !planned.plan.ports.isEmpty, verdict.moves, !stopsLater(name) {
          noteFirewall("the networks of container \(name.display) change")
        }
      }
    }
    var reasons = observed.firewallDrift.map { ChangeReason(.drift, $0, effect: .inPlace) }
    reasons += firewallReasons
    if reasons.isEmpty { return }
    let effect: ChangeEffect = reasons.map(\.effect).max() ?? .none
    foundation.append(
      builder.add(
        .writeFirewall, "firewall", reasons: reasons, effect: effect, after: networkChange.values.sorted()))
  }

  mutating func noteFirewall(_ words: String) {
    firewallReasons.append(ChangeReason(.dependency, words, effect: .none))
  }

  mutating func planSupervisor() {
    guard !observed.supervisorAlive, desired.services.contains(where: { $0.replicas > 0 }) else { return }
    let drift = observed.containers.contains { $0.stage == .running }
    let reason = ChangeReason(
      drift ? .drift : .missing, drift ? "it has ended" : "not there yet", effect: drift ? .inPlace : .none)
    // It needs no bridge: its name servers bind addresses that come later.
    let start = builder.add(
      .startSupervisor, "supervisor \(desired.name)", reasons: [reason], effect: reason.effect)
    supervisorStart = start
    foundation.append(start)
  }

  mutating func planReload() {
    let starts = plans.flatMap(\.starts)
    let known = supervisorStart.map { [$0] } ?? []
    if observed.supervisorAlive {
      let isWell = !observed.supervisorStale && observed.supervisorUnkept != true
      if heard.isEmpty && starts.isEmpty && networkChange.isEmpty && isWell { return }
    } else if known.isEmpty || heard.isEmpty {
      // One that starts in this changeset reads the intents; only what is recorded later escapes it.
      return
    }
    var reasons: [ChangeReason] = []
    if observed.supervisorAlive, observed.supervisorStale {
      reasons = [ChangeReason(.drift, "it works from older records", effect: .inPlace)]
    }
    if observed.supervisorAlive, observed.supervisorUnkept == true {
      reasons.append(ChangeReason(.drift, "nobody would start it again: its keeper has ended", effect: .inPlace))
    }
    _ = builder.add(
      .reloadSupervisor, "supervisor \(desired.name)", reasons: reasons, effect: reasons.first?.effect ?? .none,
      after: known, tolerating: heard + starts + networkChange.values.sorted())
  }
}
