// Commands that Compose or Docker have and this program has not: what is said of them instead of "there is no command". Pure.
internal import ContainrForeground
internal import ContainrSpec

/// One that is not there, why, and what there is for it.
struct AbsentCommand: Sendable {
  var why: String
  var instead: String

  /// By their names.
  static let all: [String: AbsentCommand] = [
    "build": AbsentCommand(
      why: "images are not built here",
      instead: "build with another tool, bring the image here with 'containr image load', and name it under 'image:'"),
    "bridge": AbsentCommand(
      why: "stacks are not turned into the files of other platforms",
      instead: "'containr config' prints the stack in canonical form, for tools that do"),
    "compose": AbsentCommand(
      why: "all commands of Compose are commands of containr itself", instead: "leave the word out: containr up"),
    "generate": AbsentCommand(
      why: "stack files are not made of containers that are there",
      instead: "'containr config' prints the file of a stack in canonical form"),
    "info": AbsentCommand(
      why: "there is no daemon that could be asked", instead: "'containr doctor' looks at this host"),
    "inspect": AbsentCommand(
      why: "containers are told of by 'ps'",
      instead: "containr ps --json, containr image inspect, containr volume inspect, containr network inspect"),
    "publish": AbsentCommand(
      why: "stack files are kept with what they belong to, and not sent to registries",
      instead: "check the file in; 'containr lock' writes what its images are, 'containr image push' sends an image"),
    "push": AbsentCommand(
      why: "images are not built here, so a stack has none of its own to send",
      instead: "containr image push IMAGE sends any one"),
    "rename": AbsentCommand(
      why: "a container's name comes from its stack file", instead: "write 'container_name:', and containr up"),
    "rmi": AbsentCommand(why: "images have commands of their own", instead: "containr image rm IMAGE"),
    "search": AbsentCommand(
      why: "registries are not searched", instead: "containr image pull IMAGE fetches what has a name"),
    "stack": AbsentCommand(why: "there is no Swarm here", instead: "'containr up' brings a stack up on this host"),
    "system": AbsentCommand(
      why: "what is left over is taken away by what it is",
      instead: "containr image prune, containr volume prune, containr network prune; containr doctor looks at this host"
    ),
    "tag": AbsentCommand(why: "images have commands of their own", instead: "containr image tag IMAGE NAME"),
    "load": AbsentCommand(why: "images have commands of their own", instead: "containr image load"),
    "save": AbsentCommand(why: "images have commands of their own", instead: "containr image save IMAGE"),
    "import": AbsentCommand(why: "images have commands of their own", instead: "containr image import"),
    "update": AbsentCommand(
      why: "limits come from the stack file", instead: "change them there; 'containr up' changes what can be in place"),
    "viz": AbsentCommand(
      why: "graphs are drawn of plans", instead: "containr plan --graph FILE.svg draws what waits for what"),
    "watch": AbsentCommand(
      why: "files are not watched, and no images are built",
      instead:
        "mount the sources into the container, say with 'x-containr.on-change' what becomes of it when they have "
        + "changed, and run containr up, or containr restart SERVICE"),
  ]

  /// Of one that compose calls alpha, the name behind that.
  static func exit(_ words: [String]) -> CommandExit? {
    let isAlpha = words.first == "alpha" && words.count > 1
    guard let name = isAlpha ? words[1] : words.first, let absent = all[name] else { return nil }
    return CommandExit(.failure, "there is no command '\(name)': \(absent.why)", help: absent.instead)
  }
}
