// Every service attribute of the Compose Specification (2026-06), ours, and what this version does with it.

extension KeyTable {
  private static let limit = "this limit would not be applied"
  private static let protection = "this protection would not be applied"

  /// `services.NAME`.
  static let service = KeyTable(
    attribute: "a service attribute", definition: "service",
    summary: "One service: a root file system, a command, and what it may use.",
    synonyms: [
      "env": "environment", "envs": "environment", "vars": "environment", "cmd": "command", "args": "command",
      "run": "command", "port": "ports", "publish": "ports", "volume": "volumes", "mounts": "volumes",
      "binds": "volumes", "network": "networks", "nets": "networks", "depends": "depends_on", "requires": "depends_on",
      "after": "depends_on", "health": "healthcheck", "replica": "scale", "replicas": "scale", "layer": "layers",
      "rootfs": "layers", "lowerdir": "layers", "workdir": "working_dir", "cwd": "working_dir", "dir": "working_dir",
      "memory": "mem_limit", "mem": "mem_limit", "memory_limit": "mem_limit", "cpu": "cpus", "cpu_limit": "cpus",
      "pids": "pids_limit", "capabilities": "cap_add", "caps": "cap_add", "restart_policy": "restart",
      "stop_timeout": "stop_grace_period", "host": "hostname", "readonly": "read_only", "label": "labels",
      "uid": "user", "blkio": "blkio_config", "resources": "deploy", "limits": "deploy", "secret": "secrets",
      "config": "configs", "profile": "profiles", "device": "devices", "log": "logging", "extend": "extends",
      "hosts": "extra_hosts", "grace_period": "stop_grace_period",
      "name": "container_name", "dependencies": "depends_on", "deps": "depends_on", "start_command": "command",
      "entry": "entrypoint", "pull": "pull_policy", "arch": "platform", "shm": "shm_size", "signal": "stop_signal",
    ],
    [
      sourceRules, processRules, filesRules, networkRules, resourcesRules, securityRules, lifeRules, legacyRules,
    ].flatMap { $0 })

  private static let sourceRules: [KeyRule] = [
    .key(
      "layers", .list(.scalar(.layer), .position),
      "The read-only layers of the root file system, lowest first and above those of `image`: directories, tar archives (.tar, .tar.gz, .tgz, .tar.zst, .tar.xz), OCI layouts (oci:DIRECTORY[:NAME]), images (image:REFERENCE). Relative paths count from the project directory.",
      examples: ["[\"./base.tar\", \"./site\"]"], merge: .replace
    ).filled(),
    .key(
      "image", .scalar(.string),
      "The image to run; what it says of command, variables, user and the like holds where the service says nothing."),
    .refused(
      "build", .short(.contextPath, .build), "How to build the image.",
      because: "images are not built; build a directory or an archive first and name it under 'layers'"),
    .key(
      "pull_policy", .scalar(.pullPolicy),
      "When to pull the image: missing (the default), always, never, daily, weekly, every_12h; refresh with `pull_refresh_after`."
    ),
    .key("pull_refresh_after", .scalar(.duration), "How old a pulled image may be; with pull_policy: refresh."),
    .key("platform", .scalar(.string), "The platform of the image, as os/arch/variant; this machine's if left out."),
    .key("extends", .short(.string, .extends), "Another service whose attributes this one takes over."),
    .refused(
      "provider", .object(.provider), "An outside tool that provides the service.",
      because: "the service would not be there"),
    .key("profiles", .set(.string), "The service is left out unless one of these profiles is active."),
    .key("scale", .scalar(.integer(0...10_000)), "Number of containers."),
    .key("deploy", .object(.deploy), "Replicas, limits and restart policy."),
    .ignored("develop", .object(.develop), "What a development tool does when files change."),
    .key("x-containr", .object(.containrService), "What Containr adds to the Compose Specification, key by key."),
  ]

  private static let processRules: [KeyRule] = [
    .key(
      "command", .command,
      "The arguments, or the whole command if there is no entrypoint. A string is split as a shell does, without running a shell.",
      merge: .replace),
    .key("entrypoint", .command, "The first part of the argument vector.", merge: .replace),
    .key(
      "environment", .pairs(.environment), "Environment variables. A name without a value takes the caller's value."),
    .key(
      "env_file", .oneOrMany(.short(.hostPath, .envFile), .path),
      "Files with environment variables; `environment` wins over them, later files over earlier ones."),
    .key("working_dir", .scalar(.containerPath), "Absolute directory inside the container."),
    .key("user", .scalar(.user), "uid, uid:gid, name or name:group; 0:0 if left out.", examples: ["\"1000:1000\""]),
    .key("hostname", .scalar(.hostName), "The host name inside the container."),
    .key("domainname", .scalar(.hostName), "The NIS domain name inside the container."),
    .key("group_add", .set(.id), "Further groups of the process; names are those of the container's /etc/group."),
    .key("init", .boolean, "Run a small init of Containr's as the first process: it reaps, and passes signals on."),
    .key("tty", .boolean, "Give the process a terminal; `containr attach` leads to it."),
    .key("stdin_open", .boolean, "Keep the standard input open, for `containr attach`."),
    .ignored("attach", .boolean, "Show the service's logs with an attached `up`.", unless: ["true"]),
    .key("labels", .pairs(.labels), "Labels, for other tools."),
    .key("label_file", .oneOrMany(.hostPath), "Files with labels; `labels` wins over them."),
    .key("annotations", .pairs(.labels), "Annotations of the container, for other tools."),
    .key(
      "container_name", .scalar(.objectName("container")),
      "A further name of the only container on its networks; commands know it as STACK-SERVICE-1."),
    .key("logging", .object(.logging), "How output is kept.", merge: .sameDriver),
  ]

