// The stable codes of all findings. A code is never reused for something else.

/// The code of a finding; `explanation` is what `containr explain` prints.
public enum DiagnosticCode: String, Sendable, CaseIterable {
  case yamlSyntax = "C0001"
  case encoding = "C0002"
  case budget = "C0003"
  case alias = "C0004"
  case mergeKey = "C0005"
  case badKey = "C0006"
  case tag = "C0007"
  case documents = "C0008"
  case tabIndentation = "C0050"
  case unclosed = "C0051"
  case lineSeparator = "C0052"
  case invisibleIndentation = "C0053"

  case wrongType = "C0101"
  case unknownKey = "C0102"
  case duplicateKey = "C0103"
  case missingKey = "C0104"
  case misplaced = "C0105"
  case nothingToRun = "C0106"
  case invalidValue = "C0110"
  case duration = "C0111"
  case byteSize = "C0112"
  case number = "C0113"
  case signal = "C0114"
  case capability = "C0115"
  case address = "C0116"
  case port = "C0117"
  case path = "C0118"
  case name = "C0119"
  case commandLine = "C0120"

  case undefinedService = "C0201"
  case dependencyCycle = "C0202"
  case unknownCondition = "C0203"
  case disabledService = "C0204"
  case neverHealthy = "C0205"
  case neverCompletes = "C0206"
  case undefinedVolume = "C0210"
  case undefinedNetwork = "C0211"
  case missingEnvFile = "C0212"
  case duplicatePort = "C0220"
  case duplicateEntry = "C0221"
  case conflict = "C0222"
  case replicas = "C0223"
  case addressPlan = "C0224"

  case extendsCycle = "C0230"
  case includeCycle = "C0231"
  case missingFile = "C0232"
  case undefinedFile = "C0233"
  case undefinedModel = "C0234"

  case unsetVariable = "C0301"
  case requiredVariable = "C0302"
  case interpolation = "C0303"
  case envFile = "C0304"
  case ambiguousScalar = "C0310"
  case obsoleteKey = "C0311"
  case suspiciousValue = "C0312"
  case hiddenText = "C0313"
  case oldYAML = "C0314"
  case hostControl = "C0315"

  case notHonoured = "C0400"
  case cannotHonour = "C0401"
}

extension DiagnosticCode {
  /// Whether the finding keeps a file from being read at all, so that its other mistakes stay unseen.
  var isAboutReading: Bool { rawValue.hasPrefix("C00") }

