// A container as events name it.
package import ContainrReconcile
package import ContainrTelemetry

extension ContainerName {
  /// As events name it.
  package var eventSubject: EventSubject { EventSubject(stack: stack, service: service, name: display, id: id) }
}
