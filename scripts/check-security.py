#!/usr/bin/env python3
"""Holds docs/security.md against Tests: a row of its tables of ways out may not name a test or a mutant that does not exist,
every mutant of Tests/mutants.toml is in a row, and a row without one says why.

A test is written as `Suite/function`, or `Suite` for all of it; `Room/Suite…` where two rooms have a suite of that name. A
function whose name is a sentence is written as that sentence.
"""
import pathlib
import re
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent.parent
HEAD = "| known as | attack | what stands against it | test | mutant |"
TEST = re.compile(r"\bfunc (?:`([^`]+)`|(\w+))\(")


def tests():
    """Suites by name: for each the room and its test functions."""
    found = {}
    for path in sorted((HERE / "Tests").glob("Containr*/**/*.swift")):
        room, suite, due = path.relative_to(HERE / "Tests").parts[0], None, False
        for line in path.read_text().splitlines():
            # A suite stands at the margin, or below an `#if` with @Suite before it on its line.
            if "@Suite" in line or line[:1] not in (" ", "}", "/", ""):
                if match := re.search(r"\b(?:struct|class|extension) (\w+)", line):
                    suite = match.group(1)
            due = due or "@Test" in line
            if due and suite and (match := TEST.search(line)):
                found.setdefault(suite, {}).setdefault(room, set()).add(match.group(1) or match.group(2))
                due = False
    return found


def fault_of(name, known):
    """What is wrong with a name of tests; None if there are such."""
    room, parts = None, name.split("/", 1)
    if parts[0].startswith("Containr"):
        room, _, rest = name.replace(".", "/", 1).partition("/")
        if not rest:
            return None if any(room in rooms for rooms in known.values()) else "there is no such room"
        parts = rest.split("/", 1)
    rooms = {r: f for r, f in known.get(parts[0], {}).items() if room in (None, r)}
    if not rooms:
        return "there is no such suite"
    if len(parts) > 1:
        rooms = {r: f for r, f in rooms.items() if parts[1] in f}
        if not rooms:
            return f"{parts[0]} has no such test"
    return f"say which: {', '.join(sorted(rooms))}" if len(rooms) > 1 else None


def main():
    known = tests()
    mutants = {m["name"]: m for m in tomllib.loads((HERE / "Tests/mutants.toml").read_text())["mutant"]}
    faults, named, rows, within = [], set(), 0, False
    for number, line in enumerate((HERE / "docs/security.md").read_text().splitlines(), 1):
        if line == HEAD:
            within = True
        elif not line.startswith("|"):
            within = False
        elif within and not line.startswith("| ---"):
            rows += 1
            place = f"docs/security.md:{number}"
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) != 5 or not all(cells):
                faults.append(f"{place}: five cells, none of them empty")
                continue
            for name in re.findall(r"`([^`]+)`", cells[3]):
                if fault := fault_of(name, known):
                    faults.append(f"{place}: {name}: {fault}")
            if "`" not in cells[3] and not cells[3].startswith("n/a"):
                faults.append(f"{place}: neither a test nor `n/a` with the reason")
            for name in re.findall(r"`([^`]+)`", cells[4]):
                named.add(name)
                if name not in mutants:
                    faults.append(f"{place}: Tests/mutants.toml has no mutant {name}")
            if "`" not in cells[4] and not cells[4].startswith("none: ") and not cells[3].startswith("n/a"):
                faults.append(f"{place}: neither a mutant nor `none: ` with the reason")
    if rows == 0:
        faults.append("docs/security.md: no table of ways out")
    for name, mutant in mutants.items():
        if name not in named:
            faults.append(f"Tests/mutants.toml: {name} is in no row of docs/security.md")
        for part in mutant["test"].split("|"):
            text = part.replace("\\(", "")
            is_function = any(text in functions for rooms in known.values() for functions in rooms.values())
            if not is_function and (fault := fault_of(text, known)):
                faults.append(f"Tests/mutants.toml: {name}: {text}: {fault}")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
