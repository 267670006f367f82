import ContainrSpec
import Testing

@Suite struct EnvironmentFilesTests {
  private func values(_ texts: [String], _ environment: [String: String] = [:]) -> [String: String] {
    let files = texts.enumerated().map { number, text in
      LoaderFile(file: "\(number).env", absolutePath: "/\(number).env", bytes: Array(text.utf8))
    }
    return EnvironmentFiles.values(files, environment: environment)
  }

  @Test("later files win, and see the values of earlier ones") func order() {
    let found = values(["A=1\nB=1\n", "A=2\nC=${A}${B}\n"])
    #expect(found == ["A": "2", "B": "1", "C": "21"])
  }

  @Test("the environment is stronger in what a value refers to") func references() {
    #expect(values(["A=1\nC=$A\n"], ["A": "shell"]) == ["A": "1", "C": "shell"])
  }

  @Test("lines that cannot be read are left out") func broken() {
    #expect(values(["=x\nA='1\n", "B=2\n"])["B"] == "2")
    #expect(values(["A=1\n=x\n"]) == ["A": "1"])
  }
}
