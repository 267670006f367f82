// depends_on: what must hold of other services first.
import Testing

struct DependsOnTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (
        "[db, cache]",
        "{cache: {condition: service_started, required: true}, db: {condition: service_started, required: true}}"
      ),
      ("{db: {condition: service_started}}", "{db: {condition: service_started, required: true}}"),
      (
        "{db: {condition: service_completed_successfully, restart: true, required: false}}",
        "{db: {condition: service_completed_successfully, required: false, restart: true}}"
      ),
      ("{db: {restart: false}}", "{db: {condition: service_started, required: true}}"),
      (
        "{nothing: {condition: service_started, required: false}}",
        "{nothing: {condition: service_started, required: false}}"
      ),
      (
        #"{db: {condition: service_started, required: "${NO}"}}"#, "{db: {condition: service_started, required: false}}"
      ),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("depends_on", "depends_on: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("db", "C0101 4:17"),
      ("[nothing]", "C0201 4:18"),
      ("{nothing: {condition: service_started}}", "C0201 4:18"),
      ("[db, db]", "C0221 4:22"),
      ("{db: {condition: healthy}}", "C0203 4:34"),
      ("{db: {conditions: x}}", "C0102 4:23"),
      ("{db: {required: maybe}}", "C0101 4:33"),
      ("{db: service_started}", "C0101 4:22"),
      ("[{a: b}]", "C0101 4:18"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("depends_on: \(text)") == expected)
  }

  @Test(
    "both add up; what the later file says of a service wins, and the short form says service_started",
    arguments: [
      (
        "[db]", "[cache]",
        "{cache: {condition: service_started, required: true}, db: {condition: service_started, required: true}}"
      ),
      (
        "[db]", "{db: {condition: service_completed_successfully}}",
        "{db: {condition: service_completed_successfully, required: true}}"
      ),
      (
        "{db: {condition: service_completed_successfully, restart: true}}", "{db: {condition: service_started}}",
        "{db: {condition: service_started, required: true, restart: true}}"
      ),
      (
        "{db: {condition: service_completed_successfully}}", "[db]",
        "{db: {condition: service_started, required: true}}"
      ),
      ("[db]", "!reset []", "-"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("depends_on", "depends_on: \(base)", "depends_on: \(over)") == expected)
  }
}
