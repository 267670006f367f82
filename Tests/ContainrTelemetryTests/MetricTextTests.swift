// Metrics as text, in both forms, to the letter.
import ContainrTelemetry
import Testing

@Suite("Metrics as text") struct MetricTextTests {
  private let families = [
    MetricFamily(
      MetricKind("x_cpu_seconds", .counter, unit: "seconds", help: "Time \"used\"."),
      [
        MetricPoint([MetricLabel("name", "a\"b\\c\nd")], .nanoseconds(1_500_000_000)),
        MetricPoint([MetricLabel("name", "e"), MetricLabel("index", "2")], .nanoseconds(7)),
      ]),
    MetricFamily(MetricKind("x_nothing", .gauge, help: "Left out."), []),
    MetricFamily(MetricKind("x_instance", .info, help: "Who."), [MetricPoint([MetricLabel("id", "1")], .count(1))]),
    MetricFamily(
      MetricKind("x_start_time_seconds", .gauge, unit: "seconds", help: "When."), [MetricPoint([], .number(12.5))]),
    MetricFamily(
      MetricKind("x_health", .stateset, help: "How."),
      [
        MetricPoint([MetricLabel("x_health", "healthy")], .count(1)),
        MetricPoint([MetricLabel("x_health", "starting")], .count(0)),
      ]),
  ]

  @Test("OpenMetrics: families without suffixes, samples with them, units, escapes, and an end")
  func openMetrics() {
    #expect(
      String(decoding: MetricText.openmetrics.bytes(families), as: UTF8.self) == """
        # HELP x_cpu_seconds Time \\"used\\".
        # TYPE x_cpu_seconds counter
        # UNIT x_cpu_seconds seconds
        x_cpu_seconds_total{name="a\\"b\\\\c\\nd"} 1.5
        x_cpu_seconds_total{name="e",index="2"} 0.000000007
        # HELP x_instance Who.
        # TYPE x_instance info
        x_instance_info{id="1"} 1
        # HELP x_start_time_seconds When.
        # TYPE x_start_time_seconds gauge
        # UNIT x_start_time_seconds seconds
        x_start_time_seconds 12.5
        # HELP x_health How.
        # TYPE x_health stateset
        x_health{x_health="healthy"} 1
        x_health{x_health="starting"} 0
        # EOF

        """)
    #expect(String(decoding: MetricText.openmetrics.bytes([]), as: UTF8.self) == "# EOF\n")
  }

  @Test(
    "the older form: families are called as their samples, and all that is neither a counter nor a gauge is a gauge")
  func older() {
    #expect(
      String(decoding: MetricText.prometheus.bytes(families), as: UTF8.self) == """
        # HELP x_cpu_seconds_total Time "used".
        # TYPE x_cpu_seconds_total counter
        x_cpu_seconds_total{name="a\\"b\\\\c\\nd"} 1.5
        x_cpu_seconds_total{name="e",index="2"} 0.000000007
        # HELP x_instance_info Who.
        # TYPE x_instance_info gauge
        x_instance_info{id="1"} 1
        # HELP x_start_time_seconds When.
        # TYPE x_start_time_seconds gauge
        x_start_time_seconds 12.5
        # HELP x_health How.
        # TYPE x_health gauge
        x_health{x_health="healthy"} 1
        x_health{x_health="starting"} 0

        """)
    #expect(MetricText.prometheus.bytes([]).isEmpty)
  }
}
