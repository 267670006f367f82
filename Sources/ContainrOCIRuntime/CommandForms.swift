// The commands of the runtime: what each takes, in the form of `CommandWords`. Pure.

enum CommandForms {
  /// In the order in which they are shown.
  static var commands: [String] {
    [
      "create", "start", "run", "exec", "state", "kill", "delete", "list", "ps", "pause", "resume", "update", "events",
      "spec", "features",
    ]
  }

  /// The options of a command; none of one that has none.
  static func of(_ command: String) -> [String] {
    switch command {
    case "create", "run": Running.forms
    case "exec": Entering.forms
    case "state": ["all,a"]
    case "kill": ["all,a", "regex,r="]
    case "delete": ["force,f"]
    case "list": ["quiet,q", "format,f="]
    case "ps": ["format,f="]
    case "update": Changes.updateForms
    case "events": Events.forms
    case "spec": SpecCommand.forms
    default: []
    }
  }
}
