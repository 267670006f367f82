// What `--help` prints: of the program, and of each command with its options. Pure.

enum HelpPage {
  /// The page of the program, or of one command; nil: there is no such command.
  static func text(_ command: String? = nil) -> String? {
    guard let command else { return program }
    guard let (operands, what) = summary(command) else { return nil }
    let forms = CommandForms.of(command)
    var text = "containr-runtime \(command): \(what)\n\nusage: containr-runtime [global options] \(command)"
    text += "\(forms.isEmpty ? "" : " [options]")\(operands.isEmpty ? "" : " \(operands)")\n"
    if !forms.isEmpty { text += "\noptions:\n" + rows(forms.map { row($0, of: command) }) }
    return text
  }

  private static var program: String {
    let commands = CommandForms.commands.map { name in
      let (operands, what) = summary(name) ?? ("", "")
      return (operands.isEmpty ? name : "\(name) \(operands)", what)
    }
    return "containr-runtime: runs a container from an OCI bundle\n\n"
      + "usage: containr-runtime [global options] COMMAND [options] [ID] [...]\n\ncommands:\n" + rows(commands)
      + "\nglobal options:\n" + rows(RuntimeContext.forms.map { row($0, of: "") })
      + "\ncontainr-runtime COMMAND --help tells of the options of one.\n"
  }

  /// Two columns.
  private static func rows(_ rows: [(String, String)]) -> String {
    let width = rows.map { $0.0.utf8.count }.max() ?? 0
    return rows.map { name, what in
      "  \(name)\(String(repeating: " ", count: width - name.utf8.count + 2))\(what)\n"
    }.joined()
  }

  /// `-b, --bundle DIR`, and what it does.
  private static func row(_ form: String, of command: String) -> (String, String) {
    let names = form.split { $0 == "," || $0 == "=" }
    let name = String(names[0])
    let (value, what) = option(name, of: command)
    let words = names.reversed().map { $0.utf8.count == 1 ? "-\($0)" : "--\($0)" }
    return (words.joined(separator: ", ") + (form.last == "=" ? " \(value)" : ""), what)
  }

  /// The operands of a command, and what it does; nil: it is none.
  static func summary(_ command: String) -> (operands: String, what: String)? {
    switch command {
    case "create": ("ID", "makes a container up to its program, which start begins")
    case "start": ("ID", "starts the program of a container that was created")
    case "run": ("ID", "creates and starts a container and waits for its end; its exit code is passed on")
    case "exec": ("ID [COMMAND [ARGUMENT...]]", "runs another process in a container; its exit code is passed on")
    case "state": ("ID", "prints the state of a container as JSON")
    case "kill": ("ID [SIGNAL]", "sends a signal, TERM without one, to the first process of a container")
    case "delete": ("ID...", "takes stopped containers away")
    case "list": ("", "lists the containers of the state directory")
    case "ps": ("ID [ARGUMENT OF ps(1)...]", "shows the processes in a container")
    case "pause": ("ID", "lets all processes of a container stand still")
    case "resume": ("ID", "lets the processes of a container go on")
    case "update": ("ID", "changes the limits of a container that is there")
    case "events": ("ID", "tells what a container uses, and kills for want of memory, as JSON")
    case "spec": ("", "writes a config.json to begin with")
    case "features": ("", "prints what this runtime can do, as JSON")
    default: nil
    }
  }

  /// The word for an option's value, and what it does; empty for one that is not known.
  static func option(_ name: String, of command: String) -> (value: String, what: String) {
    if let own = command.isEmpty ? global(name) : nil { return own }
    if command == "update" { return limit(name) }
    switch (command, name) {
    case ("spec", "bundle"): return ("DIR", "where config.json is written; here without it")
    case ("exec", "process"): return ("FILE", "the process as JSON, as in a config; instead of a command")
    case ("exec", "detach"): return ("", "do not wait for the process's end")
    case ("exec", "preserve-fds"), ("create", "preserve-fds"), ("run", "preserve-fds"):
      return ("N", "hand N more descriptors on, from 3")
    case ("exec", "pid-file"): return ("FILE", "write the id of the process into this file")
    case ("kill", "all"): return ("", "to every process in it")
    case ("kill", "regex"): return ("PATTERN", "refused: containers are named by their ids")
    case ("list", "format"), ("ps", "format"): return ("table|json", "how it is printed; a table without it")
    default: return process(name)
    }
  }

