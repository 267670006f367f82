// `containr image pull` and `push`, `login` and `logout` as a user types them, before real registries and one that lies.
import ContainrTestSupport
import Foundation
import Testing

struct ImageTransferTests {
  private let sandbox: TestSandbox
  private let material: RegistryMaterial

  init() throws {
    sandbox = try TestSandbox()
    material = try RegistryMaterial()
  }

  /// Logins and the file of registries are the test's own.
  private var environment: [String: String] {
    ["DOCKER_CONFIG": sandbox.directory.path + "/docker", "HOME": sandbox.directory.path, "NO_COLOR": "1"]
  }

  private func containr(
    _ words: String..., environment extra: [String: String] = [:], input: String = ""
  ) throws -> CommandResult {
    try sandbox.run("containr", words, environment: environment.merging(extra) { $1 }, input: input)
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func `an image is pulled, is up to date then, and is pushed, in words and in JSON`() throws {
    let liar = try LyingRegistry()
    let registry = try TestRegistry(.http, material)
    let name = "\(liar.address)/good"
    let first = try containr("image", "pull", name).succeeding()
    #expect(first.output.hasPrefix("\(name):latest fetched ("))
    #expect(first.errors.contains("\(liar.layerDigest.dropFirst(7).prefix(12))  fetched 1"), "\(first)")
    #expect(first.errors.contains("unpacked"))
    let again = try containr("image", "pull", "--json", name).succeeding()
    let document = try json(again.output)
    #expect(document["current"] as? Bool == true)
    #expect(document["digest"] as? String == liar.manifestDigest)
    #expect(again.errors.isEmpty)
    let quiet = try containr("image", "pull", "-q", name).succeeding()
    #expect(quiet.output == "\(name)@\(liar.manifestDigest)\n")
    #expect(quiet.errors.isEmpty)

    let pushed = try containr("image", "push", "--json", name, "\(registry.address)/a/b:v1").succeeding()
    #expect(try json(pushed.output)["present"] as? Int == 0)
    let back = try run("skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(registry.address)/a/b:v1"])
    #expect(try back.succeeding().output.contains(liar.layerDigest))
    #expect(try containr("image", "push", name, "\(registry.address)/a/b:v2").succeeding().output.contains("pushed"))
  }

  @Test func `a pull that is killed leaves a part, and the next one goes on from there`() throws {
    let liar = try LyingRegistry()
    let name = "\(liar.address)/slow"
    let killed = try sandbox.start("containr", ["image", "pull", name], environment: environment)
    let ingest = sandbox.stateDirectory + "/images/ingest"
    let part = "\(ingest)/\(liar.layerDigest.dropFirst(7)).part"
    func size() -> UInt64 {
      (try? FileManager.default.attributesOfItem(atPath: part)[.size] as? UInt64) ?? 0
    }
    // A half comes, and then nothing for half a minute.
    try eventually("half of the layer is there") { size() >= liar.layerSize / 2 - 65536 }
    killed.signal(SIGKILL)
    _ = killed.wait()
    let there = size()
    #expect(there > 0 && there < liar.layerSize)
    let index = sandbox.stateDirectory + "/images/index.json"
    #expect(!FileManager.default.fileExists(atPath: index))

    let next = try containr("image", "pull", "\(liar.address)/good").succeeding()
    #expect(next.output.contains("fetched"))
    #expect(try liar.requests("/good/blobs/\(liar.layerDigest)").map(\.range) == ["bytes=\(there)-"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: ingest).isEmpty)
  }

