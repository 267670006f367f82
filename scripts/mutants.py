#!/usr/bin/env python3
"""Takes the mitigations of Tests/mutants.toml out, one group at a time, and expects the test of each to fail.

As root, with the layers made. Works in a copy of the committed tree that is kept between runs, since a build from nothing
takes some minutes. Says of every mutant whether its test saw it; exit 1 if one did not.

What the mitigations keep from happening happens: on this machine, unless it is one to be thrown away. Files and directories
were left in `/` by the groups of paths and archives. So it has to be asked for.

  scripts/mutants.py --harm-this-machine [--copy DIRECTORY] [--group N] [NAME ...]
  scripts/mutants.py --check    changes and runs nothing: every text to be replaced stands once where it is said to be
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent.parent
FLAGS = ["--explicit-target-dependency-import-check", "error"]


def git(copy, *words):
    return subprocess.run(["git", "-C", copy, *words], check=True, capture_output=True, text=True).stdout


def prepare(copy):
    """A clone of this tree at its commit, without edits."""
    if not (copy / ".git").exists():
        subprocess.run(["git", "clone", "-q", HERE, copy], check=True)
    git(copy, "fetch", "-q", HERE, "HEAD")
    git(copy, "checkout", "-q", "--detach", "--force", "FETCH_HEAD")


def build(copy):
    words = ["swift", "build", "--build-tests", *FLAGS]
    done = subprocess.run(words, cwd=copy, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("mutants: the edited tree does not build\n" + "\n".join(
            line for line in done.stdout.splitlines() + done.stderr.splitlines() if "error" in line))


def run(copy, test):
    """Whether tests of this name failed, and how many there were."""
    words = ["swift", "test", "--skip-build", "--disable-xctest", *FLAGS, "--filter", test]
    done = subprocess.run(words, cwd=copy, capture_output=True, text=True, timeout=900)
    text = done.stdout + done.stderr
    count = re.search(r"Test run with (\d+) tests?", text)
    return done.returncode != 0, int(count.group(1)) if count else 0


def fault_of(mutant, text):
    """Why it cannot be applied to its file; None if it can."""
    times = text.count(mutant["old"])
    return None if times == 1 else f"mutants: {mutant['name']}: its text stands {times} times in {mutant['file']}"


def check():
    """Sources move; a mutant that follows them no more shows nothing."""
    mutants = tomllib.loads((HERE / "Tests/mutants.toml").read_text())["mutant"]
    faults = [fault for fault in (fault_of(m, (HERE / m["file"]).read_text()) for m in mutants) if fault]
    if faults:
        sys.exit("\n".join(faults))


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--copy", type=pathlib.Path, default=pathlib.Path("/var/tmp/containr-mutants"))
    words.add_argument("--group", type=int)
    words.add_argument("--harm-this-machine", action="store_true")
    words.add_argument("--check", action="store_true")
    words.add_argument("names", nargs="*")
    asked = words.parse_args()
    if asked.check:
        return check()
    if not asked.harm_this_machine:
        sys.exit("mutants: attacks that succeed leave traces: say --harm-this-machine, best on one to be thrown away")
    mutants = tomllib.loads((HERE / "Tests/mutants.toml").read_text())["mutant"]
    chosen = [m for m in mutants if (not asked.names or m["name"] in asked.names) and asked.group in (None, m["group"])]
    if not chosen:
        sys.exit("mutants: no mutant of that name or group")
    prepare(asked.copy)
    survivors = []
    for group in sorted({m["group"] for m in chosen}):
        git(asked.copy, "checkout", "-q", "--force", "HEAD")
        here = [m for m in chosen if m["group"] == group]
        for mutant in here:
            path = asked.copy / mutant["file"]
            text = path.read_text()
            if fault := fault_of(mutant, text):
                sys.exit(fault)
            path.write_text(text.replace(mutant["old"], mutant["new"]))
        build(asked.copy)
        for mutant in here:
            failed, tests = run(asked.copy, mutant["test"])
            word = "seen" if failed and tests else "NO SUCH TEST" if tests == 0 else "SURVIVED"
            print(f"{word:12} {mutant['name']:18} {mutant['ways']}: {tests} tests of {mutant['test']}", flush=True)
            if word != "seen":
                survivors.append(mutant["name"])
    git(asked.copy, "checkout", "-q", "--force", "HEAD")
    if survivors:
        sys.exit(f"mutants: not seen: {', '.join(survivors)}")


if __name__ == "__main__":
    main()
