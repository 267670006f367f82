// What an image says of itself: labels, variables and names are data for the container, and nothing else.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Words of an image", .serialized, .asRoot)
struct ImageWordsTests {
  /// Words that other engines have obeyed, and some that would be for us or for the loader of a host's program.
  private static let hostile = """
    {"Cmd":["sh","-c","(grep CapEff /proc/self/status; ls /dev | sort | tr '\\n' ' '; id -u; echo END) > /out/NAME; exec sleep 1000"],
     "Env":["PATH=/bin","LD_PRELOAD=/evil.so","NVIDIA_VISIBLE_DEVICES=all","CONTAINR_STATE_DIR=/evil","CONTAINR_SECRET=x","BASH_ENV=/evil"],
     "Labels":{"io.containerd.cri.exec":"touch /evil","io.podman.annotations.privileged":"TRUE","run.oci.hooks.stdout":"/evil",
       "run.oci.keep_original_groups":"1","cdi.k8s.io/all":"vendor.com/gpu=all","io.kubernetes.cri-o.Devices":"/dev/sda",
       "containr.privileged":"true","com.docker.compose.project":"other","nvidia.com/gpu.present":"true"}}
    """

  private func use(_ body: (Bed, ImageLayout) throws -> Void) throws {
    try Bed.use { bed in
      do { try body(bed, ImageLayout.store(of: bed)) } catch { Issue.record(error) }
      try bed.run("containr-down", ["-p", "t", "-v", "-t", "1"]).succeeding()
      // Images outlive their stacks, and here the test has put them there.
      try FileManager.default.removeItem(atPath: bed.sandbox.stateDirectory)
    }
  }

  // With a label or a variable that is obeyed: more capabilities, other nodes, or the shim has LD_PRELOAD.
  @Test(
    "CVE-2025-23266, 2026-53488, 2026-53492: labels and variables of an image give nothing and reach no process of ours"
  )
  func words() throws {
    try use { bed, store in
      let base = "\(bed.path)/base"
      let plain =
        #"{"Cmd":["sh","-c","(grep CapEff /proc/self/status; ls /dev | sort | tr '\n' ' '; id -u; echo END) > /out/plain; exec sleep 1000"],"Env":["PATH=/bin"]}"#
        .replacingOccurrences(of: "'\n'", with: #"'\\n'"#)
      try store.add("docker.io/library/plain:1", layers: [base], config: plain)
      try store.add(
        "docker.io/library/hostile:1", layers: [base],
        config: Self.hostile.replacingOccurrences(of: "NAME", with: "hostile"))
      let rest = "network_mode: none, stop_signal: SIGKILL, volumes: [\"./out:/out\"]"
      try bed.write("services:\n  plain: {image: \"plain:1\", \(rest)}\n  hostile: {image: \"hostile:1\", \(rest)}\n")
      try bed.up()
      #expect(try bed.output("hostile") == bed.output("plain"))
      let inside = try bed.run("containr", ["exec", "-p", "t", "hostile", "env"])
      #expect(inside.output.contains("LD_PRELOAD=/evil.so"), "in the container it is what the image says: \(inside)")
      let marked = HostSnapshot.processes(of: bed.sandbox.id).map { String($0.prefix { $0 != " " }) }
      let shims = try bed.pids().values.map { String(try bed.shim(of: $0)) }
      #expect(shims.count == 2)
      for pid in marked + shims {
        let environment = String(
          decoding: FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data(), as: UTF8.self)
        #expect(!environment.contains("evil") && !environment.contains("CONTAINR_SECRET"), "process \(pid)")
      }
    }
  }

  // Without the note: standard error is empty.
  @Test("CVE-2026-50195: an archive that takes a name from another image says from which one, and that one stays")
  func names() throws {
    try use { bed, store in
      let base = "\(bed.path)/base"
      try store.add("docker.io/library/app:1", layers: [base], config: #"{"Cmd":["one"]}"#)
      try bed.run("containr", ["image", "save", "-o", "one.tar", "app:1"]).succeeding()
      try store.add("docker.io/library/app:1", layers: [base], config: #"{"Cmd":["two"]}"#)
      let loaded = try bed.run("containr", ["image", "load", "one.tar"]).succeeding()
      #expect(loaded.errors.contains("note: app:1 was another image until now: sha256:"), "\(loaded)")
      let old = try #require(loaded.errors.split(separator: " ").last).trimmingCharacters(in: .newlines)
      #expect(try bed.run("containr", ["image", "inspect", old]).succeeding().output.contains("two"))
      let again = try bed.run("containr", ["image", "load", "one.tar"]).succeeding()
      #expect(!again.errors.contains("note:"), "the same once more: \(again)")
    }
  }
}
