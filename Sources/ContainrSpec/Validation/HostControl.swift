// Binds by which a container has the host: control sockets, the host's whole tree, places that the host takes its settings
// and programs from. A warning, since it may be what is wanted; it knows paths, not the host.

struct HostControl {
  let context: LoadContext

  /// Sockets that take commands, wherever they lie: each engine has them in several directories, and users have their own.
  private static let sockets: [String: String] = [
    "docker.sock": "Docker", "podman.sock": "Podman", "containerd.sock": "containerd", "crio.sock": "CRI-O",
    "buildkitd.sock": "BuildKit", "system_bus_socket": "the system's D-Bus", "dbus.sock": "the system's D-Bus",
  ]
  /// Directories in which the sockets lie.
  private static let ofSockets: Set<String> = [
    "/run", "/var/run", "/run/containerd", "/var/run/containerd", "/run/podman", "/var/run/podman", "/run/systemd",
    "/run/dbus", "/var/run/dbus",
  ]
  /// Whoever writes there has root sooner or later.
  private static let ofRoot: Set<String> = [
    "/bin", "/boot", "/dev", "/etc", "/etc/cron.d", "/etc/systemd", "/etc/systemd/system", "/lib", "/lib64", "/proc",
    "/proc/sys", "/root", "/root/.ssh", "/sbin", "/sys", "/usr", "/usr/bin", "/usr/sbin", "/var/lib/containerd",
    "/var/lib/containers", "/var/lib/containr", "/var/lib/docker", "/var/spool/cron",
  ]

  /// Reports each bind of a service that gives the host away.
  func check(_ service: ServiceDraft) {
    for mount in service.plan.mounts where mount.kind == .bind {
      guard let why = Self.reason(mount) else { continue }
      context.warning(
        .hostControl, "the service '\(service.plan.name)' has the host by \(DisplayText.quote(mount.source))",
        at: service.span("volumes.\(mount.target)"), label: why.label, help: why.help)
    }
  }

  /// What such a bind gives; nil: nothing that is known.
  static func reason(_ mount: MountPlan) -> (label: String, help: String)? {
    let path = mount.source
    if let name = path.split(separator: "/").last, let whose = sockets[String(name)] {
      return (
        "\(whose) does whatever is asked for by this socket", "give the service a proxy that lets through what it needs"
      )
    }
    if path == "/" {
      return ("everything, with all sockets and secrets", "name the directories that it needs")
    }
    if ofSockets.contains(path) {
      return ("the sockets of whatever manages the host lie there", "name the files that it needs")
    }
    if ofRoot.contains(path), !mount.readOnly {
      return ("whoever writes there has the host's root", "add ':ro' if it only reads, or name the files that it needs")
    }
    return nil
  }
}
