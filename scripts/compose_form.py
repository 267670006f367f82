"""One normal form for the `config` outputs of different Compose tools, so that what means the same is equal.

Every rule says why the two spellings mean the same. Used by compare-compose.py; needs nothing but Python.
"""

import posixpath
import re
import shlex

EMPTY = (None, [], {}, "")


class KeptMapping(dict):
    """A mapping in which an empty value says something: a variable can be empty, a network needs no attributes."""


class KeptList(list):
    """A list that says something even without items: a command of no words clears the image's."""


def text(value):
    """YAML and JSON differ in types where Compose only knows text: 1 is '1', true is 'true', no value is ''."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def listed(value):
    """One string stands for a list of one (`dns: 1.1.1.1`)."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def mapped(value, separator="="):
    """`- KEY=value` and `KEY: value` are the same entry; a key without a value that nobody sets has no effect."""
    if isinstance(value, list):
        pairs = [text(item).partition(separator) for item in value]
        value = {key: (rest if sign else None) for key, sign, rest in pairs}
    return KeptMapping({text(key): text(item) for key, item in (value or {}).items() if item is not None})


def labels(value):
    """As `mapped`, but a label without a value is there, with empty text."""
    if isinstance(value, list):
        pairs = [text(item).partition("=") for item in value]
        return KeptMapping({key: rest for key, _, rest in pairs})
    return KeptMapping({text(key): text(item) for key, item in (value or {}).items()})


def words(value):
    """A command as one string is split as a shell does; null is the image's own; [] and '' are no words at all."""
    if value is None:
        return None
    if isinstance(value, list):
        return KeptList(text(item) for item in value)
    try:
        return KeptList(shlex.split(text(value)))
    except ValueError:
        return KeptList([text(value)])


UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9, "w": 604800 * 10**9}


def duration(value):
    """`90s` and `1m30s` are the same time, here in nanoseconds."""
    if value is None:
        return None
    parts = re.findall(r"([0-9.]+)(ns|us|µs|ms|s|m|h|d|w)", text(value))
    if not parts or "".join(number + unit for number, unit in parts) != text(value):
        return text(value)
    return round(sum(float(number) * UNITS[unit] for number, unit in parts))


def size(value):
    """`64m`, `64MB` and 67108864 are the same number of bytes."""
    if value is None:
        return None
    match = re.fullmatch(r"([0-9.]+) ?([kmgtp]?)(i?b)?", text(value).lower())
    if not match:
        return text(value)
    return round(float(match[1]) * 1024 ** " kmgtp".index(match[2] or " "))


