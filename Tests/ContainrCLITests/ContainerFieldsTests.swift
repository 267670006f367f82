// Containers in Compose's words: fields, states, filters, and the templates of lists.
import ContainrSpec
import Foundation
import Testing

@testable import ContainrCLI
@testable import ContainrEngine
@testable import ContainrForeground

@Suite("Containers in Compose's words")
struct ContainerFieldsTests {
  private func container(_ state: ContainerStatus.State) -> ContainerStatus {
    var status = ContainerStatus(
      stack: "hello", service: "web", index: 1, name: "hello-web-1", state: state, createdAt: 1000,
      logFile: "/l/container.log")
    status.since = 1000
    return status
  }

  private func fields(
    _ container: ContainerStatus, _ details: ContainerDetails = ContainerDetails(), written: UInt64? = nil
  ) -> [VolumeView.Field] {
    ContainerFields(container: container, details: details, written: written, now: 1065).fields
  }

  private func text(_ name: String, _ container: ContainerStatus) -> String? {
    fields(container).first { $0.name == name }?.text
  }

  @Test("the JSON form is an object a line with Compose's names")
  func json() throws {
    var web = container(.running)
    (web.pid, web.health) = (4711, "healthy")
    web.ports = ["127.0.0.1:8080->80/tcp", "[::1]:53->5353/udp"]
    let line = VolumeView.line(fields(web))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(line.split(separator: "\n").count == 1)
    #expect(object["Name"] as? String == "hello-web-1" && object["Service"] as? String == "web")
    #expect(object["State"] as? String == "running" && object["Status"] as? String == "Up 1m 5s (healthy)")
    #expect(object["ExitCode"] as? Int == 0 && object["Project"] as? String == "hello")
    let publishers = try #require(object["Publishers"] as? [[String: Any]])
    #expect(publishers.map { $0["URL"] as? String } == ["127.0.0.1", "::1"])
    #expect(publishers.map { $0["PublishedPort"] as? Int } == [8080, 53])
    #expect(publishers.map { $0["TargetPort"] as? Int } == [80, 5353])
    #expect(publishers.map { $0["Protocol"] as? String } == ["tcp", "udp"])
    // Those of `docker compose ps --format json`, all of them.
    #expect(
      fields(web).map(\.name) == [
        "Command", "CreatedAt", "ExitCode", "Health", "ID", "Image", "Labels", "LocalVolumes", "Mounts", "Name",
        "Names",
        "Networks", "Ports", "Project", "Publishers", "RunningFor", "Service", "Size", "State", "Status",
      ])
  }

  @Test("what it was made with is told in lists with commas, what it has written in Docker's units")
  func details() throws {
    var details = ContainerDetails()
    (details.command, details.image) = (["sh", "-c", "echo \"a\""], "nginx:1.27")
    details.labels = [.init(name: "a", value: "b"), .init(name: "c", value: "")]
    (details.mounts, details.volumes) = (["hello_data", "/srv/www"], 1)
    details.networks = ["hello_back", "hello_front"]
    let line = VolumeView.line(fields(container(.running), details, written: 1_234_567))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(object["Command"] as? String == #""sh -c echo \"a\"""# && object["Image"] as? String == "nginx:1.27")
    #expect(object["Labels"] as? String == "a=b,c=" && object["LocalVolumes"] as? String == "1")
    #expect(object["Mounts"] as? String == "hello_data,/srv/www")
    #expect(object["Networks"] as? String == "hello_back,hello_front" && object["Size"] as? String == "1.23MB")
    let sizes: [UInt64: String] = [0: "0B", 999: "999B", 1000: "1kB", 12_340: "12.3kB", 5_600_000_000: "5.6GB"]
    for (size, text) in sizes { #expect(Displayed.decimalBytes(size) == text) }
    #expect(try FieldTemplate("{{.Name}} {{json .Size}}").names == ["Name", "Size"])
  }

  @Test("what has ended says how, and whether it comes back")
  func ends() {
    var job = container(.exited)
    (job.exitCode, job.isOver) = (3, true)
    #expect(text("Status", job) == "Exited (3) 1m 5s ago" && text("ExitCode", job) == "3")
    job.isOver = false
    #expect(text("Status", job) == "Restarting (3) 1m 5s ago" && text("State", job) == "restarting")
    job.nextRun = 2000
    #expect(text("State", job) == "exited", "a job waits for its time")
    #expect(text("State", container(.stopped)) == "exited" && text("State", container(.scheduled)) == "created")
    #expect(text("Status", container(.created)) == "Created")
    var still = container(.paused)
    still.pid = 5
    #expect(text("Status", still) == "Up 1m 5s (Paused)")
    var young = container(.running)
    (young.pid, young.health) = (5, "starting")
    #expect(text("Status", young) == "Up 1m 5s (health: starting)")
  }

  @Test("--status takes Compose's words and the table's; what is none is told with what was meant")
  func filter() throws {
    func holds(_ words: [String], filter: [String] = [], _ container: ContainerStatus) throws -> Bool {
      try StatusFilter(status: words, filter: filter).holds(container)
    }
    let stopped = container(.stopped)
    #expect(try holds(["exited"], stopped))
    #expect(try holds(["stopped"], stopped))
    #expect(try holds([], stopped))
    #expect(try !holds(["running"], stopped))
    #expect(try holds(["running"], filter: ["status=exited"], stopped))
    #expect(try holds(["dead"], container(.died)))
    let strange = #expect(throws: CommandExit.self) { try StatusFilter(status: ["runing"], filter: []) }
    #expect(strange?.help == "did you mean 'running'?")
    #expect(throws: CommandExit.self) { try StatusFilter(status: [], filter: ["name=x"]) }
    #expect(throws: CommandExit.self, "that of config knows profile and label") { try ServiceFilter(["name=x"]) }
  }

  @Test("a template is a line each, and after `table` columns with headings")
  func template() throws {
    let rows = [fields(container(.created)), fields(container(.stopped))]
    func list(_ text: String) throws -> String { try FieldTemplate(text).list(rows, Ink(isOn: false)) }
    #expect(try list("{{.Name}}={{.State}}") == "hello-web-1=created\nhello-web-1=exited\n")
    #expect(
      try list("table {{.Service}}\\t{{.State}}\\t{{.CreatedAt}}").hasPrefix(
        "SERVICE  STATE    CREATED AT\nweb      created  1970-"))
    #expect(throws: CommandExit.self) { try list("{{.Nothing}}") }
  }

  @Test("a service that is not there is told with the one that was perhaps meant")
  func unknown() {
    let exit = UnknownService.exit("wbe", ["web", "db"], .failure, "x")
    #expect(exit.help == "did you mean 'web'? there are db, web")
    #expect(UnknownService.exit("cache", ["web"], .failure, "x").help == "there are web")
    #expect(UnknownService.exit("cache", [], .failure, "x").help == "there are none")
  }
}
