// Key tables of the objects inside a service.

extension KeyTable {
  /// `services.NAME.env_file[]`.
  static let envFile = KeyTable(
    attribute: "an env_file attribute", definition: "env_file",
    keys: ["path": .honoured, "required": .honoured, "format": .honoured])

  /// `services.NAME.volumes[]`.
  static let mount = KeyTable(
    attribute: "a mount attribute", definition: "mount",
    keys: [
      "type": .honoured, "source": .honoured, "target": .honoured, "read_only": .honoured, "bind": .honoured,
      "volume": .honoured, "tmpfs": .honoured, "consistency": .metadata, "image": .refused("there are no images"),
    ],
    synonyms: [
      "src": "source", "from": "source", "dst": "target", "dest": "target", "destination": "target", "to": "target",
      "ro": "read_only",
    ])

  /// `services.NAME.volumes[].bind`.
  static let mountBind = KeyTable(
    attribute: "a bind attribute", definition: "mount_bind",
    keys: [
      "create_host_path": .honoured,
      "propagation": .refused("mounts never propagate", unless: ["rprivate", "private"]),
      "recursive": .refused("binds take their submounts along", unless: ["enabled"]), "selinux": .ignored(),
    ])

  /// `services.NAME.volumes[].volume`.
  static let mountVolume = KeyTable(
    attribute: "a volume attribute", definition: "mount_volume",
    keys: [
      "nocopy": .ignored(unless: ["true"]), "labels": .ignored(),
      "subpath": .refused("the whole volume would be mounted"),
    ])

  /// `services.NAME.volumes[].tmpfs`.
  static let mountTmpfs = KeyTable(
    attribute: "a tmpfs attribute", definition: "mount_tmpfs", keys: ["size": .honoured, "mode": .honoured])

  /// `services.NAME.ports[]`.
  static let port = KeyTable(
    attribute: "a port attribute", definition: "port",
    keys: [
      "target": .honoured, "published": .honoured, "host_ip": .honoured, "protocol": .honoured, "mode": .metadata,
      "name": .metadata, "app_protocol": .metadata,
    ],
    synonyms: ["container_port": "target", "host_port": "published", "host": "published", "ip": "host_ip"])

  /// `services.NAME.networks.NAME`.
  static let attachment = KeyTable(
    attribute: "an attribute of a service's network", definition: "attachment",
    keys: [
      "aliases": .honoured, "ipv4_address": .honoured, "priority": .metadata, "gw_priority": .ignored(),
      "ipv6_address": .refused("IPv6 is not available"), "link_local_ips": .refused("the addresses would be missing"),
      "mac_address": .refused("the address would be another"), "driver_opts": .refused("the options would not apply"),
      "interface_name": .refused("the interface would have another name"),
    ],
    synonyms: ["alias": "aliases", "ip": "ipv4_address", "ipv4": "ipv4_address", "address": "ipv4_address"])

  /// `services.NAME.depends_on.NAME`.
  static let dependency = KeyTable(
    attribute: "a depends_on attribute", definition: "dependency",
    keys: ["condition": .honoured, "restart": .honoured, "required": .honoured])

  /// `services.NAME.healthcheck`.
  static let healthcheck = KeyTable(
    attribute: "a healthcheck attribute", definition: "healthcheck",
    keys: [
      "test": .honoured, "interval": .honoured, "timeout": .honoured, "retries": .honoured, "start_period": .honoured,
      "start_interval": .honoured, "disable": .honoured,
    ],
    synonyms: ["command": "test", "cmd": "test", "disabled": "disable", "retry": "retries", "period": "interval"])

  /// `services.NAME.blkio_config`.
  static let blockIO = KeyTable(
    attribute: "a blkio_config attribute", definition: "blkio_config",
    keys: [
      "weight": .honoured, "weight_device": .honoured, "device_read_bps": .honoured, "device_write_bps": .honoured,
      "device_read_iops": .honoured, "device_write_iops": .honoured,
    ])

  /// `services.NAME.blkio_config.weight_device[]`.
  static let blockIOWeight = KeyTable(
    attribute: "a weight_device attribute", definition: "blkio_weight",
    keys: ["path": .honoured, "weight": .honoured])

  /// `services.NAME.blkio_config.device_*[]`.
  static let blockIOLimit = KeyTable(
    attribute: "a device limit's attribute", definition: "blkio_limit", keys: ["path": .honoured, "rate": .honoured])

  /// `services.NAME.deploy`.
  static let deploy = KeyTable(
    attribute: "a deploy attribute", definition: "deploy",
    keys: [
      "replicas": .honoured, "resources": .honoured, "restart_policy": .honoured, "labels": .ignored(),
      "mode": .refused("services are replicated on one host", unless: ["replicated"]), "endpoint_mode": .ignored(),
      "placement": .ignored(), "update_config": .ignored(), "rollback_config": .ignored(),
    ],
    synonyms: ["replica": "replicas", "scale": "replicas", "limits": "resources", "restart": "restart_policy"])

  /// `services.NAME.deploy.resources`.
  static let resources = KeyTable(
    attribute: "a resources attribute", definition: "resources",
    keys: ["limits": .honoured, "reservations": .honoured], synonyms: ["limit": "limits", "requests": "reservations"])

  /// `services.NAME.deploy.resources.limits`.
  static let limits = KeyTable(
    attribute: "a resource limit", definition: "limits",
    keys: ["cpus": .honoured, "memory": .honoured, "pids": .honoured],
    synonyms: ["cpu": "cpus", "mem": "memory", "mem_limit": "memory", "pids_limit": "pids"])

  /// `services.NAME.deploy.resources.reservations`.
  static let reservations = KeyTable(
    attribute: "a resource reservation", definition: "reservations",
    keys: [
      "memory": .honoured, "cpus": .ignored(),
      "devices": .refused("the devices would be missing"), "generic_resources": .ignored(),
    ])

  /// `services.NAME.deploy.restart_policy`.
  static let restartPolicy = KeyTable(
    attribute: "a restart_policy attribute", definition: "restart_policy",
    keys: [
      "condition": .honoured, "max_attempts": .honoured, "delay": .ignored(), "window": .ignored(),
    ])
}
