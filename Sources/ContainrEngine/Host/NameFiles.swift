// The texts of /etc/hosts and /etc/resolv.conf inside. Pure.
package import ContainrSpec

/// What a container's resolver reads.
package enum NameFiles {
  /// /etc/hosts of a container with a network of its own, or with none.
  package static func hosts(
    hostname: String, _ places: [ContainerSources.Place], _ entries: [HostEntryPlan] = []
  ) -> String {
    var text = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
    if places.isEmpty { text += "127.0.1.1\t\(hostname)\n" }
    for place in places {
      for address in [place.address, place.address6] where !address.isEmpty { text += "\(address)\t\(hostname)\n" }
    }
    // The host is where the way out leads, or what the container has of it.
    return text + lines(entries, gateway: gateway(places))
  }

  /// /etc/hosts of a container in the host's network: the host is itself.
  package static func hosts(extending text: String, _ entries: [HostEntryPlan]) -> String {
    if entries.isEmpty { return text }
    return text + (text.hasSuffix("\n") || text.isEmpty ? "" : "\n") + lines(entries, gateway: "127.0.0.1")
  }

  /// The host's address on a network of a container, of IPv4 if it has that: where it answers for names as well.
  private static func gateway(_ places: [ContainerSources.Place]) -> String? {
    let all = places.map { (leadsOut: $0.leadsOut, address: $0.gateway.isEmpty ? $0.gateway6 : $0.gateway) }
      .filter { !$0.address.isEmpty }
    return (all.first(where: \.leadsOut) ?? all.first)?.address
  }

  private static func lines(_ entries: [HostEntryPlan], gateway: String?) -> String {
    entries.map { entry in
      let address = entry.address == HostEntryPlan.gateway ? gateway : entry.address
      return address.map { "\($0)\t\(entry.name)\n" } ?? ""
    }.joined()
  }

  /// /etc/resolv.conf of a container with a network of its own. One name server answers for all its networks, and asks
  /// `resolver.servers`, or the host's, for what it does not know; that of a network with a way out knows the world as well.
  package static func resolvConf(_ places: [ContainerSources.Place], _ resolver: ResolverPlan? = nil) -> String {
    guard let server = gateway(places) else { return "# no network, no name server\n" }
    return text(servers: [server], resolver ?? ResolverPlan(), others: ["ndots:0"])
  }

  /// /etc/resolv.conf of a container in the host's network: the host's, but for what is said.
  package static func resolvConf(extending text: String, _ resolver: ResolverPlan?) -> String {
    guard let resolver else { return text }
    func words(_ key: String) -> [String] {
      text.split(separator: "\n").flatMap { line -> [String] in
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        return words.first == key ? Array(words.dropFirst()) : []
      }
    }
    var whole = resolver
    if whole.search.isEmpty { whole.search = words("search") }
    return self.text(
      servers: resolver.servers.isEmpty ? words("nameserver") : resolver.servers, whole, others: words("options"))
  }

  /// An option that is said takes the place of the same one among `others`.
  private static func text(servers: [String], _ resolver: ResolverPlan, others: [String]) -> String {
    func name(_ option: String) -> Substring { option.prefix { $0 != ":" } }
    let said = Set(resolver.options.map(name))
    let options = others.filter { !said.contains(name($0)) } + resolver.options
    let search = resolver.search == ["."] ? [] : resolver.search
    return servers.map { "nameserver \($0)\n" }.joined()
      + (search.isEmpty ? "" : "search \(search.joined(separator: " "))\n")
      + (options.isEmpty ? "" : "options \(options.joined(separator: " "))\n")
  }
}
