// Every service attribute of the Compose Specification (2026-06) and what this version does with it.

extension KeyTable {
  /// `services.NAME`.
  static let service = KeyTable(
    attribute: "a service attribute", definition: "service",
    keys: serviceHonoured.merging(serviceIgnored) { a, _ in a }.merging(serviceRefused) { a, _ in a },
    synonyms: [
      "env": "environment", "envs": "environment", "vars": "environment", "cmd": "command", "args": "command",
      "run": "command", "port": "ports", "publish": "ports", "volume": "volumes", "mounts": "volumes",
      "binds": "volumes", "network": "networks", "nets": "networks", "depends": "depends_on", "requires": "depends_on",
      "after": "depends_on", "health": "healthcheck", "replica": "scale", "replicas": "scale", "layer": "layers",
      "rootfs": "layers", "lowerdir": "layers", "workdir": "working_dir", "cwd": "working_dir", "dir": "working_dir",
      "memory": "mem_limit", "mem": "mem_limit", "memory_limit": "mem_limit", "cpu": "cpus", "cpu_limit": "cpus",
      "pids": "pids_limit", "capabilities": "cap_add", "caps": "cap_add", "restart_policy": "restart",
      "stop_timeout": "stop_grace_period", "host": "hostname", "readonly": "read_only", "label": "labels",
      "uid": "user", "blkio": "blkio_config", "resources": "deploy", "limits": "deploy",
    ])

  private static let serviceHonoured: [String: KeySupport] = {
    let keys = [
      "layers", "command", "entrypoint", "environment", "env_file", "working_dir", "user", "hostname", "volumes",
      "tmpfs",
      "ports", "networks", "depends_on", "mem_limit", "mem_reservation", "memswap_limit", "cpus", "cpu_shares",
      "cpuset",
      "pids_limit", "blkio_config", "deploy", "scale", "cap_add", "cap_drop", "read_only", "stop_signal",
      "stop_grace_period", "healthcheck", "restart", "labels", "profiles",
    ]
    var table = Dictionary(uniqueKeysWithValues: keys.map { ($0, KeySupport.honoured) })
    table["expose"] = .metadata
    return table
  }()

  private static let serviceIgnored: [String: KeySupport] = [
    "annotations": .ignored(), "attach": .ignored(unless: ["true"]), "container_name": .ignored(),
    "develop": .ignored(), "domainname": .ignored(), "image": .ignored(), "init": .ignored(unless: ["false"]),
    "label_file": .ignored(), "logging": .ignored(), "platform": .ignored(), "pull_policy": .ignored(),
    "pull_refresh_after": .ignored(), "stdin_open": .ignored(unless: ["false"]), "tty": .ignored(unless: ["false"]),
  ]

  private static let limit = "this limit would not be applied"
  private static let protection = "this protection would not be applied"
  private static let shared = "every container has namespaces of its own"

  private static let serviceRefused: [String: KeySupport] = [
    "build": .refused("images are not built; build a directory or an archive first and name it under 'layers'"),
    "cgroup": .refused(shared, unless: ["private"]),
    "cgroup_parent": .refused("limits of that group would not apply"),
    "configs": .refused("the file would be missing; mount it with 'volumes'"),
    "cpu_count": .refused("\(limit); use 'cpus'"), "cpu_percent": .refused("\(limit); use 'cpus'"),
    "cpu_period": .refused("\(limit); use 'cpus'"), "cpu_quota": .refused("\(limit); use 'cpus'"),
    "cpu_rt_period": .refused(limit), "cpu_rt_runtime": .refused(limit),
    "credential_spec": .refused("Windows only"),
    "device_cgroup_rules": .refused("device rules are fixed"),
    "devices": .refused("the devices would be missing"),
    "dns": .refused("names would be looked up elsewhere"),
    "dns_opt": .refused("the options would not apply"),
    "dns_search": .refused("short names would not be found"),
    "extends": .refused("what it takes over would be missing; use a YAML anchor and '<<'"),
    "external_links": .refused("the names would not be found"),
    "extra_hosts": .refused("the names would not be found"),
    "gpus": .refused("the devices would be missing"),
    "group_add": .refused("the process would lack these groups"),
    "ipc": .refused(shared, unless: ["private"]),
    "isolation": .refused(protection, unless: ["default"]),
    "links": .refused(
      "the link's name would not be found; services of one network reach each other by name, see 'networks.aliases'"),
    "mac_address": .refused("the address would be another"),
    "mem_swappiness": .refused(limit),
    "models": .refused("the model would be missing"),
    "network_mode": .refused("every service has a network of its own; use 'networks'"),
    "oom_kill_disable": .refused("the process could still be killed", unless: ["false"]),
    "oom_score_adj": .refused("the kernel would choose by other scores", unless: ["0"]),
    "pid": .refused(shared), "post_start": .refused("the command would not run"),
    "pre_start": .refused("the command would not run; use a service that completes, and 'depends_on'"),
    "pre_stop": .refused("the command would not run"),
    "privileged": .refused("the process would have fewer rights; use 'cap_add'", unless: ["false"]),
    "provider": .refused("the service would not be there"),
    "runtime": .refused(protection),
    "secrets": .refused("the file would be missing; mount it with 'volumes'"),
    "security_opt": .refused(protection),
    "shm_size": .refused("/dev/shm would have another size; mount a tmpfs with 'size' on /dev/shm"),
    "storage_opt": .refused(limit), "sysctls": .refused("the kernel's values would stay"),
    "ulimits": .refused(limit), "use_api_socket": .refused("there is no API", unless: ["false"]),
    "userns_mode": .refused(protection), "uts": .refused(shared, unless: ["private"]),
    "volumes_from": .refused("the mounts would be missing; name the volumes under 'volumes'"),
  ]
}
