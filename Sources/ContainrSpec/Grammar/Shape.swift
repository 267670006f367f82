// The shapes that values of a stack file have. A shape is data: what is checked, merged, printed and published as
// schema follows from it.

/// What may stand at one place of the file. Null stands for "not set" at every key and is no shape of its own.
indirect enum Shape: Sendable {
  /// Anything: the specification leaves it to others.
  case any
  /// One scalar.
  case scalar(ScalarForm)
  /// `- item` lines. Entries of one identity are the same entry.
  case list(Shape, Identity)
  /// A scalar for a list of one, or a list.
  case oneOrMany(Shape, Identity)
  /// A string that is split as a shell does, or a list of strings.
  case command
  /// A healthcheck's test: a string for the shell, or a list that begins with CMD, CMD-SHELL or NONE.
  case test
  /// `NAME: value` lines, or a list of `NAME=value`.
  case pairs(PairForm)
  /// A list of names, or names with what belongs to each.
  case names(KeyTable?)
  /// Free names with one shape below each; `nullable`: a name alone says enough.
  case mapping(NameForm, Shape, nullable: Bool)
  /// Fixed keys.
  case object(KeyTable)
  /// A scalar, or fixed keys for the same.
  case short(ScalarForm, KeyTable)
  /// One scalar with a meaning of its own, or another shape.
  case word(ScalarForm, Shape)
  /// A number for both limits, or `soft` and `hard`.
  case ulimit
  /// True or false, or (obsolete) a mapping with the object's name.
  case external

  /// A list whose order matters and whose entries may repeat.
  static func items(_ item: Shape) -> Shape { .list(item, .position) }
  /// A list of scalars.
  static func listOf(_ form: ScalarForm) -> Shape { .list(.scalar(form), .position) }
  /// A list of scalars, each once.
  static func set(_ form: ScalarForm) -> Shape { .list(.scalar(form), .text) }
  /// A scalar or a list of scalars.
  static func oneOrMany(_ form: ScalarForm) -> Shape { .oneOrMany(.scalar(form), .text) }
  static let string = Shape.scalar(.string)
  static let boolean = Shape.scalar(.boolean)
}

/// What makes two entries of a list the same one, so that a later file replaces it.
enum Identity: Sendable {
  /// Nothing: entries add up.
  case position
  /// Their text.
  case text
  /// Address, host port, container port and protocol.
  case port
  /// Where it is mounted.
  case mountTarget
  /// Where a tmpfs is mounted: what stands before its options.
  case tmpfsTarget
  /// The device's path inside the container.
  case deviceTarget
  /// The file's path inside the container; the name's file below this directory if left out.
  case fileTarget(String)
  /// The path that is named.
  case path
  /// The subnet.
  case subnet
}

/// What `NAME=value` lists and mappings stand for.
enum PairForm: Sendable {
  /// Values may be missing and are then taken from the caller's environment.
  case environment
  /// Build arguments: as variables, but only for the build.
  case arguments
  /// Names and texts.
  case labels
  /// Names and directories, URLs, images or services.
  case contexts
  /// Names and sockets or keys of SSH agents; `default` needs none.
  case agents
  /// Host names and addresses; `NAME:ADDRESS` as well, and several addresses a name.
  case hosts

  /// Whether `default` alone says enough.
  var mayBeDefault: Bool { if case .agents = self { true } else { false } }

  /// The characters that may separate name and value in a list's entry.
  var separators: [UInt8] {
    if case .hosts = self { return [UInt8(ascii: "="), UInt8(ascii: ":")] }
    return [UInt8(ascii: "=")]
  }
}

/// Which names a free mapping takes.
enum NameForm: Sendable {
  case service, object
  /// Any text.
  case any

  /// The pattern of a name, for the schema.
  var pattern: String {
    switch self {
    case .service, .object: "^(?!x-)[a-zA-Z0-9_][a-zA-Z0-9._-]*$"
    case .any: "^.+$"
    }
  }
}