  private static let filesRules: [KeyRule] = [
    .key(
      "volumes", .list(.short(.mountShort, .mount), .mountTarget), "Mounts: SOURCE:TARGET[:ro], or the long form.",
      examples: ["[\"./site:/srv/www:ro\", \"data:/var/lib/data\"]"]),
    .key("tmpfs", .oneOrMany(.scalar(.tmpfsShort), .tmpfsTarget), "tmpfs mounts: TARGET[:size=64m,mode=1777]."),
    .key(
      "configs", .list(.short(.fileMountShort, .fileMount), .fileTarget("")), "Files from the top-level `configs`."),
    .key(
      "secrets", .list(.short(.fileMountShort, .fileMount), .fileTarget("/run/secrets")),
      "Files from the top-level `secrets`."),
    .refused(
      "volumes_from", .set(.text), "Mounts of other services or containers.",
      because: "the mounts would be missing; name the volumes under 'volumes'"),
    .key(
      "devices", .list(.short(.deviceShort, .device), .deviceTarget),
      "Devices of the host: HOST:CONTAINER[:rwm]; a directory stands for those in it, and VENDOR/CLASS=NAME is a CDI device.",
      examples: ["[\"/dev/fuse\", \"/dev/ttyUSB0:/dev/modem:rw\"]"]),
    .key(
      "gpus", .word(.oneOf(["all"]), .items(.object(.gpu))),
      "GPUs of the host, as its CDI specifications describe them."),
    .key("read_only", .boolean, "Mount the root file system read-only."),
    .refused(
      "storage_opt", .mapping(.any, .scalar(.any), nullable: false), "Options of the storage driver.", because: limit),
    .key("shm_size", .scalar(.byteSize), "The size of /dev/shm; 64m by default.", examples: ["\"256m\""]),
  ]

  private static let networkRules: [KeyRule] = [
    .key(
      "ports", .list(.short(.portShort, .port), .port), "Published ports.",
      examples: ["[\"8080:80\", \"127.0.0.1:5432:5432\"]"]),
    .metadata("expose", .set(.exposed), "Ports that other services use; for readers only."),
    .key("networks", .names(.attachment), "The networks that the service joins; `default` if left out."),
    .key(
      "network_mode", .scalar(.networkMode),
      "none, host, or the network of another one: service:NAME, container:NAME. bridge is the network `default`."),
    .key("mac_address", .scalar(.macAddress), "The MAC address on the first network."),
    .key(
      "links", .set(.text), "Other names of other services, for this one alone: SERVICE:NAME. They are started first."),
    .key(
      "external_links", .set(.text),
      "Other names of containers of any stack, on a network of both, for this service alone: CONTAINER:NAME."),
    .key(
      "extra_hosts", .pairs(.hosts), "Further entries of /etc/hosts; host-gateway stands for the host.",
      merge: .appendDistinct),
    .key(
      "dns", .oneOrMany(.nameServer),
      "Who is asked for names that are none of the stack's; the host's name servers if left out."),
    .key("dns_opt", .set(.string), "Options of the resolver, as in resolv.conf(5)."),
    .key("dns_search", .oneOrMany(.string), "Domains that are tried behind a short name; '.' for none."),
    .refused(
      "use_api_socket", .boolean, "Give the container the engine's API socket.", because: "there is no API",
      unless: ["false"]),
  ]

