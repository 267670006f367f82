// The devices every container may use. A value.
public import ContainrOCI

extension OCIDeviceRule {
  /// Deny all, then null, zero, full, random, urandom, tty, console, ptmx and the ptys. No `c *:* m` and no tun, which
  /// runc and crun add: a container makes exactly the nodes that it may open.
  public static let containerDefaults: [OCIDeviceRule] =
    [OCIDeviceRule(allow: false)]
    + [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2)].map { major, minor in
      OCIDeviceRule(allow: true, type: "c", major: major, minor: minor)
    } + [OCIDeviceRule(allow: true, type: "c", major: 136)]
}
