// `--scale SERVICE=N`: another number of containers than the file says. Before the checks, so that they know it.

struct ServiceScale {
  let context: LoadContext

  func apply(to draft: inout StackDraft) {
    for (name, count) in context.input.scale.sorted(by: { $0.key < $1.key }) {
      guard let index = draft.services.firstIndex(where: { $0.plan.name == name }) else {
        let near = NearestName.suggestion(for: name, among: draft.services.map(\.plan.name))
        refuse(
          .undefinedService, "the service \(DisplayText.quote(name)) of '--scale' is not defined",
          help: near.map { "did you mean '\($0)'?" })
        continue
      }
      let service = draft.services[index]
      guard service.isActive else {
        refuse(
          .disabledService, "the service '\(name)' of '--scale' is disabled",
          help: "activate it: --profile \(service.profiles.first ?? "")")
        continue
      }
      draft.services[index].plan.replicas = count
      draft.services[index].replicasSpan = nil
      draft.services[index].origins["replicas"] = nil
    }
  }

  /// A finding about the command line has no place in a file.
  private func refuse(_ code: DiagnosticCode, _ message: String, help: String?) {
    context.sink.add(Diagnostic(severity: .error, code: code.rawValue, message: message, primary: nil, help: help))
  }
}