  /// One paragraph: what the finding means and what to do.
  public var explanation: String {
    switch self {
    case .yamlSyntax:
      "The file is not well-formed YAML, so nothing can be read from it. The place is where the reader could not go on; "
        + "the mistake is often one line earlier: a missing colon, a wrong indentation, or a sign that needs quotes."
    case .encoding:
      "Stack files are UTF-8 text. A byte that is not UTF-8, a NUL or another control character means that the file "
        + "was saved in another encoding or is not a text file."
    case .budget:
      "The file is larger, deeper or expands to more nodes than any stack needs. The limits (8 MiB, 64 levels, a million "
        + "nodes, 500000 nodes through aliases) keep a hostile file from taking the machine's memory."
    case .alias:
      "An alias `*name` must follow the anchor `&name` that it repeats, and may not stand inside it."
    case .mergeKey:
      "The merge key `<<` takes a mapping, or a list of mappings, usually by alias: `<<: *defaults` or `<<: [*a, *b]`. "
        + "Keys that stand in the mapping itself win over merged ones; earlier mappings of the list win over later ones."
    case .badKey:
      "Keys of a stack file are plain text. A list or a mapping cannot be a key."
    case .tag:
      "Only the tags of the YAML core schema (`!!str`, `!!int`, `!!bool`, `!!float`, `!!null`, `!!map`, `!!seq`) have a "
        + "meaning in this version. `!reset` and `!override` belong to override files, which this version does not merge."
    case .documents:
      "The documents of a file, separated by `---`, are merged in their order. More than a thousand in one file are no "
        + "stack file any more, so it is not read to its end."
    case .tabIndentation:
      "YAML is indented with spaces only. How far a tab reaches is a matter of taste, so no reader could know what the "
        + "writer saw. `containr check --fix` replaces tabs that alone indent a file."
    case .unclosed:
      "A quote or bracket is opened and the file ends before it is closed. If the place is right, the closing one is missing "
        + "in this line; if not, a quote before it is one too many."
    case .lineSeparator:
      "The characters U+0085, U+2028 and U+2029 are line breaks for YAML 1.1 readers and plain text for YAML 1.2 readers. "
        + "What is a comment for one could be a key for the other, so they are not allowed outside of escapes."
    case .invisibleIndentation:
      "A blank in the indentation looks like a space and is another character, most often a no-break space (U+00A0) that came "
        + "with text copied from a web page. YAML takes it for a part of the key."
    case .wrongType:
      "A value has another kind than its key takes: a mapping (`key: value` lines), a list (`- item` lines), a string, a "
        + "number or a boolean. Often the indentation is off, or a `-` is missing or too much."
    case .unknownKey:
      "The key is not part of the Compose Specification at this place. It is most often a typing mistake, or stands at "
        + "the wrong depth. Own data belongs under a key that starts with `x-`."
    case .duplicateKey:
      "The same key stands twice in one mapping. Other tools silently take the last one; here it is an error, because one "
        + "of the two values would be lost."
    case .missingKey:
      "A key that cannot be done without is missing. A stack needs `services`, a service needs `layers`: the directories or "
        + "tar archives that make up its root file system, lowest first."
    case .misplaced:
      "Something stands at the wrong level of the file, such as a service that is not indented under `services:`."
    case .nothingToRun:
      "The service has neither `entrypoint` nor `command`, and layers carry no default command, so there is nothing to start."
    case .invalidValue:
      "The value has the right kind but is none of those that the key takes."
    case .duration:
      "Durations are numbers with a unit: `us`, `ms`, `s`, `m` or `h`, also combined, as in `1m30s`; `d` and "
        + "`w` are read as well."
    case .byteSize:
      "Sizes are whole numbers of bytes, or numbers with a unit in powers of 1024: `b`, `k`, `m`, `g`, `t` (or `kb`, `mb`, "
        + "`gb`, `tb`), as in `64m` or `1.5gb`."
    case .number:
      "The number is malformed or outside the range that the kernel or the specification allows for the key."
    case .signal:
      "Signals are written by name, with or without `SIG` (`SIGTERM`, `TERM`, `SIGRTMIN+3`), or by number from 1 to 64."
    case .capability:
      "Capabilities are written by their kernel names with or without `CAP_` (`NET_ADMIN`), or `ALL`. An unknown name is an "
        + "error and not skipped, because the service would run with other rights than the file says."
    case .address:
      "IPv4 addresses are four numbers from 0 to 255 (`10.1.0.5`); a subnet adds the length of its prefix (`10.1.0.0/24`) "
        + "and has no bits set behind it. IPv6 addresses are groups of hexadecimal digits (`fd00:1::5`)."
    case .port:
      "Ports are `CONTAINER`, `HOST:CONTAINER` or `ADDRESS:HOST:CONTAINER`, each a number from 1 to 65535 or a range "
        + "`FIRST-LAST`, with an optional `/tcp` or `/udp`. Two ranges pair one to one and must be equally long; a range of "
        + "host ports for one port of the container gives each container of the service its own."
    case .path:
      "Paths inside a container are absolute and may not be `/` for a mount. Host paths may be relative; they count from the "
        + "project directory."
    case .name:
      "Names become host names, directories and network names, so only letters, digits, `.`, `_` and `-` are allowed, and "
        + "a letter, a digit or `_` first. Project names are lower case."
    case .commandLine:
      "A command that is written as one string is split like a shell does: quotes group, a backslash escapes. A quote that "
        + "is not closed makes that impossible; write the command as a list instead."
    case .undefinedService:
      "A service is named that the file does not define under `services`."
    case .dependencyCycle:
      "Services wait for each other in a circle, so none could ever start first. Remove one of the `depends_on` entries."
    case .unknownCondition:
      "`condition` is one of `service_started`, `service_healthy` and `service_completed_successfully`."
    case .disabledService:
      "The service that is depended on exists, but its `profiles` are not active. Activate one with `--profile`, or write "
        + "`required: false`."
    case .neverHealthy:
      "A dependency waits with `service_healthy` for a service without a `healthcheck`; it could never become healthy."
    case .neverCompletes:
      "A dependency waits with `service_completed_successfully` for a service that its restart policy starts again whenever "
        + "it ends."
    case .undefinedVolume:
      "A named volume is used that the top-level `volumes` does not declare. Declare it, or write `./name` for a directory."
    case .undefinedNetwork:
      "A service joins a network that the top-level `networks` does not declare. Only `default` exists without declaration."
    case .missingEnvFile:
      "A file named by `env_file` cannot be read. Write `required: false` if the service also works without it."
    case .duplicatePort:
      "The same port of the host is published twice. A port without an address takes it on every address of the host."
    case .duplicateEntry:
      "The same thing is listed twice where it can take effect only once: a mount target, a layer, a device."
    case .conflict:
      "Two keys set the same thing to different values, for example `mem_limit` and `deploy.resources.limits.memory`. "
        + "Remove one of them."
    case .replicas:
      "Several containers of one service, whether `replicas`, `scale` or `--scale` asks for them, cannot share a fixed host "
        + "port or a fixed address. Write only the container's port, or a range of host ports with one for each."
    case .addressPlan:
      "A fixed address must lie in the subnet of its network, must not be the network's, the broadcast or the gateway's "
        + "address, and can be given only once."
    case .extendsCycle:
      "Services extend each other in a circle, so that none of them can be read to its end. Take one `extends` away, or "
        + "move what they share into a service of its own that the others extend."
    case .includeCycle:
      "A file includes another one that includes it again, directly or through others. Take one of the includes away."
    case .missingFile:
      "A file that `include` or `extends` names is not there or cannot be read. Relative paths count from the directory "
        + "of the file that names them (for `include` in the first file: from the project directory)."
    case .undefinedFile:
      "A service uses a config or a secret that is not declared at the top level of the file, under `configs` or `secrets`."
    case .undefinedModel:
      "A service uses a model that is not declared at the top level of the file, under `models`."
    case .unsetVariable:
      "A variable in the file has no value in the environment or in `.env`, so it is read as empty text. Give it a default "
        + "with `${NAME:-default}`, demand it with `${NAME:?message}`, or write `$$` for a plain dollar sign."
    case .requiredVariable:
      "The file demands a variable with `${NAME:?message}`, and it is not set (or empty)."
    case .interpolation:
      "A `${…}` expression is malformed. The forms are `${V}`, `${V:-default}`, `${V-default}`, `${V:?message}`, "
        + "`${V?message}`, `${V:+text}` and `${V+text}`; `$$` is a plain dollar sign."
    case .envFile:
      "A line of an environment file cannot be read. Lines are `NAME=value`, with optional quotes; `#` begins a comment."
    case .ambiguousScalar:
      "YAML 1.1 tools read this unquoted value as a boolean, a base-60 or an octal number; YAML 1.2 reads it as it is "
        + "written, and so does Containr. Quote it, and every tool reads the same."
    case .obsoleteKey:
      "`version` no longer has a meaning in the Compose Specification and can be removed."
    case .suspiciousValue:
      "The value is allowed but hardly what was meant, such as a memory limit of a few bytes."
    case .hiddenText:
      "The file holds an invisible character that turns the direction of writing, so that an editor or a review shows its "
        + "text in another order than it is read (CVE-2021-42574). Remove it, or write it as an escape in double quotes."
    case .oldYAML:
      "The directive `%YAML 1.1` asks for the rules of 2005, by which `no` is a boolean and `22:22` a number. Compose files "
        + "are read by the rules of YAML 1.2, whatever the directive says."
    case .hostControl:
      "The service is given a place of the host by which its program is as good as the host's root: the socket of a container "
        + "engine or of the system's manager, the whole of the host's files, or directories from which the host takes its settings "
        + "and programs, for writing. Nothing keeps the program in its container then. Name only what it needs, or give it "
        + "`:ro` where reading is enough (a socket is not made safe by that); else take this as the note that it is."
    case .notHonoured:
      "The key belongs to the Compose Specification, but this version does nothing with it. The service runs without it; "
        + "the warning says so, because nothing is dropped silently."
    case .cannotHonour:
      "The key asks for something that this version cannot do, and without which the service would be wrong, or less "
        + "limited or protected than the file says. So nothing is started."
    }
  }
}