  private static let resourcesRules: [KeyRule] = [
    .key(
      "mem_limit", .scalar(.byteSize), "Memory limit; the container is killed above it.",
      examples: ["\"64m\"", "\"1.5g\""]),
    .key("mem_reservation", .scalar(.byteSize), "Memory that is left to the container when the host is short of it."),
    .key("memswap_limit", .scalar(.byteSizeOrUnlimited), "Memory and swap together; -1 is unlimited."),
    .key("mem_swappiness", .scalar(.integer(-1...100)), "How readily memory is swapped out (cgroup v1)."),
    .key("cpus", .scalar(.processors), "CPU time: 1.5 is one and a half CPUs."),
    .key(
      "cpu_shares", .scalar(.integer(0...262_144)),
      "Weight against other containers when CPUs are busy: 2 to 262144, 1024 by default."),
    .key("cpuset", .scalar(.cpuset), "The CPUs that may be used.", examples: ["\"0-1,3\""]),
    .key("cpu_count", .scalar(.integer(0...100_000)), "Number of CPUs; the same as `cpus`."),
    .refused(
      "cpu_percent", .scalar(.number(0...100)), "Share of all CPUs.",
      because: "it is Windows's, and Linux would share otherwise; use 'cpus'"),
    .key("cpu_period", .scalar(.durationOrNumber), "The period of the CPU quota, microseconds; 100000 by default."),
    .key("cpu_quota", .scalar(.durationOrNumber), "CPU time in a period, microseconds."),
    .key("cpu_rt_period", .scalar(.durationOrNumber), "The period of the real-time quota, microseconds (cgroup v1)."),
    .key("cpu_rt_runtime", .scalar(.durationOrNumber), "Real-time CPU time in a period, microseconds (cgroup v1)."),
    .key("pids_limit", .scalar(.integer(-1...4_194_304)), "Processes and threads at the same time; -1 is unlimited."),
    .key("blkio_config", .object(.blockIO), "Weights and limits of block devices."),
    .key("ulimits", .mapping(.any, .ulimit, nullable: false), "Resource limits of processes, as in getrlimit(2)."),
    .key("oom_kill_disable", .boolean, "Do not kill the process when memory runs out: it waits (cgroup v1)."),
    .key("oom_score_adj", .scalar(.integer(-1000...1000)), "Which processes the kernel kills first."),
    .key(
      "cgroup_parent", .scalar(.string), "The cgroup of the host to put the container's into, as a path.",
      examples: ["\"/jobs/nightly\""]),
  ]

  private static let securityRules: [KeyRule] = [
    .key("cap_add", .set(.capability), "Capabilities beyond the default set, with or without CAP_; ALL."),
    .key("cap_drop", .set(.capability), "Capabilities to take away, before others are added; ALL."),
    .key("privileged", .boolean, "All capabilities and devices, nothing masked, no filter of system calls."),
    .key(
      "security_opt", .set(.text),
      "no-new-privileges, seccomp=FILE, seccomp=unconfined, systempaths=unconfined, apparmor=PROFILE, label=…",
      examples: ["[\"no-new-privileges:true\"]"]),
    .key(
      "sysctls", .pairs(.labels), "Kernel parameters of the container's namespaces: net.*, kernel.shm*, fs.mqueue.*"),
    .key("device_cgroup_rules", .set(.deviceRule), "Devices that may be used beyond the usual ones, as 'c 1:3 rwm'."),
    .key("cgroup", .scalar(.oneOf(["host", "private"])), "Whose cgroup namespace."),
    .key(
      "ipc", .scalar(.namespace(["host", "private", "shareable", "none"])),
      "Whose IPC namespace and /dev/shm: host, service:NAME, container:NAME; none has a /dev/shm that takes nothing."),
    .key(
      "pid", .scalar(.namespace(["host", "private"])), "Whose process namespace: host, service:NAME, container:NAME."),
    .key("uts", .scalar(.namespace(["host", "private"])), "Whose host name."),
    .key(
      "userns_mode", .scalar(.string),
      "host: the host's ids; auto: ids of its own, of the ranges that /etc/subuid and /etc/subgid give to containr."
    ),
    .refused("isolation", .scalar(.string), "The isolation technology.", because: protection, unless: ["default"]),
    .refused(
      "runtime", .scalar(.string), "The OCI runtime.",
      because: "Containr is the runtime, and starts no other one; remove it"),
    .refused("credential_spec", .object(.credentialSpec), "Windows credentials.", because: "Windows only"),
  ]

  private static let lifeRules: [KeyRule] = [
    .key(
      "depends_on", .names(.dependency), "Services that must be started, healthy or completed first."),
    .key("healthcheck", .object(.healthcheck), "How to find out whether the container is healthy."),
    .key(
      "restart", .scalar(.restart), "When to start the container again.",
      examples: ["\"unless-stopped\"", "\"on-failure:3\""]),
    .key(
      "stop_signal", .scalar(.signal), "The signal that asks the container to end; SIGTERM by default.",
      examples: ["\"SIGINT\""]),
    .key(
      "stop_grace_period", .scalar(.duration), "How long to wait before SIGKILL; 10s by default.",
      examples: ["\"10s\"", "\"1m30s\""]),
    .key(
      "pre_start", .items(.object(.preStart)),
      "Commands that run before the container starts, each in a container of its own; each has to end with 0."),
    .key(
      "post_start", .items(.object(.hook)),
      "Commands that run in the container after each start; each has to end with 0."),
    .key(
      "pre_stop", .items(.object(.hook)),
      "Commands that run in the container before it is stopped, within its grace period."),
  ]

  private static let legacyRules: [KeyRule] = [
    .refused("models", .names(.modelUse), "AI models that the service uses.", because: "the model would be missing")
  ]
}