def number(value):
    """0.5, '0.5' and '.50' are the same number."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def boolean(value):
    """Interpolated values are text until a tool casts them."""
    return {"true": True, "false": False}.get(text(value).lower(), value)


def ports(value):
    """Short and long form, ranges and single ports, numbers and text: one (address, host, container, protocol) each."""
    out = set()
    for entry in listed(value):
        if isinstance(entry, dict):
            out |= expanded(
                text(entry.get("host_ip")), text(entry.get("published")), text(entry.get("target")),
                text(entry.get("protocol")) or "tcp")
            continue
        rest, _, protocol = text(entry).partition("/")
        rest, _, target = rest.rpartition(":")
        address, _, published = rest.rpartition(":")
        out |= expanded(address.strip("[]"), published, target, protocol or "tcp")
    return sorted(out)


def expanded(address, published, target, protocol):
    # All addresses are the default, and 0 is "any free port".
    address = "" if address in ("0.0.0.0", "::") else address
    published = "" if published == "0" else published
    targets, hosts = span(target), span(published)
    if len(targets) == len(hosts):
        return {(address, host, inner, protocol.lower()) for host, inner in zip(hosts, targets)}
    return {(address, published, inner, protocol.lower()) for inner in targets}


def span(ports):
    match = re.fullmatch(r"(\d+)-(\d+)", ports)
    if not match or not 0 <= int(match[2]) - int(match[1]) <= 65535:
        return [ports]
    return [text(port) for port in range(int(match[1]), int(match[2]) + 1)]


class Form:
    """The normal form of one model; knows the directory that relative paths count from."""

    def __init__(self, directory, home, escapes):
        self.directory = directory
        self.home = home
        # docker's tools write `$` as `$$`, so that their output can be read again; podman-compose does not.
        self.escapes = escapes

    def model(self, model):
        model = self.unescaped(model)
        project = text(model.get("name"))
        out = {
            "services": {name: self.service(each or {}) for name, each in (model.get("services") or {}).items()},
        }
        for kind in ("networks", "volumes", "secrets", "configs"):
            out[kind] = {key: self.resource(kind, key, each or {}, project) for key, each in (model.get(kind) or {}).items()}
        self.drop_unused(out)
        for kind in out:
            out[kind] = {key: pruned(each) for key, each in out[kind].items()}
        for key in model:
            if key.startswith("x-"):
                out[key] = pruned(model[key])
        if "models" in model:
            out["models"] = pruned(model["models"])
        # `version` says nothing any more; `name` shows in the names of networks and volumes.
        return out

    def drop_unused(self, out):
        """What no service uses has no effect; docker compose leaves it out, others show it."""
        services = [each for each in out["services"].values()]
        builds = [each.get("build") or {} for each in services]
        used = {
            "networks": {name for each in services for name in each.get("networks") or []},
            "volumes": {mount.get("source") for each in services for mount in each.get("volumes") or []},
            "secrets": {item.get("source") for each in services + builds for item in each.get("secrets") or []},
            "configs": {item.get("source") for each in services for item in each.get("configs") or []},
        }
        for kind, names in used.items():
            out[kind] = {key: each for key, each in out[kind].items() if key in names}
        # Nobody needs to be told of a network that every tool makes for services that name none.
        if out["networks"].get("default") == {}:
            del out["networks"]["default"]

    def unescaped(self, value):
        if isinstance(value, dict):
            return {key: self.unescaped(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.unescaped(each) for each in value]
        if isinstance(value, str) and self.escapes:
            return value.replace("$$", "$")
        return value

    def path(self, path):
        """Relative paths count from the project's directory, `~` is the home directory."""
        path = text(path)
        if path == "~" or path.startswith("~/"):
            path = self.home + path[1:]
        if "://" in path or path.startswith("git@"):
            return path
        # normpath keeps two slashes at the beginning; Linux does not.
        return re.sub("^//+", "/", posixpath.normpath(posixpath.join(self.directory, path)))

    def resource(self, kind, key, each, project):
        each = dict(each)
        external = each.get("external")
        if isinstance(external, dict):
            # The old form `external: {name: x}`.
            each["name"] = external.get("name", key)
            each["external"] = True
        each["external"] = boolean(each.get("external")) or None
        # The default name is said by some and left out by others.
        if text(each.get("name")) == (key if each["external"] else f"{project}_{key}"):
            each["name"] = None
        if "file" in each:
            each["file"] = self.path(each["file"])
        for part in ("driver_opts", "labels"):
            if part in each:
                each[part] = labels(each[part])
        for part in ("internal", "attachable", "enable_ipv6", "enable_ipv4"):
            if part in each:
                # What is false by default says nothing when it is written out.
                each[part] = boolean(each[part]) or (None if part != "enable_ipv4" else False)
        if each.get("enable_ipv4") is True:
            each["enable_ipv4"] = None
        return pruned(each)

    def service(self, service):
        out = dict(service)
        for key, value in service.items():
            rule = self.RULES.get(key)
            if rule:
                out[key] = rule(self, value)
        self.implied(out)
        if not out.get("network_mode") and not out.get("networks") and "provider" not in out:
            out["networks"] = KeptMapping(default={})
        return pruned(out)

    def implied(self, out):
        """docker compose v2 writes the dependencies that `links` and shared namespaces bring; the key itself stays."""
        names = [text(link).partition(":")[0] for link in out.get("links") or []]
        names += [text(each).partition(":")[0] for each in out.get("volumes_from") or []]
        for key in ("network_mode", "ipc", "pid", "uts", "cgroup"):
            kind, _, name = text(out.get(key)).partition(":")
            if kind == "service":
                names.append(name)
        wanted = dict(out.get("depends_on") or {})
        for name in names:
            if wanted.get(name, {}).get("condition", "service_started") == "service_started":
                wanted.pop(name, None)
        out["depends_on"] = wanted

    def build(self, value):
        """`build: DIR` is `build: {context: DIR}`; `Dockerfile` is the default's name."""
        build = {"context": value} if not isinstance(value, dict) else dict(value)
        build["context"] = self.path(build.get("context") or ".")
        if "dockerfile_inline" not in build and text(build.get("dockerfile")) in ("", "Dockerfile"):
            build["dockerfile"] = None
        for key in ("args", "additional_contexts"):
            if key in build:
                build[key] = mapped(build[key])
        if "ssh" in build:
            build["ssh"] = labels(build["ssh"])
        if "labels" in build:
            build["labels"] = labels(build["labels"])
        if "shm_size" in build:
            build["shm_size"] = size(build["shm_size"])
        if "secrets" in build:
            build["secrets"] = self.files(build["secrets"], "/run/secrets/")
        return pruned(build)

    def volumes(self, value):
        """Short and long form; a bind makes its host path unless it says otherwise."""
        out = []
        for entry in listed(value):
            each = dict(entry) if isinstance(entry, dict) else short_volume(text(entry))
            kind = each.get("type") or "volume"
            each["type"] = kind
            each["target"] = posixpath.normpath(text(each.get("target")))
            if kind == "bind":
                each["source"] = self.path(each.get("source"))
                bind = dict(each.get("bind") or {})
                if boolean(bind.get("create_host_path", True)) is True:
                    bind.pop("create_host_path", None)
                each["bind"] = bind
            each["read_only"] = boolean(each.get("read_only")) or None
            # Only macOS ever looked at it.
            each.pop("consistency", None)
            tmpfs = each.get("tmpfs")
            if tmpfs:
                each["tmpfs"] = {**tmpfs, "size": size(tmpfs.get("size"))}
            out.append(pruned(each))
        return sorted(out, key=lambda each: (each["target"], each["type"]))

    def files(self, value, folder):
        """`- name` is `{source: name}` at the default place; modes are octal."""
        out = []
        for entry in listed(value):
            each = dict(entry) if isinstance(entry, dict) else {"source": entry}
            target = text(each.get("target")) or text(each.get("source"))
            each["target"] = target if target.startswith("/") else folder + target
            mode = each.get("mode")
            if mode is not None:
                each["mode"] = format(mode, "o") if isinstance(mode, int) else text(mode).lstrip("0o") or "0"
            for key in ("uid", "gid"):
                if key in each:
                    each[key] = text(each[key])
            out.append(pruned(each))
        return sorted(out, key=lambda each: each["target"])

    def healthcheck(self, value):
        """One string is a shell command; `disable: true` and the test NONE are the same."""
        each = dict(value or {})
        test = each.get("test")
        if isinstance(test, str):
            each["test"] = ["CMD-SHELL", test]
        elif test is not None:
            each["test"] = [text(word) for word in test]
        if boolean(each.get("disable")) is True or each.get("test") == ["NONE"]:
            return {"test": ["NONE"]}
        each.pop("disable", None)
        for key in ("interval", "timeout", "start_period", "start_interval"):
            if key in each:
                each[key] = duration(each[key])
        if "retries" in each:
            each["retries"] = number(each["retries"])
        return pruned(each)

    def depends_on(self, value):
        """A list is a mapping with `service_started`; `required` is the default."""
        if isinstance(value, list):
            value = {name: {} for name in value}
        out = {}
        for name, each in (value or {}).items():
            each = dict(each or {})
            out[text(name)] = pruned({
                "condition": each.get("condition") or "service_started",
                "restart": boolean(each.get("restart")) or None,
                "required": None if boolean(each.get("required", True)) is True else False,
            })
        return out

    def networks(self, value):
        """A list is a mapping to nothing; aliases have no order."""
        if isinstance(value, list):
            value = {name: None for name in value}
        out = KeptMapping()
        for name, each in (value or {}).items():
            each = dict(each or {})
            if "aliases" in each:
                each["aliases"] = sorted(map(text, each["aliases"] or []))
            out[text(name)] = pruned(each)
        return out

    def deploy(self, value):
        each = dict(value or {})
        if each.get("mode") == "replicated":
            each["mode"] = None
        if "labels" in each:
            each["labels"] = labels(each["labels"])
        resources = each.get("resources") or {}
        for part in ("limits", "reservations"):
            limit = dict(resources.get(part) or {})
            if "cpus" in limit:
                limit["cpus"] = number(limit["cpus"])
            if "memory" in limit:
                limit["memory"] = size(limit["memory"])
            if "pids" in limit:
                limit["pids"] = number(limit["pids"])
            if "devices" in limit:
                limit["devices"] = [self.gpu(device) for device in limit["devices"]]
            resources = {**resources, part: limit}
        each["resources"] = resources
        for part in ("restart_policy", "update_config", "rollback_config"):
            if part in each:
                each[part] = {
                    key: duration(item) if key in ("delay", "window", "monitor") else number(item)
                    for key, item in (each[part] or {}).items()
                }
        if "replicas" in each:
            each["replicas"] = number(each["replicas"])
        return pruned(each)

    def gpu(self, value):
        """All devices are the default where none are named; docker compose writes -1 for them."""
        each = dict(value)
        if not each.get("device_ids"):
            each["count"] = -1 if each.get("count") in (None, "all") else number(each["count"])
        return each

    def extra_hosts(self, value):
        """`host:address`, `host=address` and a mapping of either one address or a list."""
        if isinstance(value, list):
            pairs = [re.split("[=:]", text(item), maxsplit=1) for item in value]
        else:
            pairs = [(host, address) for host, addresses in (value or {}).items() for address in listed(addresses)]
        return sorted([text(pair[0]), text(pair[1] if len(pair) > 1 else "").strip("[]")] for pair in pairs)

    def ulimits(self, value):
        """One number is both limits; docker compose v2 leaves out what is 0."""
        out = {}
        for name, each in (value or {}).items():
            each = each if isinstance(each, dict) else {"soft": each, "hard": each}
            out[name] = [number(each.get("soft", 0)), number(each.get("hard", 0))]
        return out

    def devices(self, value):
        """Short and long form; `rwm` is the default."""
        out = []
        for entry in listed(value):
            if isinstance(entry, dict):
                source, target, rights = (text(entry.get(key)) for key in ("source", "target", "permissions"))
            else:
                source, target, rights = (text(entry).split(":") + ["", ""])[:3]
            out.append([source, target or source, rights or "rwm"])
        return sorted(out)

    def logging(self, value):
        return pruned({**value, "options": mapped(value.get("options"))}) if value else {}

    def env_file(self, value):
        """docker's tools read the files and write the variables; the list of files is then gone."""
        return None

    def restart(self, value):
        """YAML 1.1 reads `no` as false, and `no` is the default."""
        return None if value is False or text(value) == "no" else text(value)

    def pull_policy(self, value):
        return "missing" if value == "if_not_present" else value

    RULES = {
        "build": build, "volumes": volumes, "healthcheck": healthcheck, "depends_on": depends_on,
        "networks": networks, "deploy": deploy, "extra_hosts": extra_hosts, "ulimits": ulimits, "devices": devices,
        "logging": logging, "env_file": env_file, "label_file": env_file, "restart": restart,
        "pull_policy": pull_policy,
        "secrets": lambda self, value: self.files(value, "/run/secrets/"),
        "configs": lambda self, value: self.files(value, "/"),
        "command": lambda self, value: words(value), "entrypoint": lambda self, value: words(value),
        "environment": lambda self, value: mapped(value),
        "labels": lambda self, value: labels(value), "annotations": lambda self, value: mapped(value),
        "sysctls": lambda self, value: mapped(value), "storage_opt": lambda self, value: mapped(value),
        "ports": lambda self, value: ports(value),
        # A port that is exposed and a protocol that is the default.
        "expose": lambda self, value: sorted({text(port).removesuffix("/tcp") for port in listed(value)}),
        # Order has no meaning in these.
        "gpus": lambda self, value: [self.gpu({} if each == "all" else each) for each in listed(value)],
        "cap_add": lambda self, value: sorted(map(text, listed(value))),
        "cap_drop": lambda self, value: sorted(map(text, listed(value))),
        "profiles": lambda self, value: sorted(map(text, listed(value))),
        "links": lambda self, value: sorted(map(text, listed(value))),
        "external_links": lambda self, value: sorted(map(text, listed(value))),
        "group_add": lambda self, value: sorted(map(text, listed(value))),
        # The colon is the old spelling.
        "security_opt": lambda self, value: sorted(text(each).replace(":", "=", 1) for each in listed(value)),
        "dns": lambda self, value: [text(each) for each in listed(value)],
        "dns_search": lambda self, value: [text(each) for each in listed(value)],
        "dns_opt": lambda self, value: [text(each) for each in listed(value)],
        "tmpfs": lambda self, value: sorted(map(text, listed(value))),
        "stop_grace_period": lambda self, value: duration(value),
        **{key: (lambda self, value: size(value)) for key in ("mem_limit", "mem_reservation", "memswap_limit", "shm_size")},
        **{
            key: (lambda self, value: number(value))
            for key in ("cpus", "cpu_shares", "cpu_quota", "cpu_period", "cpu_count", "cpu_percent", "pids_limit",
                        "oom_score_adj", "mem_swappiness", "scale")
        },
        # What is off by default says nothing when it is written out.
        **{
            key: (lambda self, value: boolean(value) or None)
            for key in ("privileged", "read_only", "tty", "stdin_open", "init", "oom_kill_disable", "use_api_socket")
        },
        **{
            key: (lambda self, value: text(value))
            for key in ("image", "container_name", "hostname", "domainname", "user", "working_dir", "stop_signal",
                        "network_mode", "platform", "mac_address", "cpuset")
        },
    }


