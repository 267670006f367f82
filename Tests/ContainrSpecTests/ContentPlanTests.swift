// Configs and secrets in the plan: where they come from and go, and that what is in a secret is in no encoded form.
import Testing

@testable import ContainrSpec

struct ContentPlanTests {
  private static let text = """
    services:
      web:
        layers: [./base]
        command: [c]
        configs: [app, {source: inline, target: etc/in, mode: 0o440}]
        secrets: [token, {source: token, target: other, uid: "5", gid: 6, mode: 0400}, cert]
        x-containr: {on-change: "signal:hup"}
    configs: {app: {file: ./app.conf}, inline: {content: "port=${PORT}\\n"}, unused: {file: ./no}}
    secrets: {token: {environment: TOKEN}, cert: {environment: CERT}}
    """

  private func plan() throws -> StackPlan {
    try load(Self.text, environment: ["TOKEN": "hunter2", "PORT": "80"], dotEnv: "CERT=pem-of-dotenv\n").plan()
  }

  @Test("defaults, short and long forms, sorted by depth; only what services use")
  func files() throws {
    let plan = try plan()
    let web = try #require(plan.services.first)
    #expect(
      web.files == [
        FilePlan(kind: .config, source: "app", target: "/app"),
        FilePlan(kind: .config, source: "inline", target: "/etc/in", mode: 0o440),
        FilePlan(kind: .secret, source: "cert", target: "/run/secrets/cert"),
        FilePlan(kind: .secret, source: "token", target: "/run/secrets/other", uid: 5, gid: 6, mode: 0o400),
        FilePlan(kind: .secret, source: "token", target: "/run/secrets/token"),
      ])
    #expect(web.onChange == .signal("SIGHUP"))
    #expect(
      plan.contents.map { "\($0.kind) \($0.key) \($0.source)" } == [
        #"config app file("/srv/demo/app.conf")"#, #"config inline content("port=80\n")"#,
        #"secret cert environment("CERT", file: Optional("/srv/demo/.env"))"#,
        #"secret token environment("TOKEN", file: nil)"#,
      ])
    #expect(plan.contents.map { $0.value?.text } == [nil, nil, "pem-of-dotenv", "hunter2"])
    let fields = Dictionary(uniqueKeysWithValues: web.fields.map { ($0.path, $0.value) })
    #expect(fields["secrets./run/secrets/other"] == "token,uid=5,gid=6,mode=400")
    #expect(fields["configs./etc/in"] == "inline,mode=440")
    #expect(fields["configs./app"] == "app")
    #expect(fields["x-containr.on-change"] == "signal:SIGHUP")
  }

  @Test("what a variable holds is in no encoded form, no description and no dump of the plan")
  func withheld() throws {
    let plan = try plan()
    var dumped = ""
    dump(plan, to: &dumped)
    let coded = try Coded.text(plan)
    for text in [coded, "\(plan)", String(reflecting: plan), dumped] {
      #expect(!text.contains("hunter2") && !text.contains("pem-of-dotenv"))
    }
    let back = try Coded.read(StackPlan.self, coded)
    #expect(back.contents.map { $0.value?.text } == [nil, nil, nil, nil])
    #expect(back.contents.map(\.source) == plan.contents.map(\.source))
    #expect(back.services == plan.services)
  }

  @Test("records and saved plans from before there were files are read")
  func old() throws {
    let coded = try Coded.text(try load("services: {web: {layers: [a], command: [c]}}").plan())
    #expect(coded.contains(#""contents":[]"#) && coded.contains(#""files":[]"#))
    let old = coded.replacing(#""contents":[],"#, with: "").replacing(#""files":[],"#, with: "")
    #expect(old != coded)
    let plan = try Coded.read(StackPlan.self, old)
    #expect(plan.contents.isEmpty && plan.services[0].files.isEmpty && plan.services[0].onChange == nil)
  }
}
