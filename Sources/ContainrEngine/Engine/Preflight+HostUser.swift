// Preflight of `idmap: host-user`. Reads only.
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem

extension Preflight {
  mutating func checkHostUser(of service: ServicePlan) throws {
    guard let host = service.hostUser else { return }
    let origin = service.origins["x-containr.idmap"] ?? service.location
    guard host.uid != nil else {
      return add(
        "no-host-user",
        "service \(service.name): 'idmap: host-user' needs a user who starts the stack, and root is none",
        at: origin, help: "start it as that user, or by sudo, which says who it is in SUDO_UID and SUDO_GID")
    }
    // An ordinary user's containers get a user namespace for it, in which they have no rights over what is of others.
    let user = running(service)?.user ?? service.user ?? ""
    guard settings.relaysPorts, !["", "0", "root", "0:0", "root:root"].contains(user) else { return }
    var others = service.namespaces.filter { $0.owner != .empty }.map(\.kind.rawValue)
    if service.isPrivileged { others.append("privileged") }
    if service.files.contains(where: { $0.uid != 0 || $0.gid != 0 }) {
      others.append("uid and gid of configs and secrets")
    }
    for key in others {
      add(
        "host-user", "service \(service.name): without root, '\(key)' and 'idmap: host-user' exclude each other",
        at: origin,
        help: "remove one of them, or run the container as its root, who is the user outside anyway")
    }
  }
}
