import ArgumentParser
import ContainrSpec
import SystemPackage
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct RunWordsTests {
  private func plain(_ line: String) -> RunWords? { RunWords.plain(line.split(separator: " ").map(String.init)[...]) }

  /// What the library's parser makes of the same words.
  private func parsed(_ line: String) throws -> RunCommand {
    try RunCommand.parse(line.split(separator: " ").map(String.init))
  }

  @Test("the short way and the parser understand the same words")
  func same() throws {
    let line =
      "--rm --network none --layer a --layer b -e X=1 --env Y -m 64m --cpus 0.5 --pids-limit 9 -u app -w /tmp "
      + "--cap-add NET_ADMIN --cap-drop ALL --read-only -- sh -c --layer"
    let words = try #require(plain(line))
    let command = try parsed(line)
    #expect(words.layers == ["a", "b"] && command.layer == words.layers)
    #expect(words.environment == ["X=1", "Y"] && command.environment == words.environment)
    #expect(words.memory == "64m" && command.memory == words.memory)
    #expect(words.cpus == "0.5" && command.cpus == words.cpus)
    #expect(words.pidsLimit == "9" && command.pidsLimit == words.pidsLimit)
    #expect(words.user == "app" && command.user == words.user)
    #expect(words.workdir == "/tmp" && command.workdir == words.workdir)
    #expect(words.capAdd == ["NET_ADMIN"] && command.capAdd == words.capAdd)
    #expect(words.capDrop == ["ALL"] && command.capDrop == words.capDrop)
    #expect(words.readOnly && command.readOnly)
    #expect(words.command == ["sh", "-c", "--layer"] && command.command == words.command)
  }

  @Test("words that need no loader make the loader's plan", arguments: [false, true])
  func simple(readOnly: Bool) throws {
    let surroundings = Surroundings(environment: [:], workingDirectory: "/somewhere", executable: "/x", uid: 0)
    var words = RunWords()
    (words.layers, words.command, words.readOnly) = (
      ["base", "/a/b/../c"], ["sh", "-c", "echo $HOME \"1\"", ""], readOnly
    )
    let result = words.load(surroundings)
    #expect(result.diagnostics.isEmpty)
    var loaded = try #require(result.plan?.services.first)
    let simple = try #require(words.simplePlan(surroundings))
    #expect(loaded.location == simple.location)
    // A single run has no networks, whatever its plan says.
    (loaded.networks, loaded.origins) = ([], [:])
    #expect(loaded == simple)
    #expect(simple.layers.map(\.path) == ["/somewhere/base", "/a/c"])
    for change: (inout RunWords) -> Void in [
      { $0.layers = ["base.tar"] }, { $0.environment = ["A=1"] }, { $0.memory = "1g" }, { $0.capDrop = ["ALL"] },
      { $0.user = "1" }, { $0.command = [""] },
    ] {
      var other = words
      change(&other)
      #expect(other.simplePlan(surroundings) == nil)
    }
  }

  @Test("words that the parser has been over are read back as they were, whatever they look like")
  func handedOver() throws {
    var words = RunWords()
    (words.layers, words.command) = (["-a", "b"], ["sh", "--", "-c"])
    (words.environment, words.user, words.workdir) = (["A=-", "--layer"], "-1", "--")
    (words.memory, words.cpus, words.pidsLimit) = ("-m", "-2", "-3")
    (words.capAdd, words.capDrop, words.readOnly) = (["-x"], ["-y"], true)
    #expect(RunWords.plain(words.arguments[...], isParsed: true) == words)
  }

  @Test(
    "whatever is not plain is left to the parser",
    arguments: [
      "", "--help", "--layer a", "--layer a --", "-- true", "--layer=a -- true", "--layer -- true",
      "--layer a --network host -- true", "--layer a --bogus x -- true", "--layer a extra -- true",
    ])
  func left(line: String) {
    #expect(plain(line) == nil)
  }
}
