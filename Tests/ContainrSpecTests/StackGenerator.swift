// Makes files out of attributes that go together, for laws that have to hold for every file.

enum StackGenerator {
  /// Attributes with their spellings; at most one of each is taken, so that nothing is there twice.
  private static let attributes: [[String]] = [
    ["image: app:1.10", "image: \"${REG:-r}/app@sha256:1\"", "build: ./dir\nimage: x", "layers: [./base, /abs.tar]"],
    ["command: run --flag \"two words\"", "command: [a, \"b c\", 1.50, true]", "command: []", "command:"],
    ["entrypoint: /init", "entrypoint: [sh, -c, 'echo $$HOME']", "entrypoint: []"],
    ["environment: [A=1, B, \"C=x=y\", D=]", "environment: {A: 1, B: , C: yes, D: 0777, E: \"$$x ${SET}\"}"],
    ["env_file: a.env", "env_file: [a.env, {path: b.env, required: false}]", "env_file: [{path: c.env, format: raw}]"],
    [
      "ports: [80, \"8080:80\", \"127.0.0.1:5000-5002:6000-6002/udp\"]", "ports: [{target: 80, published: 8080-8090}]",
      "ports: [{target: 53, protocol: udp, mode: host, host_ip: 10.0.0.1, name: dns, app_protocol: dns}]",
    ],
    [
      "volumes: [./a:/a:ro, data:/b, /anonymous, ~/x:/x:z]",
      "volumes: [{type: bind, source: ./a, target: /a/, bind: {create_host_path: false, propagation: rslave}}]",
      "volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1.5m, mode: 0o1770}}, {type: volume, target: /v}]",
    ],
    ["networks: [front]", "networks: {front: {aliases: [w, x], ipv4_address: 10.0.0.9, priority: 5}, default: }"],
    ["depends_on: [other]", "depends_on: {other: {condition: service_completed_successfully, required: false}}"],
    [
      "healthcheck: {test: curl x, interval: 90s, retries: 5}", "healthcheck: {test: [CMD, a], start_period: 1h}",
      "healthcheck: {disable: true}",
    ],
    [
      "deploy: {replicas: 2, resources: {limits: {cpus: '0.50', memory: 50M}, reservations: {memory: 20m}}}",
      "deploy: {restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3}}",
    ],
    ["mem_limit: 1.5gb", "mem_limit: 67108864"], ["cpus: 1.5", "cpus: '.5'"], ["pids_limit: -1", "pids_limit: 0x10"],
    ["labels: [a=b, c, \"d=e=f\"]", "labels: {a: b, c: , d: 1.50}"], ["restart: on-failure:3", "restart: \"no\""],
    ["ulimits: {nofile: 1024}", "ulimits: {nofile: {soft: 1, hard: 2}, core: 0}"],
    ["extra_hosts: [\"a:1.2.3.4\", \"b=::1\"]", "extra_hosts: {a: [1.2.3.4, \"::1\"], h: host-gateway}"],
    ["logging: {driver: local, options: {max-size: 10m, max-file: 3}}"], ["stop_grace_period: 1m30.5s"],
    ["stop_signal: SIGINT", "stop_signal: 15"], ["user: 0", "user: \"1000:1000\"", "user: ${GONE:-}"],
    ["tmpfs: /run", "tmpfs: [/run, \"/tmp:size=1m,mode=1777\"]"], ["dns: 1.1.1.1", "dns: [1.1.1.1, 8.8.8.8]"],
    ["secrets: [token]", "secrets: [{source: token, target: t, uid: \"1\", mode: 0o440}]"], ["configs: [settings]"],
    ["profiles: [debug]"], ["sysctls: {net.core.somaxconn: 1024}", "sysctls: [net.core.somaxconn=1024]"],
    ["devices: [\"/dev/null:/dev/x:r\"]"], ["expose: [80, \"90/udp\", 1-5]"], ["cap_add: [NET_ADMIN]"],
    ["read_only: true", "read_only: ${GONE:-false}"], ["shm_size: 64m"], ["hostname: web.local"], ["init: true"],
    ["x-own: {a: [1, 2.50, true, null, text], b: \"$$\"}"], ["container_name: the-one"], ["platform: linux/amd64"],
    ["develop: {watch: [{path: ./src, action: sync, target: /src}]}"], ["gpus: all"], ["pull_policy: every_12h"],
    ["post_start: [{command: [a, b], user: root}]"], ["annotations: [a=b]"], ["attach: false"],
    ["group_add: [mail, 5]"],
  ]

  static func file(_ random: inout some RandomNumberGenerator) -> String {
    var text = Bool.random(using: &random) ? "name: generated\n" : ""
    text += "services:\n  other: {image: other, healthcheck: {test: x}}\n  web:\n"
    for (index, spellings) in attributes.enumerated() where index == 0 || Int.random(in: 0..<4, using: &random) == 0 {
      for line in spellings.randomElement(using: &random)!.split(separator: "\n") { text += "    \(line)\n" }
    }
    text += "networks: {front: {driver: bridge, ipam: {config: [{subnet: 10.0.0.0/24}]}}, unused: {internal: true}}\n"
    text += "volumes: {data: {labels: [a=b]}, kept: {external: true, name: real}}\n"
    text += "secrets: {token: {file: ./token}}\nconfigs: {settings: {content: \"a=$$1\\n\"}}\n"
    return text
  }
}
