// The key table of `build`.

extension KeyTable {
  /// `services.NAME.build`.
  static let build = KeyTable(
    attribute: "a build attribute", definition: "build",
    synonyms: ["path": "context", "file": "dockerfile", "containerfile": "dockerfile", "arg": "args", "tag": "tags"],
    shortKey: "context",
    [
      .key(
        "context", .scalar(.contextPath), "The directory or repository to build; the project directory if left out."),
      .key("dockerfile", .string, "The Dockerfile, relative to the context."),
      .key("dockerfile_inline", .string, "The Dockerfile's content."),
      .key("target", .string, "The stage to build."), .key("args", .pairs(.arguments), "Build arguments."),
      .key("additional_contexts", .pairs(.contexts), "Further contexts by name."),
      .key("labels", .pairs(.labels), "Labels of the image."),
      .key("tags", .set(.string), "Further names of the image."),
      .key("platforms", .set(.string), "Platforms to build for."),
      .key("network", .string, "The network of the build's containers."),
      .key("cache_from", .listOf(.string), "Where to look for cached layers."),
      .key("cache_to", .listOf(.string), "Where to put cached layers."),
      .key("no_cache", .boolean, "Build everything anew."),
      .key("no_cache_filter", .oneOrMany(.string), "Stages to build anew."),
      .key("pull", .boolean, "Pull base images even if they are there."),
      .key("secrets", .list(.short(.fileMountShort, .fileMount), .fileTarget("/run/secrets")), "Secrets of the build."),
      .key("ssh", .pairs(.agents), "SSH agents and keys for the build."),
      .key("extra_hosts", .pairs(.hosts), "Further entries of /etc/hosts.", merge: .appendDistinct),
      .key("shm_size", .scalar(.byteSize), "The size of /dev/shm."),
      .key("ulimits", .mapping(.any, .ulimit, nullable: false), "Resource limits of processes."),
      .key("entitlements", .set(.string), "Rights that the build asks for."),
      .key("privileged", .boolean, "Build with all rights."), .key("isolation", .string, "The isolation technology."),
      .key("provenance", .scalar(.any), "Provenance attestation."), .key("sbom", .scalar(.any), "SBOM attestation."),
    ])
}
