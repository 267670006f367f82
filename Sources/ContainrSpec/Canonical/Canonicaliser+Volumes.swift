// Volumes that are really bind mounts: the local driver's device is a path of the host.

extension Canonicaliser {
  /// `volumes` with absolute devices where `o: bind` makes a device a directory.
  func volumes(_ section: ModelValue, _ root: YAMLNode) -> ModelValue {
    guard options.resolvesPaths, case .mapping(var entries) = section else { return section }
    for index in entries.indices {
      let options = entries[index].value["driver_opts"]
      guard entries[index].value["driver"] == .string("local"), options?["o"] == .string("bind"),
        case .string(let text)? = options?["device"],
        let node = root.value("volumes")?.value(entries[index].key)?.value("driver_opts")?.value("device")
      else { continue }
      entries[index].value = entries[index].value.setting("device", of: "driver_opts", to: .string(path(text, node)))
    }
    return .mapping(entries)
  }
}

extension ModelValue {
  /// The same with another value two levels down.
  fileprivate func setting(_ inner: String, of outer: String, to value: ModelValue) -> ModelValue {
    .mapping(
      entries.map { entry in
        guard entry.key == outer else { return entry }
        return ModelEntry(outer, .mapping(entry.value.entries.map { $0.key == inner ? ModelEntry(inner, value) : $0 }))
      })
  }
}
