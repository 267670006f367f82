// Plans are printed in CI logs: secrets are compared, and never shown.
import ContainrSpec
import Testing

@testable import ContainrReconcile

struct HiddenValueTests {
  @Test(
    "values are hidden by the words of their names, and passwords inside URLs",
    arguments: [
      ("environment.DB_PASSWORD", "x", "(hidden)"), ("environment.PGPASSWORD", "x", "(hidden)"),
      ("environment.api-key", "x", "(hidden)"), ("environment.AWS_SECRET_ACCESS_KEY", "x", "(hidden)"),
      ("labels.traefik.auth", "x", "(hidden)"), ("environment.GITHUB_TOKEN", "x", "(hidden)"),
      ("environment.PASSWORD_FILE", "/run/secrets/p", "/run/secrets/p"), ("environment.AWS_ACCESS_KEY_ID", "a", "a"),
      ("environment.MONKEY", "x", "x"), ("environment.PORT", "80", "80"), ("mem_limit", "5", "5"),
      ("environment.DATABASE_URL", "postgres://app:p:w@db/app?x=1@2", "postgres://app:(hidden)@db/app?x=1@2"),
      ("environment.URL", "http://host:80/a@b", "http://host:80/a@b"),
      ("environment.URL", "http://u@h/", "http://u@h/"),
      ("driver_opts.o", "username=u,password=p,vers=3.0", "username=u,password=(hidden),vers=3.0"),
      ("driver_opts.o", "addr=10.0.0.1,rw", "addr=10.0.0.1,rw"),
      ("post_start.1.environment.DB_PASSWORD", "x", "(hidden)"), ("post_start.1.command", "x", "x"),
      (
        "environment.BROKERS", "amqp://a:x@one,amqp://b:y@two/v nats://c:z@three",
        "amqp://a:(hidden)@one,amqp://b:(hidden)@two/v nats://c:(hidden)@three"
      ),
    ])
  func shown(path: String, value: String, expected: String) {
    #expect(HiddenValue.shown(value, of: path) == expected)
  }

  @Test("two secrets that differ are a change, and the plan has neither of them, as text and as JSON")
  func changed() {
    func fields(_ value: String) -> [PlanField] { [PlanField(path: "environment.TOKEN", value: value)] }
    let reasons = differences(from: fields("abc1"), to: fields("abc2"), origins: [:], fallback: nil) { path, old, new in
      EffectTable.rule(of: path, old: old, new: new)
    }
    #expect(reasons.map(\.text) == ["environment.TOKEN: (hidden) → (hidden)   recreate"])
    let changeset = Changeset(
      stack: "s", changes: [Change(.writeFirewall, address: "a", reasons: reasons, effect: .recreate)])
    #expect(!changeset.json.contains("abc") && !changeset.text.contains("abc"))
  }
}
