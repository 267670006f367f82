#!/usr/bin/env python3
"""Compares how Containr and other Compose tools read real files: what loads, what is refused, what it means.

    scripts/compare-compose.py DIRECTORY...

Every *.yml and *.yaml file below the directories with a top-level `services` mapping is one case. Containr checks and
renders it (`check` and `config --format json`); so does every reference that is installed: docker compose (v2, the
reference implementation), docker-compose (1.29, Debian) and podman-compose (PyPI). Both outputs are brought into one
normal form (compose_form.py says why each step keeps the meaning) and compared. `loosely equal`: both refuse the file, for
example because it uses a volume that it does not declare, and both say the same with --no-consistency.

What the files expect around them is made up, and counted: variables that a file demands (`${NAME:?}`) are set to 1, and
files that `env_file` names but that are not there are empty ones in a copy of the directory made of links.

Exit status: 0 all files that the reference takes load and mean the same; 1 something is wrongly refused, wrongly
taken, or different; 2 the call is wrong or there was nothing to compare.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

from compose_form import Form, differences

TOP = pathlib.Path(__file__).resolve().parent.parent

# Differences that are meant, or that are the reference's own: (reference, pattern of the path, condition on our value,
# theirs and the file's text, reason).
KNOWN = [
    ("compose v2", r"models", lambda ours, theirs, file: theirs is None,
     "docker compose leaves the top-level models out of what it prints"),
    ("compose v2", r"services\..*\.x-[^.]+(\..*)?", lambda ours, theirs, file: theirs is None,
     "docker compose's JSON leaves out the x- keys of some objects inside services"),
    ("docker-compose 1", r"(.*\.)?x-[^.]+(\..*)?", lambda ours, theirs, file: theirs is None,
     "docker-compose 1 leaves x- keys out"),
    ("docker-compose 1", r".*", lambda ours, theirs, file: isinstance(theirs, str) and "${" in theirs,
     "docker-compose 1 does not replace variables inside defaults"),
    ("docker-compose 1", r"services\.[^.]+\.ports.*", lambda ours, theirs, file: base_sixty(file),
     "docker-compose 1 reads YAML 1.1: an unquoted 22:22 is a number in base 60"),
    ("podman-compose", r"services\.[^.]+\.ports.*", lambda ours, theirs, file: base_sixty(file),
     "podman-compose reads YAML 1.1: an unquoted 22:22 is a number in base 60"),
    ("podman-compose", r".*", lambda ours, theirs, file: reads_as_yaml_1_1(ours, theirs),
     "podman-compose reads YAML 1.1: yes/no/on/off are booleans, 0777 is octal, 1.10 is 1.1"),
    ("podman-compose", r"services\.[^.]+\.environment(\..*)?", lambda ours, theirs, file: theirs is None,
     "podman-compose leaves env_file to `podman run`; its output lacks those variables"),
]

# Refusals that are meant: (pattern of our words, reason). The reference takes the file, but could not start it.
REFUSED_ON_PURPOSE = []


def reads_as_yaml_1_1(ours, theirs):
    if not isinstance(ours, str):
        return False
    try:
        read = yaml.safe_load(ours)
    except yaml.YAMLError:
        return False
    shown = {True: "true", False: "false"}.get(read, str(read)) if isinstance(read, bool) else str(read)
    return not isinstance(read, str) and shown == str(theirs)


def base_sixty(file):
    return re.search(rb"^\s*-\s*\d+:[0-5]\d\s*(#.*)?$", file, re.MULTILINE)


class Case:
    """One file, and what it expects around it."""

    def __init__(self, path):
        self.path = path
        self.directory = path.parent
        self.text = path.read_bytes()
        source = self.text.decode("utf-8", "replace")
        # `1` is a number, a name and a text, so it is right in most places.
        self.required = {name: "1" for name in re.findall(r"\$\{([A-Za-z_]\w*):?\?", source)}
        self.absent = self.absent_files(source)

    def absent_files(self, source):
        try:
            model = yaml.load(source, Loader=Tolerant)
        except yaml.YAMLError:
            return []
        names = []
        for service in (model.get("services") or {}).values() if isinstance(model, dict) else []:
            named = service.get("env_file") if isinstance(service, dict) else None
            for each in named if isinstance(named, list) else [named]:
                name = each.get("path") if isinstance(each, dict) else each
                if isinstance(name, str) and "$" not in name and not (self.directory / name).exists():
                    names.append(name)
        return names

    def surroundings(self, scratch):
        """The directory to load from: the file's own, or a copy with what is absent."""
        if not self.absent:
            return self.directory
        copy = scratch / hashlib.sha256(str(self.path).encode()).hexdigest()[:12] / self.directory.name
        if not copy.exists():
            linked(self.directory, copy)
            for name in self.absent:
                place = pathlib.Path(os.path.normpath(copy / name))
                # A folder that is a link becomes one of links, or the file would land among the originals.
                for parent in reversed(place.parents):
                    if parent.is_symlink() and copy in parent.parents:
                        original = parent.resolve()
                        parent.unlink()
                        linked(original, parent)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
        return copy