  private static func global(_ name: String) -> (value: String, what: String)? {
    switch name {
    case "root": ("DIR", "where records are; /run/containr-runtime, or below $XDG_RUNTIME_DIR without root")
    case "log": ("FILE", "write messages into this file as well")
    case "log-format": ("text|json", "how they are written")
    case "debug": ("", "tell more")
    case "systemd-cgroup": ("", "refused: cgroups are made directly")
    case "rootless": ("auto|true|false", "whether the records are those of a user")
    case "cgroup-manager": ("cgroupfs|disabled", "whether there are cgroups")
    case "criu": ("PATH", "accepted: there are no checkpoints")
    case "version": ("", "print the version")
    case "help": ("", "print this page, or that of a command")
    default: nil
    }
  }

  private static func limit(_ name: String) -> (value: String, what: String) {
    switch name {
    case "resources": ("FILE", "all limits as JSON, as in a config; - is standard input; single ones are then not read")
    case "blkio-weight": ("N", "share of block devices, 10 to 1000")
    case "cpu-period": ("MICROSECONDS", "period of the limit of processor time")
    case "cpu-quota": ("MICROSECONDS", "processor time in each period; -1 is no limit")
    case "cpu-burst": ("MICROSECONDS", "what may be saved up for later periods")
    case "cpu-share": ("N", "share of the processors beside others")
    case "cpu-rt-period": ("MICROSECONDS", "period of the limit of realtime threads")
    case "cpu-rt-runtime": ("MICROSECONDS", "time of realtime threads in each period")
    case "cpuset-cpus": ("LIST", "the processors, such as 0-2,5")
    case "cpuset-mems": ("LIST", "the memory nodes")
    case "cpu-idle": ("0|1", "run only when nobody else wants to")
    case "kernel-memory": ("BYTES", "passed over with a warning: kernels count their own memory against --memory")
    case "kernel-memory-tcp": ("BYTES", "memory of TCP buffers (cgroup v1)")
    case "memory": ("BYTES", "memory; 64m and 1g are understood, -1 is no limit")
    case "memory-reservation": ("BYTES", "memory that is taken from others first")
    case "memory-swap": ("BYTES", "memory and swap together; -1 is no limit")
    case "pids-limit": ("N", "how many tasks there may be; -1 is no limit")
    case "l3-cache-schema", "mem-bw-schema": ("TEXT", "refused: there is no Intel RDT here")
    default: ("", "")
    }
  }

  private static func process(_ name: String) -> (value: String, what: String) {
    switch name {
    case "bundle": ("DIR", "the directory with config.json; here without it")
    case "config": ("FILE", "the config, instead of config.json in the bundle")
    case "console-socket": ("PATH", "a socket that the terminal is sent to")
    case "pid-file": ("FILE", "write the id of the first process into this file")
    case "no-pivot": ("", "move the root instead of pivot_root(2), where that is not possible")
    case "no-new-keyring": ("", "keep the caller's session keyring")
    case "detach": ("", "do not wait for the container's end")
    case "keep": ("", "leave the record when it has ended")
    case "no-subreaper": ("", "accepted: this program never makes itself one")
    case "cwd": ("DIR", "the working directory, absolute")
    case "env": ("NAME=VALUE", "one more variable; repeated")
    case "tty": ("", "a terminal of its own")
    case "user": ("UID[:GID]", "who it runs as, in numbers")
    case "additional-gids": ("GID", "one more group; repeated")
    case "process-label": ("LABEL", "the SELinux label")
    case "apparmor": ("PROFILE", "the AppArmor profile")
    case "no-new-privs": ("", "no more rights by exec")
    case "cap": ("NAME", "one more capability; repeated")
    case "cgroup": ("PATH", "a cgroup below the container's")
    case "ignore-paused": ("", "also in a container that stands still")
    case "all": ("", "accepted, as in other runtimes")
    case "force": ("", "also one that runs, which is killed, or of which a killed create has left something")
    case "quiet": ("", "ids only")
    case "interval": ("TIME", "between two looks; 5s without it")
    case "stats": ("", "look once")
    case "rootless": ("", "for a user without root")
    default: ("", "")
    }
  }
}
