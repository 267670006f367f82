// Pictures and pages of plans: what stands where, what is left out, and that they are well formed.
import ContainrReconcile
import ContainrSpec
import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif
import Testing

@testable import ContainrCLI

struct ReportTests {
  /// A network, two containers that need it, and a third that needs the first container and waits for the second.
  private let changeset: Changeset = {
    func name(_ service: String) -> ContainerName { ContainerName(stack: "s", service: service, index: 1) }
    let reason = ChangeReason(
      .field, "environment.A", old: "<1>", new: "\"2\" & more",
      origin: SourceLocation(file: "s.yaml", line: 1, column: 2),
      effect: .recreate)
    return Changeset(
      stack: "s <x>",
      changes: [
        Change(.ensureNetwork(key: "n", name: "s_n"), address: "network s_n", reasons: [], effect: .none),
        Change(
          .createContainer(name("a")), address: "container s-a-1", reasons: [reason], effect: .recreate,
          dependencies: [0]),
        Change(.createContainer(name("b")), address: "container s-b-1", reasons: [], effect: .none, dependencies: [0]),
        Change(
          .startContainer(name("c")), address: "container s-c-1", reasons: [], effect: .none, dependencies: [0, 1],
          after: [2]),
      ])
  }()

  private func isWellFormed(_ xml: String) -> Bool { XMLParser(data: Data(xml.utf8)).parse() }

  @Test("columns follow what is waited for, boxes do not overlap, and edges that others imply are left out")
  func layout() {
    let layout = GraphLayout(changeset)
    let nodes = layout.nodes
    #expect(nodes[0].x < nodes[1].x && nodes[1].x == nodes[2].x && nodes[2].x < nodes[3].x)
    for a in nodes {
      for b in nodes where a.index < b.index {
        let apart =
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + GraphNode.height <= b.y || b.y + GraphNode.height <= a.y
        #expect(apart, "\(a.title) and \(b.title)")
      }
    }
    #expect(layout.edges.map { "\($0.from)>\($0.to)\($0.isHard ? "" : "?")" } == ["0>1", "0>2", "1>3", "2>3?"])
  }

  @Test("the SVG is well formed, with every text escaped, and the DOT names every change")
  func pictures() {
    let svg = GraphPicture.svg(changeset, critical: [0, 1])
    #expect(isWellFormed(svg), "\(svg)")
    #expect(svg.contains("&lt;1&gt;") && !svg.contains("<1>"))
    #expect(isWellFormed(GraphPicture.svg(Changeset(stack: "empty"))))
    let dot = GraphPicture.dot(changeset)
    #expect(dot.contains("n2 -> n3 [style=dashed];") && dot.contains("\"container s-c-1\\nstart\""))
    let layer = Change(
      .prepareLayer(path: "/very/long/base.tar"), address: "layer /very/long/base.tar", reasons: [], effect: .none)
    #expect(layer.pictureTitle == "layer base.tar")
  }

  @Test("the longest way goes back from the last end along the latest ends")
  func criticalPath() {
    var timeline = Timeline()
    timeline.changes = [
      0: .init(begin: 10, end: 20), 1: .init(begin: 20, end: 60), 2: .init(begin: 20, end: 70),
      3: .init(begin: 70, end: 90),
    ]
    #expect(timeline.criticalPath(changeset) == [0, 2, 3])
    timeline.phases = [
      .init(name: "read", span: .init(begin: 0, end: 8)), .init(name: "apply", span: .init(begin: 8, end: 100)),
    ]
    let parted = timeline.partingPhase("apply")
    #expect(parted.phases.map(\.name) == ["read", "write intents", "close"])
    #expect(parted.phases.map(\.span.length) == [8, 2, 10])
    #expect(parted.coverage(changeset) == 1)
    #expect(Timeline().criticalPath(changeset).isEmpty)
  }

  @Test("the page has what was done, why, the times and what went wrong, and asks nobody else for anything")
  func page() {
    var timeline = Timeline()
    timeline.changes = [0: .init(begin: 0, end: 1_000_000), 1: .init(begin: 1_000_000, end: 9_000_000)]
    timeline.failures = [1: "no <such> file"]
    let text = HTMLReport(changeset: changeset, file: "/srv/s.yaml", problems: ["port 80 is taken"], timeline: timeline)
      .text
    for words in [
      "Apply of s &lt;x&gt;", "environment.A: &lt;1&gt; → &quot;2&quot; &amp; more", "s.yaml:1:2", "port 80 is taken",
      "no &lt;such&gt; file", "9 ms",
    ] {
      #expect(text.contains(words), "\(words)")
    }
    #expect(
      !text.contains("src=") && !text.contains("href=") && !text.contains("@import") && !text.contains("url(http"))
  }
}