def linked(original, copy):
    copy.mkdir(parents=True)
    for entry in original.iterdir():
        (copy / entry.name).symlink_to(entry)


class Tolerant(yaml.SafeLoader):
    """Reads tags it does not know, such as !reset, as what stands behind them."""


Tolerant.add_multi_constructor("!", lambda loader, suffix, node: None)


class Tool:
    """One way to run `config`: gives (model, None) or (None, why it was refused)."""

    def __init__(self, name, command, arguments, escapes=True, loosens=False):
        self.name = name
        self.command = command
        self.arguments = arguments
        self.escapes = escapes
        # Whether it has --no-consistency.
        self.loosens = loosens

    def config(self, case, directory, options, extra=()):
        place = directory / case.path.name
        arguments = [word.format(file=place, directory=directory) for word in self.arguments] + list(extra)
        # A shell always has PWD, and files use it.
        environment = {"PWD": str(directory), "PATH": options.path, "HOME": options.home, "LC_ALL": "C.UTF-8", **case.required}
        key = hashlib.sha256(
            json.dumps([self.name, self.command, arguments, str(case.path), sorted(case.required)]).encode() + case.text
        ).hexdigest()
        cached = options.cache / key if options.cache and self.name != "containr" else None
        if cached and cached.exists():
            status, out, err = json.loads(cached.read_text())
        else:
            try:
                run = subprocess.run(
                    self.command + arguments, cwd=directory, env=environment, capture_output=True, text=True,
                    errors="replace", timeout=60, stdin=subprocess.DEVNULL)
                status, out, err = run.returncode, run.stdout, run.stderr
            except subprocess.TimeoutExpired:
                status, out, err = None, "", "no answer within a minute"
            if cached:
                cached.write_text(json.dumps([status, out, err]))
        if status is None:
            return None, err
        if status != 0:
            return None, (err.strip() or out.strip() or f"exit status {status}")
        try:
            model = yaml.load(out, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except (yaml.YAMLError, ValueError) as error:
            return None, f"unreadable output: {error}"
        if not isinstance(model, dict):
            return None, "no output"
        model = renamed(model, str(directory), str(case.directory))
        return Form(str(case.directory), options.home, self.escapes).model(model), None


def renamed(value, old, new):
    if isinstance(value, dict):
        return {key: renamed(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [renamed(each, old, new) for each in value]
    return value.replace(old, new) if isinstance(value, str) and old != new else value


def installed(command, *arguments):
    try:
        run = subprocess.run(command + list(arguments), capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
        return run.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def references(options, scratch):
    """The tools that are there, the best judge first."""
    tools = []
    compose = options.compose.split() if options.compose else ["docker", "compose"]
    if installed(compose, "version"):
        tools.append(Tool(
            "compose v2", compose,
            ["-f", "{file}", "--project-directory", "{directory}", "config", "--format", "json"], loosens=True))
    old = options.docker_compose or shutil.which("docker-compose")
    if old and installed([old], "version"):
        tools.append(Tool(
            "docker-compose 1", [old], ["-f", "{file}", "--project-directory", "{directory}", "config"]))
    podman = options.podman_compose or shutil.which("podman-compose")
    if podman:
        if not shutil.which("podman"):
            # `config` asks podman for its version and for nothing else.
            stand_in = scratch / "bin" / "podman"
            stand_in.parent.mkdir()
            stand_in.write_text("#!/bin/sh\necho podman version 4.3.1\n")
            stand_in.chmod(0o755)
            options.path += f":{stand_in.parent}"
        tools.append(Tool("podman-compose", [podman], ["-f", "{file}", "config"], escapes=False))
    return tools


def cases(directories):
    for directory in directories:
        for path in sorted(pathlib.Path(directory).rglob("*")):
            if path.suffix in (".yml", ".yaml") and path.is_file() and ".git" not in path.parts:
                if re.search(rb"^services:[ \t]*(#.*)?\r?$", path.read_bytes(), re.MULTILINE):
                    yield Case(path.resolve())


def compared(reference, ours, theirs, file):
    """("equal", ""), ("known", reason) or ("different", the first path and both values)."""
    reasons = set()
    for path, mine, other in differences(ours, theirs):
        for name, pattern, condition, reason in KNOWN:
            if name == reference and re.fullmatch(pattern, path) and condition(mine, other, file):
                reasons.add(reason)
                break
        else:
            return "different", f"{path}: {short(mine)} here, {short(other)} there"
    return ("known", "; ".join(sorted(reasons))) if reasons else ("equal", "")


def short(value):
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def judged(case, containr, tools, options, scratch):
    directory = case.surroundings(scratch)
    ours, refusal = containr.config(case, directory, options)
    rows = []
    for tool in tools:
        theirs, their_refusal = tool.config(case, directory, options)
        if their_refusal == "no answer within a minute" or (their_refusal or "").startswith("unreadable"):
            rows.append((tool.name, "unknown", their_refusal))
        elif ours is None and theirs is None:
            rows.append((tool.name, *loosely(case, containr, tool, directory, options)))
        elif ours is None:
            reason = next((reason for pattern, reason in REFUSED_ON_PURPOSE if re.search(pattern, refusal)), None)
            alone = refusal.count("error[") == 1
            if rows and rows[0][1] in ("both refuse", "loosely equal"):
                rows.append((tool.name, "known", f"{tools[0].name} refuses the file as well"))
            else:
                rows.append((tool.name, "known", reason) if reason and alone else (tool.name, "false error", refusal))
        elif theirs is None:
            if rows and rows[0][1] in ("equal", "known"):
                rows.append((tool.name, "known", f"{tools[0].name} takes the file as well"))
            else:
                rows.append((tool.name, "missed error", their_refusal))
        else:
            rows.append((tool.name, *compared(tool.name, ours, theirs, case.text)))
    return case, ours is not None, refusal, rows


def loosely(case, containr, tool, directory, options):
    """Templates that another program completes use what they do not declare; what they say can be compared all the same."""
    if tool.loosens:
        ours, _ = containr.config(case, directory, options, ["--no-consistency"])
        theirs, _ = tool.config(case, directory, options, ["--no-consistency"])
        if ours is not None and theirs is not None:
            kind, detail = compared(tool.name, ours, theirs, case.text)
            return (kind, f"without consistency: {detail}") if kind == "different" else ("loosely equal", "")
    return "both refuse", ""


KINDS = ["equal", "known", "loosely equal", "different", "both refuse", "false error", "missed error", "unknown"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", metavar="DIRECTORY")
    parser.add_argument("--containr", default=str(TOP / ".build/debug/containr"), help="the program to judge")
    parser.add_argument("--compose", help="the command that stands for `docker compose`")
    parser.add_argument("--docker-compose", help="the program docker-compose 1.29")
    parser.add_argument("--podman-compose", help="the program podman-compose")
    parser.add_argument("--cache", type=pathlib.Path, help="keeps the references' answers here from run to run")
    parser.add_argument("--jobs", type=int, default=2, help="files at once")
    parser.add_argument("--home", default=os.environ.get("HOME", "/root"), help="what ~ stands for")
    parser.add_argument("--list", action="store_true", help="every file that is not equal, not only the first hundred")
    options = parser.parse_args()
    options.path = os.environ.get("PATH", "/usr/bin:/bin")
    if options.cache:
        options.cache.mkdir(parents=True, exist_ok=True)
    if not shutil.which(options.containr):
        parser.error(f"{options.containr} is not there; build it, or name it with --containr")
    with tempfile.TemporaryDirectory(prefix="compare-compose-") as folder:
        scratch = pathlib.Path(folder).resolve()
        containr = Tool(
            "containr", [options.containr],
            ["config", "--format", "json", "--project-directory", "{directory}", "-f", "{file}"], loosens=True)
        tools = references(options, scratch)
        found = list(cases(options.directories))
        if not found:
            parser.error("no Compose file in these directories")
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            results = list(pool.map(lambda case: judged(case, containr, tools, options, scratch), found))
    return report(results, tools, options)


def report(results, tools, options):
    judge = tools[0].name if tools else None
    print(f"files: {len(results)}")
    print(f"loaded: {sum(loaded for _, loaded, _, _ in results)}")
    print(f"files that demand variables (set to 1): {sum(bool(case.required) for case, *_ in results)}")
    print(f"files with absent env_files (made empty): {sum(bool(case.absent) for case, *_ in results)}")
    print()
    print(f"{'':18}" + "".join(f"{kind:>14}" for kind in KINDS))
    wrong = 0
    for tool in tools:
        counts = {kind: 0 for kind in KINDS}
        for _, _, _, rows in results:
            for name, kind, _ in rows:
                counts[kind] += name == tool.name
        print(f"{tool.name:18}" + "".join(f"{counts[kind]:14}" for kind in KINDS))
        if tool.name == judge:
            wrong = counts["false error"] + counts["missed error"] + counts["different"]
    if not tools:
        print("no reference is installed; only what loads is counted")
        wrong = sum(not loaded for _, loaded, _, _ in results)
    print()
    lines = []
    for case, loaded, refusal, rows in results:
        for name, kind, detail in rows:
            if kind in ("different", "false error", "missed error", "unknown") and (name == judge or options.list):
                lines.append(f"{name}: {kind}: {case.path}\n    {detail.strip()[:600]}")
        if not rows and not loaded:
            lines.append(f"refused: {case.path}\n    {refusal[:600]}")
    shown = lines if options.list else lines[:100]
    print("\n".join(shown))
    if len(shown) < len(lines):
        print(f"... and {len(lines) - len(shown)} more (--list)")
    reasons = {}
    for case, _, _, rows in results:
        for name, kind, detail in rows:
            if kind == "known":
                reasons.setdefault((name, detail), []).append(case.path)
    for (name, detail), paths in sorted(reasons.items()):
        print(f"known: {name}: {len(paths)} files, such as {paths[0]}: {detail}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
