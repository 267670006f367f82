// Why a changed field costs what it costs. The effect belongs to the rule and the words stand beside it, so that what a
// plan does and what `--explain` says of it cannot disagree.

/// One rule of `EffectTable`.
public enum EffectRule: String, Sendable, Hashable, Codable, CaseIterable {
  /// A value of the cgroup.
  case limit
  /// What only the supervisor acts on.
  case supervised
  /// What is only written down.
  case recorded
  /// How output is kept.
  case log
  /// A published port.
  case port
  /// What is about other containers, or about a later start.
  case others
  /// Names on a network.
  case alias
  /// A line of /etc/hosts or /etc/resolv.conf.
  case nameFile
  /// A place on a network.
  case attachment
  /// What its interfaces may carry.
  case rate
  /// What the process was born with.
  case born
  /// Whether its start is left to a schedule.
  case schedule
  /// A command that was run when the container was started.
  case hook
  /// What a network is, for the containers on it.
  case network
  /// What a volume is, for the containers that have it.
  case volume
  /// The same where its data would go with it.
  case volumeData
  /// A config or secret under the same path.
  case file
  /// Changed content that is put in place.
  case content
  /// Changed content that a signal makes known.
  case contentSignal
  /// Changed content for which the process is started again.
  case contentRestart
  /// Changed content for which the container is made again.
  case contentRecreate
  /// Changed content of a mounted file that nothing reacts to.
  case contentNoted

  /// What a change under this rule costs a running container.
  public var effect: ChangeEffect {
    switch self {
    case .limit, .supervised, .recorded, .log, .port, .alias, .nameFile, .attachment, .rate, .file, .content,
      .contentSignal:
      .inPlace
    case .others, .contentNoted: .none
    case .contentRestart: .restart
    case .volumeData: .dataLoss
    case .born, .hook, .schedule, .network, .volume, .contentRecreate: .recreate
    }
  }

  /// The rule in words that go on from "because".
  public var words: String {
    switch self {
    case .limit: "it is a value of the container's cgroup: the kernel takes a new one while the process runs"
    case .supervised: "only the supervisor acts on it: it reads the new value, and the process does not notice"
    case .recorded: "it is only written down: the process does not notice"
    case .log: "only the container's shim acts on it: it reads the new value and goes on reading the output"
    case .port: "a published port is an entry of the packet filter: one nft transaction moves it"
    case .others: "it is about other containers, or about a later start: this one stays as it is"
    case .alias: "only the stack's name server knows these names, and it reads them anew"
    case .nameFile: "it is a line of /etc/hosts or /etc/resolv.conf: the file is written anew while the process runs"
    case .attachment:
      "a link is made into the running container or taken out of it, from outside: its other interfaces stay"
    case .rate: "the host's end of its link keeps the rate: it takes a new one while packets go on"
    case .network: "the containers on a network hold addresses and routes of it: it is made again, and they with it"
    case .volume: "a volume with other options is another one: it is made again, and the containers that have it"
    case .volumeData: "a volume with other options is another one: it is made again, and what is in it now goes"
    case .file: "the file is made anew and put under its path while the process runs"
    case .content: "the new content is put under its path at once, while the process runs"
    case .contentSignal:
      "'x-containr.on-change' says so: the new content is put under its path, and the process gets the signal"
    case .contentRestart: "'x-containr.on-change' says so: the process is started again, with its writable layer"
    case .contentRecreate: "'x-containr.on-change' says so: the container is made again"
    case .contentNoted:
      "'x-containr.on-change' asks for nothing when a mounted file changes: it is named, and left as it is"
    case .schedule: "what runs at its times does not run at others: the container is made again"
    case .hook: "it is part of how the container is started: it is made again, and the new command is run"
    case .born: "it is what the process was born with: the kernel cannot change it, so the container is made again"
    }
  }
}
