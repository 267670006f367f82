// Key tables of mounts, files, devices and ports.

extension KeyTable {
  /// `services.NAME.volumes[]`.
  static let mount = KeyTable(
    attribute: "a mount attribute", definition: "mount",
    synonyms: [
      "src": "source", "from": "source", "dst": "target", "dest": "target", "destination": "target", "to": "target",
      "ro": "read_only",
    ],
    [
      .key(
        "type", .scalar(.oneOf(["bind", "volume", "tmpfs", "image", "npipe", "cluster"])), "What is mounted.",
        required: true),
      .key(
        "source", .scalar(.text),
        "bind: a host path. volume: a name under the top-level `volumes`; left out, the volume has none. image: its reference."
      ),
      .key("target", .scalar(.containerPath), "Absolute path inside the container.", required: true),
      .key("read_only", .boolean, "Nothing can write through this mount; of an image nothing ever can."),
      .key("bind", .object(.mountBind), "Options of a bind mount."),
      .key("volume", .object(.mountVolume), "Options of a volume."),
      .key("tmpfs", .object(.mountTmpfs), "Options of a tmpfs."),
      .key("image", .object(.mountImage), "Options of an image."),
      .metadata("consistency", .string, "Has no effect on Linux."),
    ])

  /// `services.NAME.volumes[].bind`.
  static let mountBind = KeyTable(
    attribute: "a bind attribute", definition: "mount_bind",
    [
      .key("create_host_path", .boolean, "Make a missing source as a directory; true by default.")
        .implying(.boolean(true)),
      .key(
        "propagation", .scalar(.known(["rprivate", "private", "rshared", "shared", "rslave", "slave"])),
        "rslave: what the host mounts below the source later is seen inside. rprivate by default."),
      .key(
        "recursive", .scalar(.oneOf(["enabled", "disabled", "writable", "readonly"])),
        "disabled leaves mounts below the source out; readonly makes sure that with `read_only` they are so as well, as they always are."
      ),
      .key("selinux", .scalar(.oneOf(["z", "Z"])), "SELinux label of the source's files: z shared, Z private."),
    ])

  /// `services.NAME.volumes[].volume`.
  static let mountVolume = KeyTable(
    attribute: "a volume attribute", definition: "mount_volume",
    [
      .key("nocopy", .boolean, "Do not copy what the root file system holds at the target into a new volume."),
      .ignored("labels", .pairs(.labels), "Labels of the volume."),
      .key("subpath", .scalar(.text), "A path in the volume, which has to be there; no link leads out of the volume."),
    ])

  /// `services.NAME.volumes[].tmpfs`.
  static let mountTmpfs = KeyTable(
    attribute: "a tmpfs attribute", definition: "mount_tmpfs",
    [.key("size", .scalar(.byteSize), "Upper limit."), .key("mode", .scalar(.mode), "Mode bits, octal.")])

  /// `services.NAME.volumes[].image`.
  static let mountImage = KeyTable(
    attribute: "an image attribute", definition: "mount_image",
    [.key("subpath", .scalar(.text), "A path in the image, which has to be there; no link leads out of the image.")])

  /// `services.NAME.configs[]` and `secrets[]`.
  static let fileMount = KeyTable(
    attribute: "an attribute of a config or secret", definition: "file_mount",
    synonyms: ["src": "source", "path": "target", "name": "source", "destination": "target"],
    shortKey: "source",
    [
      .key("source", .scalar(.text), "The name under the top-level `configs` or `secrets`.", required: true),
      .key("target", .scalar(.text), "Where the file is; by default /NAME for configs, /run/secrets/NAME for secrets."),
      .key("uid", .scalar(.id), "The file's owner."), .key("gid", .scalar(.id), "The file's group."),
      .key("mode", .scalar(.mode), "The file's mode, octal."),
    ])

  /// `services.NAME.devices[]`.
  static let device = KeyTable(
    attribute: "a device attribute", definition: "device",
    [
      .key("source", .scalar(.text), "The host's device, or a CDI name.", required: true),
      .key("target", .scalar(.text), "The path inside the container; the source's if left out."),
      .key("permissions", .scalar(.string), "Of r, w and m; all if left out."),
    ])

  /// `services.NAME.gpus[]`.
  static let gpu = KeyTable(
    attribute: "a device request's attribute", definition: "gpu", deviceRequest(needsCapabilities: false))

  /// `deploy.resources.reservations.devices[]`.
  static let reservedDevice = KeyTable(
    attribute: "a device request's attribute", definition: "device_request", deviceRequest(needsCapabilities: true))

  private static func deviceRequest(needsCapabilities: Bool) -> [KeyRule] {
    [
      .key(
        "capabilities", .set(.string), "What the device must be able to do.", required: needsCapabilities),
      .key("count", .scalar(.countOrAll), "How many, or all.").implying(.integer(-1), unless: "device_ids"),
      .key("device_ids", .set(.string), "Which ones."), .key("driver", .string, "Whose devices."),
      .key("options", .pairs(.labels), "Options of the driver."),
    ]
  }

  /// `services.NAME.ports[]`.
  static let port = KeyTable(
    attribute: "a port attribute", definition: "port",
    synonyms: ["container_port": "target", "host_port": "published", "host": "published", "ip": "host_ip"],
    [
      .key("target", .scalar(.ports), "The container's port, or a range.", required: true),
      .key(
        "published", .scalar(.published), "The host's port or range of equal length; a free one is chosen if left out."),
      .key("host_ip", .scalar(.hostAddress), "The host's address; every address if left out."),
      .key("protocol", .scalar(.transport), "tcp by default."),
      .metadata("mode", .scalar(.known(["host", "ingress"])), "Has no effect on one host."),
      .key("name", .string, "A name for it, and of an SRV record: _NAME._tcp.SERVICE."),
      .key("app_protocol", .string, "What is spoken there, such as http: a name of an SRV record as well."),
    ])
}
