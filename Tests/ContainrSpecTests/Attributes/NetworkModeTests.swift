// network_mode: whose network a service uses.
import Testing

struct NetworkModeTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("host", "host"),
      ("none", "none"),
      ("bridge", "bridge"),
      (#""service:db""#, "service:db"),
      (#""container:x""#, "container:x"),
      ("some-network", "some-network"),
      ("${WORD}", "word"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("network_mode", "network_mode: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      (#""service:nothing""#, "C0201 4:19"),
      (#""service:""#, "C0110 4:19"),
      (#""container:""#, "C0110 4:19"),
      ("host\nnetworks: [front]", "C0222 5:5"),
      ("[a]", "C0101 4:19"),
      ("{a: b}", "C0101 4:19"),
      ("true", "C0101 4:19"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("network_mode: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("host", "other", "other"),
      ("host", "", "host"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("network_mode", "network_mode: \(base)", "network_mode: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("host", ""),
      ("none", ""),
      ("bridge", ""),
      (#""service:db""#, ""),
      ("front", "C0401 4:19"),
      (#""service:web""#, "C0222 4:19"),
      ("host\nports: [\"80:80\"]", "C0312 5:5"),
      ("none\nports: [\"80:80\"]", "C0222 5:5"),
      ("none\nmac_address: \"02:42:ac:11:00:03\"", "C0312 5:5"),
      ("\"service:db\"\nmac_address: \"02:42:ac:11:00:03\"", "C0222 5:5"),
    ])
  func run(text: String, expected: String) {
    #expect(running("network_mode: \(text)") == expected)
  }

  @Test("the other service is started first")
  func dependency() {
    let expected = "{db: {condition: service_started, required: true, restart: true}}"
    #expect(model("depends_on", "network_mode: service:db") == expected)
    #expect(model("networks", "network_mode: service:db") == "-")
  }

  @Test(
    "a dependency that is written already cannot say the contrary of what sharing needs",
    arguments: [
      ("depends_on: [db]", ""),
      ("depends_on: {db: {condition: service_started}}", ""),
      ("depends_on: {db: {condition: service_started, restart: true, required: true}}", ""),
      // A network is there as long as anybody is in it.
      ("depends_on: {db: {condition: service_started, restart: false}}", ""),
      ("ipc: \"service:db\"\ndepends_on: {db: {condition: service_started, restart: false}}", "C0312 6:51"),
      ("depends_on: {db: {condition: service_started, required: false}}", "C0222 5:51"),
    ])
  func written(text: String, expected: String) {
    #expect(running("network_mode: \"service:db\"\n\(text)") == expected)
  }
}