  @Test
  func `a disk without room is said before a layer is asked for, a full one in words, and with room the pull goes on`()
    throws
  {
    let liar = try LyingRegistry()
    let state = sandbox.stateDirectory
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    try run("mount", ["-t", "tmpfs", "-o", "size=1600k,nr_inodes=14,mode=755", "tmpfs", state]).succeeding()
    defer { _ = try? run("umount", [state]) }
    let small = try containr("image", "pull", "\(liar.address)/good")
    #expect(small.code == 1)
    #expect(
      small.errors.contains("there is no room for \(liar.address)/good:latest: it takes at least 2 MiB"), "\(small)")
    #expect(try liar.requests("/good/blobs/\(liar.layerDigest)").isEmpty)
    // Room for the bytes, but not for the files.
    try run("mount", ["-o", "remount,size=64m,nr_inodes=14", state]).succeeding()
    let full = try containr("image", "pull", "\(liar.address)/good")
    #expect(full.code == 1)
    #expect(full.errors.contains("No space left on device"), "\(full)")
    try run("mount", ["-o", "remount,size=64m,nr_inodes=1000", state]).succeeding()
    try containr("image", "pull", "\(liar.address)/good").succeeding()
    try containr("image", "verify").succeeding()
  }

  @Test(arguments: [
    ("wrong-digest", "is not what its digest says"), ("huge-manifest", "more than 4096 KiB"),
    ("redirect-loop", "from redirect to redirect"), ("short", "whose size is"),
  ])
  func `what a registry lies about is an error in words`(_ lie: String, _ words: String) throws {
    let liar = try LyingRegistry()
    let result = try containr("image", "pull", "\(liar.address)/\(lie)")
    #expect(result.code == 1)
    #expect(result.errors.contains(words), "\(result)")
  }

  @Test func `a login is tried, kept beside what is in the file, used, and forgotten`() throws {
    let registry = try TestRegistry(.basic, material)
    let liar = try LyingRegistry()
    let file = try sandbox.directory.write("{\"psFormat\": \"x\"}", to: "docker/config.json")
    try containr("image", "pull", "-q", "\(liar.address)/good").succeeding()
    let target = "\(registry.address)/a:v1"
    let without = try containr("image", "push", "\(liar.address)/good", target)
    #expect(without.errors.contains("= help: containr login \(registry.address)"), "\(without)")

    let login = ["login", "-u", RegistryMaterial.user, "--password-stdin", registry.address]
    let wrong = try sandbox.run("containr", login, environment: environment, input: "wrong\n")
    #expect(wrong.code == 1)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "{\"psFormat\": \"x\"}")

    let right = try sandbox.run(
      "containr", login, environment: environment, input: RegistryMaterial.password + "\n"
    ).succeeding()
    #expect(right.errors.contains("unencrypted"))
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.contains("\"psFormat\": \"x\"") && text.contains(registry.address))
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.directory.path + "/docker") == ["config.json"])
    try containr("image", "push", "\(liar.address)/good", target).succeeding()
    // podman and skopeo read the same file.
    try run(
      "skopeo", ["inspect", "--authfile", file, "--tls-verify=false", "docker://\(target)"]
    ).succeeding()

    #expect(try containr("logout", registry.address).succeeding().output == "logged out of \(registry.address)\n")
    #expect(try containr("logout", registry.address).succeeding().output.hasPrefix("there is no login"))
    #expect(try containr("image", "push", "\(liar.address)/good", target).code == 1)
  }

  @Test func `a credential helper is asked, and keeps what login found good`() throws {
    let registry = try TestRegistry(.token, material)
    let kept = sandbox.directory.path + "/kept"
    let helper = """
      #!/bin/sh
      case $1 in
        store) cat >'\(kept)' ;;
        get) read -r server; [ -e '\(kept)' ] && grep -q "$server" '\(kept)' && cat '\(kept)' && exit 0
          echo 'credentials not found in native keychain'; exit 1 ;;
        erase) rm '\(kept)' ;;
      esac
      """
    try sandbox.directory.write(helper, to: "bin/docker-credential-test", mode: 0o755)
    let file = try sandbox.directory.write("{\"credsStore\": \"test\"}", to: "docker/config.json")
    let path = ["PATH": "\(sandbox.directory.path)/bin:/usr/bin:/bin"]
    let login = try containr(
      "login", "-u", RegistryMaterial.user, "--password-stdin", registry.address, environment: path,
      input: RegistryMaterial.password)
    #expect(try login.succeeding().output.contains("docker-credential-test keeps it"))
    // The token server gave an identity token, and the password is nowhere.
    #expect(try String(contentsOfFile: kept, encoding: .utf8).contains("\"<token>\""))
    for text in [kept, file] {
      #expect(try !String(contentsOfFile: text, encoding: .utf8).contains(RegistryMaterial.password))
    }
    let liar = try LyingRegistry()
    try containr("image", "pull", "-q", "\(liar.address)/good", environment: path).succeeding()
    try containr("image", "push", "\(liar.address)/good", "\(registry.address)/a:v1", environment: path).succeeding()
    #expect(registry.tokenRequests.contains { $0.contains("POST") && $0.contains("push") })
    try containr("logout", registry.address, environment: path).succeeding()
    #expect(!FileManager.default.fileExists(atPath: kept))
    let missing = try containr("image", "pull", "\(registry.address)/a:v1")
    #expect(missing.code == 2)
    #expect(missing.errors.contains("docker-credential-test is not in PATH"), "\(missing)")
  }

  @Test func `a password is asked for on a terminal without being shown`() throws {
    let registry = try TestRegistry(.basic, material)
    let program = try BuiltPrograms.path("containr")
    let script = """
      import os, pty, sys, termios, time
      pid, fd = pty.fork()
      if pid == 0:
          os.execv(sys.argv[1], [sys.argv[1], "login", sys.argv[2]])
      seen = b""
      def until(text):
          global seen
          while text not in seen:
              seen += os.read(fd, 1024)
      until(b"Username: "); os.write(fd, b"tester\\n")
      until(b"Password: ")
      while termios.tcgetattr(fd)[3] & termios.ECHO: time.sleep(0.01)
      os.write(fd, b"s3crex\\x7ft\\n")
      try:
          while True:
              more = os.read(fd, 1024)
              if not more: break
              seen += more
      except OSError: pass
      sys.stdout.write(seen.decode())
      sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
      """
    let result = try run(
      "python3", ["-c", script, program, registry.address], environment: sandbox.environment.merging(environment) { $1 }
    )
    #expect(result.code == 0, "\(result)")
    #expect(result.output.contains("logged in to \(registry.address) as tester"))
    #expect(!result.output.contains("s3cre"))
  }

  @Test
  func `the file of registries names mirrors and insecure registries, certs.d beside it CAs, and faults their place`()
    throws
  {
    let registry = try TestRegistry(.tls, material)
    let liar = try LyingRegistry()
    let file = try sandbox.directory.write(
      "{\"registries\": {\"reg.invalid\": {\"mirrors\": [\"\(liar.address)\"]}}}", to: "etc/registries.json")
    let own = ["CONTAINR_REGISTRIES": file]
    let mirrored = try containr("image", "pull", "--json", "reg.invalid/good", environment: own).succeeding()
    #expect(try json(mirrored.output)["source"] as? String == liar.address)

    let target = "\(registry.address)/a:v1"
    let unknown = try containr("image", "push", "reg.invalid/good", target, environment: own)
    #expect(unknown.errors.contains("\(sandbox.directory.path)/etc/certs.d/\(registry.address)/ca.crt"), "\(unknown)")
    try containr("image", "push", "--insecure", "reg.invalid/good", target, environment: own).succeeding()
    try sandbox.directory.write(
      try String(contentsOfFile: material.authority, encoding: .utf8), to: "etc/certs.d/\(registry.address)/ca.crt")
    try containr("image", "pull", target, environment: own).succeeding()

    try sandbox.directory.write("{\"registries\": {\n\"a.b\": {\"insecur\": true}}}", to: "etc/registries.json")
    let broken = try containr("image", "pull", target, environment: own)
    #expect(broken.code == 2)
    #expect(broken.errors.contains("registries.json:2:20: registries.a.b.insecur is not known"), "\(broken)")
  }

  @Test func `libcurl is not linked: who asks no registry does not pay for it`() throws {
    let libraries = try run("ldd", [BuiltPrograms.path("containr-cli")]).succeeding().output
    #expect(!libraries.contains("libcurl"))
  }
}
