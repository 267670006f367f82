import ArgumentParser
import ContainrEngine
import ContainrReconcile
import ContainrSpec
import Foundation
import SystemPackage
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite("Revisions and failures on the screen")
struct RevisionViewTests {
  private static let json = #"""
    [{"number": 7, "createdAt": 100, "endedAt": 101, "ownerUID": 5, "outcome": "rolled back", "file": "/srv/s.yaml",
      "summary": "1 changed: web mem_limit", "returnsTo": 3, "options": {"profiles": ["x"], "scale": {"web": 2}},
      "layers": {"/b.tar": "sha256:1"}, "digest": "d"}]
    """#

  @Test("the history is a table and a document of a known format")
  func history() throws {
    let revisions = try JSONDecoder().decode([Revision].self, from: Data(Self.json.utf8))
    let around = Surroundings(environment: [:], workingDirectory: "/", executable: "/containr", uid: 0)
    let ink = Ink(isTerminal: false, surroundings: around)
    #expect(
      HistoryView.table(revisions, now: 160).text(ink) == """
        REVISION  AGE  UID  OUTCOME      SUMMARY
               7  1m     5  rolled back  1 changed: web mem_limit

        """)
    let value =
      try JSONSerialization.jsonObject(with: Data(HistoryView.json(revisions, stack: "t").utf8)) as? [String: Any]
    let row = (value?["revisions"] as? [[String: Any]])?.first
    #expect(value?["format"] as? Int == 1 && row?["returns_to"] as? Int == 3 && row?["revision"] as? Int == 7)
    #expect(row?["scale"] as? [String: Int] == ["web": 2] && row?["profiles"] as? [String] == ["x"])
  }

  @Test(
    "what becomes of orphans: the option, then a saved plan, then the environment; ignoring and removing is refused")
  func orphans() throws {
    func rule(_ words: [String], saved: Bool? = nil, removes: Bool = false, ignores: Bool = false) throws -> OrphanRule
    {
      let around = Surroundings(
        environment: ["COMPOSE_REMOVE_ORPHANS": removes ? "TRUE" : "", "COMPOSE_IGNORE_ORPHANS": ignores ? "1" : "0"],
        workingDirectory: "/", executable: "/containr", uid: 0)
      return try OrphanOptions.parse(words).rule(try ComposeSwitches(around), saved: saved)
    }
    #expect(try rule([]) == .keep)
    #expect(try rule(["--remove-orphans"]) == .remove)
    #expect(try rule([], removes: true) == .remove)
    #expect(try rule(["--no-remove-orphans"], removes: true) == .keep)
    #expect(try rule([], saved: false, removes: true) == .keep)
    #expect(try rule([], saved: true) == .remove)
    #expect(try rule([], ignores: true) == .ignore)
    #expect(throws: CommandExit.self) { try rule(["--remove-orphans"], ignores: true) }
  }
}
