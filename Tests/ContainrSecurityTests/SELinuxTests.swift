// SELinux without a kernel that has it: contexts, the words of security_opt, categories.
import ContainrSecurity
import ContainrSystem
import SystemPackage
import Testing

@Suite("SELinux")
struct SELinuxTests {
  @Test(
    "a context is its parts and their text", arguments: ["u:r:t", "u:r:t:s0", "u:r:t:s0:c1,c2", "u:r:t:s0-s0:c0.c1023"])
  func context(text: String) throws {
    let label = try #require(SELinuxLabel(text + "\0"))
    #expect(label.description == text)
    #expect((label.user, label.role, label.type) == ("u", "r", "t"))
  }

  @Test("what is none is none", arguments: ["", "u:r", "u::t", "u:r:t:", "u r:t:s", "kernel"])
  func noContext(text: String) { #expect(SELinuxLabel(text) == nil) }

  @Test("categories are the same in any order and as ranges, and nothing else is")
  func sameness() throws {
    func same(_ one: String, _ other: String) throws -> Bool {
      try #require(SELinuxLabel("u:r:t:\(one)")).isSame(as: try #require(SELinuxLabel("u:r:t:\(other)")))
    }
    #expect(try same("s0:c2,c1", "s0:c1,c2"))
    #expect(try same("s0:c1.c3", "s0:c1,c2,c3"))
    #expect(try same("s0-s0:c0.c2", "s0-s0:c0,c1,c2"))
    #expect(try !same("s0:c1,c2", "s0:c1,c3"))
    #expect(try !same("s0:c1", "s1:c1"))
    #expect(try !same("s0:c0.c2", "s0-s0:c0.c2"))
    #expect(
      !SELinuxLabel(user: "u", role: "r", type: "a", level: nil).isSame(
        as: SELinuxLabel(user: "u", role: "r", type: "b", level: nil)))
  }

  private let pair = MCSCategories(number: 0)

  private func labels(_ words: String...) throws -> String {
    let labels = try SELinuxOptions(words).labels(SELinuxContexts(), categories: pair)
    return labels.map { "\($0.process) \($0.mount)" } ?? "none"
  }

  @Test("the words of label change the part that they name, of process, files or both")
  func options() throws {
    let file = "system_u:object_r:container_file_t"
    #expect(try labels() == "system_u:system_r:container_t:s0:c0,c1 \(file):s0:c0,c1")
    #expect(try labels("disable") == "none")
    #expect(try labels("type:spc_t") == "system_u:system_r:spc_t:s0:c0,c1 \(file):s0:c0,c1")
    #expect(try labels("level:s0:c5,c6") == "system_u:system_r:container_t:s0:c5,c6 \(file):s0:c5,c6")
    #expect(try labels("role:r", "user:u") == "u:r:container_t:s0:c0,c1 u:object_r:container_file_t:s0:c0,c1")
    #expect(try labels("filetype:usr_t") == "system_u:system_r:container_t:s0:c0,c1 system_u:object_r:usr_t:s0:c0,c1")
    #expect(try SELinuxOptions(["nested"]).isNested)
  }

  @Test(
    "words that mean nothing, or each other's contrary, are refused",
    arguments: [
      ["enable"], ["type:"], ["type:a:b"], ["color:red"], ["user:a b"], ["disable", "type:x"], ["disable", "nested"],
    ])
  func refused(words: [String]) {
    #expect(throws: SecurityError.self) { try SELinuxOptions(words) }
  }

  @Test("the host's policy has its own contexts for containers")
  func contexts() throws {
    let contexts = try SELinuxContexts(
      """
      # of the policy
      process = "staff_u:system_r:svirt_lxc_net_t:s0"
      content = "system_u:object_r:virt_var_lib_t:s0"
      file = "system_u:object_r:svirt_sandbox_file_t:s0"
      ro_file = "system_u:object_r:container_share_t:s0"
      """)
    #expect(contexts.process.type == "svirt_lxc_net_t")
    #expect(contexts.file.type == "svirt_sandbox_file_t")
    #expect(contexts.readOnlyFile.type == "container_share_t")
    #expect(contexts.sensitivity == "s0")
    #expect(throws: SecurityError.self) { try SELinuxContexts("process = \"nothing\"") }
  }

  @Test("they are looked for below the policy that the host's config names")
  func host() throws {
    let tree = try Tree()
    let root = FilePath(tree.path)
    #expect(try SELinuxContexts.ofHost(root: root) == SELinuxContexts())
    try tree.write("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE = x\nSELINUXTYPE=mine\n")
    try tree.write("etc/selinux/mine/contexts/lxc_contexts", "process = \"u:r:mine_t:s0\"\n")
    #expect(try SELinuxContexts.ofHost(root: root).process.type == "mine_t")
    try tree.write("etc/selinux/config", "SELINUXTYPE=../../tmp\n")
    #expect(try SELinuxContexts.ofHost(root: root) == SELinuxContexts())
  }

  @Test("every number is a pair of its own")
  func pairs() {
    var seen: Set<MCSCategories> = []
    for number in 0..<5000 {
      let pair = MCSCategories(number: number)
      #expect(pair.first < pair.second && pair.first >= 0)
      seen.insert(pair)
    }
    #expect(seen.count == 5000)
    let last = MCSCategories(number: MCSCategories.count - 1)
    #expect((last.first, last.second) == (1022, 1023))
    #expect(MCSCategories(level: "s0:\(last)") == last)
    #expect(MCSCategories(level: "s0:c2,c1")?.description == "c1,c2")
    for level in ["s0", "s0:c1", "s0:c1,c1", "s0:c1,c1024", "s0:c1.c2"] { #expect(MCSCategories(level: level) == nil) }
  }

  @Test("a container finds its own pair again, and never one that is taken")
  func allocation() {
    let first = MCSCategories.allocate(seed: 7, taken: [])
    #expect(first == MCSCategories.allocate(seed: 7, taken: []))
    #expect(first == MCSCategories(number: 7))
    #expect(MCSCategories.allocate(seed: 7, taken: [MCSCategories(number: 7)]) == MCSCategories(number: 8))
    // Beyond the last one it begins again.
    let end = UInt64(MCSCategories.count - 1)
    #expect(MCSCategories.allocate(seed: end, taken: [MCSCategories(number: Int(end))]) == MCSCategories(number: 0))
    let all = Set((0..<MCSCategories.count).map { MCSCategories(number: $0) })
    #expect(MCSCategories.allocate(seed: 3, taken: all) == nil)
  }

  @Test("a relabelled volume is never the system's own", arguments: ["/", "/etc", "/usr/", "/var/../home", "/tmp"])
  func system(path: String) {
    #expect(throws: SecurityError.self) { try FileRelabel.check(FilePath(path)) }
  }

  @Test("a directory of the user's may be relabelled")
  func own() throws { try FileRelabel.check("/srv/data") }
}
