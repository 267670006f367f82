// A Dockerfile's instructions on an image's config.
@testable import ContainrImageSpec
import Testing

@Suite("Instructions")
struct InstructionTests {
  private func apply(_ instructions: String...) throws -> ImageExecution {
    var execution = ImageExecution()
    for instruction in instructions { try execution.apply(instruction) }
    return execution
  }

  @Test("do to a config what they do in a Dockerfile")
  func all() throws {
    let execution = try apply(
      #"CMD ["a", "b c"]"#, #"ENV A=1 B="x y" C=it\ is"#, "ENV A 2 3", "EXPOSE 80 53/udp 80/tcp", "label k=v",
      "USER 1000:1000", #"VOLUME ["/a"]"#, "VOLUME /b /c", "WORKDIR /srv", "WORKDIR www", "STOPSIGNAL SIGQUIT")
    #expect(execution.command == ["a", "b c"] && execution.labels == ["k": "v"])
    #expect(execution.environment == ["B=x y", "C=it is", "A=2 3"])
    #expect(execution.exposedPorts == ["80/tcp", "53/udp"] && execution.volumes == ["/a", "/b", "/c"])
    #expect(
      execution.user == "1000:1000" && execution.workingDirectory == "/srv/www" && execution.stopSignal == "SIGQUIT")
    let shell = try apply("CMD old", "ENTRYPOINT exec nginx -g 'daemon off;'")
    #expect(shell.entrypoint == ["/bin/sh", "-c", "exec nginx -g 'daemon off;'"] && shell.command == nil)
  }

  @Test(
    "that cannot be meant are refused",
    arguments: [
      "", "CMD", "RUN x", "ENV A", #"ENV A="x"#, "ENV =x", "EXPOSE 0", "EXPOSE 80/icmp", "EXPOSE 99999", "VOLUME a",
      #"CMD ["a""#, #"CMD [1]"#,
    ])
  func refusals(_ instruction: String) { #expect(throws: InstructionError.self) { try apply(instruction) } }
}
