// How the tests of merging load several files, and how they read the model.
import ContainrSpec
import Testing

/// The files of a stack by name; the first one is given to the loader, and more of them if they are named.
func loadFiles(
  _ files: [String: String], named: [String] = ["stack.yaml"], environment: [String: String] = [:],
  purpose: LoaderPurpose = .check, profiles: [String] = []
) -> Loaded {
  let directory = "/srv/demo"
  let paths = Dictionary(uniqueKeysWithValues: files.map { ("\(directory)/\($0.key)", Array($0.value.utf8)) })
  return Loaded(
    result: StackLoader.load(
      LoaderInput(
        files: named.map {
          LoaderFile(file: $0, absolutePath: "\(directory)/\($0)", bytes: Array((files[$0] ?? "").utf8))
        }, projectDirectory: directory, environment: environment,
        dotEnvs: files[".env"].map {
          [LoaderFile(file: ".env", absolutePath: "\(directory)/.env", bytes: Array($0.utf8))]
        } ?? [],
        readFile: { paths[$0] }, activeProfiles: profiles, purpose: purpose)))
}

/// A base file and one that overrides it.
func merged(_ base: String, _ over: String) -> Loaded {
  loadFiles(["stack.yaml": base, "over.yaml": over], named: ["stack.yaml", "over.yaml"])
}

/// A service `web` in two files, given by the lines of its attributes.
func mergedWeb(_ base: String, _ over: String) -> Loaded {
  func service(_ lines: String) -> String {
    "services:\n  web:\n" + lines.split(separator: "\n").map { "    \($0)\n" }.joined()
  }
  return merged(service("image: x\n" + base), service(over))
}

extension Loaded {
  /// One value of the model by its keys; list items by number.
  func at(_ path: String...) -> String {
    var value = result.model
    for key in path {
      if let index = Int(key), case .list(let items) = value {
        value = index < items.count ? items[index] : nil
      } else {
        value = value?[key]
      }
    }
    return value.map(\.short) ?? "-"
  }
}

extension ModelValue {
  /// A short form for expectations: `{a: 1, b: [x, y]}`.
  var short: String {
    switch self {
    case .null: "null"
    case .boolean(let value): String(value)
    case .integer(let value): String(value)
    case .decimal(let text), .string(let text): text
    case .list(let items): "[" + items.map(\.short).joined(separator: ", ") + "]"
    case .mapping(let entries): "{" + entries.map { "\($0.key): \($0.value.short)" }.joined(separator: ", ") + "}"
    }
  }
}
