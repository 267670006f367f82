// A stack file in which one service sets every key that a plan keeps: a new key belongs here, and the tests that look at
// every field then ask for its place and its rule.

/// The stack and its text.
public enum FullStack {
  /// The file; `WORD` is a variable of its environment.
  public static let text = """
    name: full
    services:
      web:
        layers: [./base.tar, ./site]
        entrypoint: [sh, -c]
        command: [serve]
        environment: {A: "1", B: "2"}
        labels: {l: x}
        working_dir: /srv
        user: "5:6"
        hostname: web
        links: ["job:worker"]
        external_links: ["other-db-1:db"]
        extra_hosts: {nas: 10.9.9.9}
        dns: 9.9.9.9
        dns_search: lan
        dns_opt: ["ndots:1"]
        read_only: true
        stop_signal: SIGINT
        stop_grace_period: 3s
        scale: 2
        cap_add: [NET_ADMIN]
        cap_drop: [ALL]
        volumes: [./a:/a:ro, data:/b]
        tmpfs: [/c]
        ports: [80, "81/udp"]
        networks: {front: {aliases: [www]}, back: }
        depends_on: {job: {condition: service_completed_successfully}}
        mem_limit: 64m
        mem_reservation: 32m
        memswap_limit: 128m
        cpus: 1.5
        cpu_shares: 512
        cpuset: 0-1
        pids_limit: 100
        blkio_config:
          weight: 300
          weight_device: [{path: /dev/sda, weight: 400}]
          device_read_bps: [{path: /dev/sda, rate: 1m}]
          device_write_bps: [{path: /dev/sda, rate: 1m}]
          device_read_iops: [{path: /dev/sda, rate: 10}]
          device_write_iops: [{path: /dev/sda, rate: 10}]
        healthcheck: {test: x, interval: 5s, timeout: 4s, retries: 7, start_period: 9s, start_interval: 1s}
        restart: on-failure:3
        logging: {driver: local, options: {max-size: 1m, max-file: 2}}
        configs: [{source: app, mode: 0400, target: /etc/app.conf}]
        secrets: [token]
        x-containr: {on-change: "signal:HUP", security: strict, ingress: 10mbit, egress: {rate: 5mb, burst: 64k}}
        sysctls: {net.core.somaxconn: 512}
        ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}
        shm_size: 1m
        init: true
        oom_score_adj: 5
        group_add: [mail]
        annotations: {a: b}
        cgroup_parent: /jobs
        device_cgroup_rules: ["c 1:3 r"]
        security_opt: [no-new-privileges, seccomp=unconfined, systempaths=unconfined, apparmor=unconfined, label=disable]
        pid: host
        ipc: host
        cgroup: host
      job: {layers: [./base.tar], command: ["true"]}
    networks:
      front: {name: n, internal: true, ipam: {config: [{subnet: 10.9.0.0/24, gateway: 10.9.0.1}]}, driver_opts: {com.docker.network.driver.mtu: 1400}}
      back: {}
    volumes: {data: }
    configs: {app: {file: ./app.conf}}
    secrets: {token: {file: "./${WORD}"}}
    """
}