def short_volume(value):
    """`[SOURCE:]TARGET[:OPTIONS]`; what begins with `.`, `/` or `~` is a path of the host."""
    parts = value.split(":")
    if len(parts) == 1:
        return {"type": "volume", "target": value}
    each = {"source": parts[0], "target": parts[1]}
    each["type"] = "bind" if parts[0][:1] in (".", "/", "~") else "volume"
    for option in ",".join(parts[2:]).split(","):
        if option == "ro":
            each["read_only"] = True
        elif option in ("z", "Z"):
            each["bind"] = {**each.get("bind", {}), "selinux": option}
        elif option == "nocopy":
            each["volume"] = {"nocopy": True}
        elif option in ("shared", "slave", "private", "rshared", "rslave", "rprivate"):
            each["bind"] = {**each.get("bind", {}), "propagation": option}
    return each


def pruned(value):
    """Without what is empty: an empty mapping or list, nothing and empty text are the default of every key."""
    if isinstance(value, (KeptMapping, KeptList)):
        return value
    if isinstance(value, dict):
        out = {text(key): pruned(each) for key, each in value.items()}
        return {key: each for key, each in out.items() if says_something(each)}
    if isinstance(value, list):
        return [pruned(each) for each in value]
    return value


def says_something(value):
    if isinstance(value, KeptMapping):
        # Without entries it is as good as no mapping.
        return bool(value)
    return isinstance(value, (KeptList, bool)) or value not in EMPTY


def differences(ours, theirs, path=""):
    """Every path at which two normal forms differ, with both values; sorted."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(set(ours) | set(theirs)):
            # What is left after pruning says something, so a missing key is different from each of them.
            yield from differences(ours.get(key), theirs.get(key), f"{path}.{key}" if path else key)
    elif isinstance(ours, (list, tuple)) and isinstance(theirs, (list, tuple)) and len(ours) == len(theirs):
        for index, (mine, other) in enumerate(zip(ours, theirs)):
            yield from differences(mine, other, f"{path}[{index}]")
    elif ours != theirs:
        yield path, ours, theirs
