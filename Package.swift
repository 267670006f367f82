// swift-tools-version: 6.2
// The rooms of Containr and the arrows between them. An arrow that is not written here does not compile
// (`--explicit-target-dependency-import-check error`, which the Makefile passes everywhere).
import PackageDescription

let strict: [SwiftSetting] = [
  // Each function by itself, so that the linker can leave out what nobody calls and put side by side what runs together.
  .unsafeFlags(["-Xfrontend", "-function-sections"], .when(configuration: .release)),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let statically: [LinkerSetting] = [.unsafeFlags(["-static-executable"])]

/// Functions of a program in the order of a file beside its main.swift (scripts/order-functions.sh): names in it that are
/// gone are no matter. lld, which comes with the toolchain, is told of them by name.
func ordered(_ program: String) -> [LinkerSetting] {
  let options = [
    "--symbol-ordering-file=\(Context.packageDirectory)/Sources/\(program)/functions.order",
    "--no-warn-symbol-ordering",
    "-z", "noseparate-code",
  ]
  return [.unsafeFlags(["-use-ld=lld"] + options.flatMap { ["-Xlinker", $0] }, .when(configuration: .release))]
}

/// A program whose first instruction is that of Sources/CSealedEntry.
let sealed: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "-e", "-Xlinker", "containr_sealed_entry"])]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

/// One room: a Swift target with our settings.
func room(_ name: String, _ path: String, exclude: [String] = [], _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, path: "Sources/\(path)", exclude: exclude, swiftSettings: strict)
}

/// One room below ContainrEngine.
func engineRoom(_ folder: String, exclude: [String] = [], _ dependencies: [Target.Dependency]) -> Target {
  room("Containr\(folder.split(separator: "/").last!)", "ContainrEngine/\(folder)", exclude: exclude, dependencies)
}

/// A C target that only declares a system library; the package that brings it is named in scripts/packages.sh.
/// `:libx.a` is linked statically: every shared library costs each command a tenth of a millisecond or more to load.
func cLibrary(_ name: String, link: String...) -> Target {
  .target(name: name, path: "Sources/\(name)", linkerSettings: link.map { .linkedLibrary($0) })
}

func program(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], linker: [LinkerSetting] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Sources/\(name)", exclude: exclude, swiftSettings: strict,
    linkerSettings: linker)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

let mechanisms: [Target.Dependency] = ["ContainrSystem", "ContainrOCI", system]

let package = Package(
  name: "containr",
  products: [
    .library(name: "ContainrSpec", targets: ["ContainrSpec"]),
    .executable(name: "containr", targets: ["containr"]),
    .executable(name: "containr-up", targets: ["containr-up"]),
    .executable(name: "containr-down", targets: ["containr-down"]),
    .executable(name: "containr-cli", targets: ["containr-cli"]),
    .executable(name: "containr-run", targets: ["containr-run"]),
    .executable(name: "containr-runtime", targets: ["containr-runtime"]),
    .executable(name: "containr-shim", targets: ["containr-shim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    .target(name: "CContainrLinux", path: "Sources/CContainrLinux"),
    // libm: rounding in ContainrSpec, which imports no Glibc that would bring it.
    cLibrary("CYAML", link: ":libyaml.a", "m"),
    cLibrary("CSeccomp", link: ":libseccomp.a"),
    .target(name: "CNftables", path: "Sources/CNftables"),
    .target(name: "CCurl", path: "Sources/CCurl"),
    cLibrary("CSQLite", link: ":libsqlite3.a", "m"),
    // Debian's libarchive.so brings libxml2 and ICU, 1.4 ms of every start; the tar reader needs only its decompressors.
    cLibrary("CArchive", link: ":libarchive.a", ":liblzma.a", ":libzstd.a", ":libz.a", ":libbz2.a"),
    cLibrary("CNettle", link: ":libnettle.a"),
    cLibrary("CCompression", link: ":libzstd.a", ":libz.a"),
    cLibrary("CJSON", link: ":libjson-c.a"),

    // Below both the file and the kernel's rooms: what an address is must not be written twice.
    room("ContainrAddresses", "ContainrAddresses", []),
    room("ContainrSpec", "ContainrSpec", ["ContainrAddresses", "CYAML"]),

    engineRoom("OCI", []),
    engineRoom("System", ["CContainrLinux", system]),
    engineRoom("Namespaces", mechanisms + ["CContainrLinux"]),
    engineRoom("Rootless", mechanisms + ["ContainrNamespaces", "CContainrLinux"]),
    engineRoom("Cgroups", mechanisms),
    engineRoom("Rootfs", mechanisms + ["CContainrLinux"]),
    engineRoom("Network", mechanisms + ["ContainrAddresses", "CContainrLinux", "CNftables"]),
    engineRoom("Security", exclude: ["Seccomp"], mechanisms + ["CContainrLinux"]),
    engineRoom("Security/Seccomp", mechanisms + ["CSeccomp"]),
    engineRoom(
      "Images",
      mechanisms + ["ContainrImageSpec", "ContainrJSON", "CArchive", "CCompression", "CNettle", "CContainrLinux"]),
    engineRoom("Volumes", mechanisms),
    engineRoom("Telemetry", mechanisms + ["CContainrLinux"]),
    engineRoom(
      "Init",
      mechanisms + [
        "ContainrNamespaces", "ContainrRootfs", "ContainrSecurity", "ContainrTelemetry", "CContainrLinux",
      ]),
    engineRoom(
      "Runtime",
      mechanisms + [
        "ContainrInit", "ContainrNamespaces", "ContainrRootfs", "ContainrCgroups", "ContainrTelemetry",
        "ContainrSecurity", "CContainrLinux",
      ]),
    engineRoom(
      "Transfer",
      ["ContainrRegistry", "ContainrImageSpec", "ContainrJSON", "ContainrImages", "ContainrSystem", system]),
    engineRoom("JSON", ["CJSON"]),
    engineRoom("Bundle", ["ContainrOCI", "ContainrJSON"]),
    engineRoom("ImageSpec", ["ContainrJSON"]),
    engineRoom("Registry", ["ContainrImageSpec", "ContainrJSON", "ContainrSystem", "CCurl", system]),
    engineRoom("Reconcile", ["ContainrSpec", "ContainrOCI"]),
    engineRoom("Store", ["ContainrSystem", "CSQLite", system]),
    engineRoom(
      "Host",
      mechanisms + [
        "ContainrSpec", "ContainrReconcile", "ContainrRuntime", "ContainrCgroups", "ContainrRootfs", "ContainrSecurity",
        "ContainrSeccomp", "ContainrTelemetry",
      ]),
    engineRoom(
      "Single",
      mechanisms + [
        "ContainrSpec", "ContainrReconcile", "ContainrHost", "ContainrRuntime", "ContainrCgroups", "ContainrImages",
        "ContainrSecurity",
      ]),
    engineRoom(
      "Engine",
      mechanisms + [
        "ContainrImageSpec", "ContainrRegistry", "ContainrTransfer", "ContainrAddresses",
        "ContainrRootless", "ContainrSpec", "ContainrReconcile", "ContainrHost", "ContainrRuntime", "ContainrCgroups",
        "ContainrImages",
        "ContainrNetwork", "ContainrVolumes", "ContainrTelemetry", "ContainrSecurity", "ContainrSeccomp",
        "ContainrStore", "ContainrRootfs",
      ]),

    engineRoom(
      "Doctor",
      mechanisms + [
        "ContainrAddresses", "ContainrHost", "ContainrCgroups", "ContainrNamespaces", "ContainrNetwork",
        "ContainrRootfs", "ContainrRootless", "ContainrSecurity",
      ]),

    // What `containr run` needs of the command line: no parser, no Foundation.
    room(
      "ContainrForeground", "ContainrCLI/Foreground",
      ["ContainrSpec", "ContainrHost", "ContainrRootless", "ContainrSingle", "ContainrSystem", system]),
    room(
      "ContainrCLI", "ContainrCLI", exclude: ["Foreground"],
      [
        "ContainrForeground", "ContainrHost", "ContainrRootless", "ContainrSpec", "ContainrEngine", "ContainrReconcile",
        "ContainrSystem", "ContainrDoctor", "ContainrJSON",
        "ContainrTransfer", "ContainrRegistry", "ContainrImages", "ContainrImageSpec", "ContainrTelemetry", system,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // The door: C without a library, since what one does before main takes longer than all that the door does.
    .executableTarget(
      name: "containr", path: "Sources/containr",
      cSettings: [.unsafeFlags(["-ffreestanding", "-fno-stack-protector"])],
      linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles", "-Xclang-linker", "-nostdlib"])]),
    room(
      "ContainrOCIRuntime", "ContainrOCIRuntime",
      mechanisms + [
        "ContainrBundle", "ContainrJSON", "ContainrInit", "ContainrNamespaces", "ContainrRootfs", "ContainrCgroups",
        "ContainrSecurity", "ContainrSeccomp", "ContainrTelemetry",
      ]),
    // Static: engines start one for each thing that they do with a container.
    program(
      "containr-runtime", ["ContainrOCIRuntime", "CContainrLinux", "CSealedEntry", "CSwiftArguments"],
      exclude: ["functions.order"],
      linker: statically + sealed + ordered("containr-runtime")),
    .target(
      name: "CSealedEntry", path: "Sources/CSealedEntry",
      cSettings: [.unsafeFlags(["-ffreestanding", "-fno-builtin", "-fno-stack-protector"])]),
    // For static programs alone.
    .target(name: "CSwiftArguments", path: "Sources/CSwiftArguments"),
    program("containr-cli", ["ContainrCLI"]),
    // Static: a foreground run is measured against what the kernel alone takes.
    program(
      "containr-run", ["ContainrForeground", "CSwiftArguments"], exclude: ["functions.order"],
      linker: statically + ordered("containr-run")
    ),
    program("containr-up", ["ContainrCLI"]),
    program("containr-down", ["ContainrCLI"]),
    // Static and without Foundation: one of these lives beside every container (0.7 ms to start, 92 kB private).
    program(
      "containr-shim", ["ContainrInit", "ContainrRootless", "ContainrSystem", "CContainrLinux", "CSwiftArguments"],
      linker: statically),

    .target(
      name: "ContainrTestSupport", dependencies: [system], path: "Tests/ContainrTestSupport", swiftSettings: strict),
    tests("ContainrAddressesTests", ["ContainrAddresses"]),
    tests("ContainrDoctorTests", ["ContainrDoctor", "ContainrHost", "ContainrSystem", system]),
    tests("ContainrRootlessTests", ["ContainrRootless", "ContainrOCI", "ContainrSystem", system]),
    tests("ContainrSpecTests", ["ContainrSpec", "ContainrTestSupport"]),
    tests("ContainrSystemTests", ["ContainrSystem", system]),
    tests("ContainrCgroupsTests", ["ContainrCgroups", "ContainrOCI", "ContainrSystem", system]),
    tests("ContainrSecurityTests", ["ContainrSecurity", "ContainrSeccomp", "ContainrOCI", "ContainrSystem", system]),
    tests(
      "ContainrNetworkTests", ["ContainrNetwork", "ContainrAddresses", "ContainrSystem", "CContainrLinux", system]),
    tests(
      "ContainrInitTests",
      [
        "ContainrInit", "ContainrRootfs", "ContainrNamespaces", "ContainrTelemetry", "ContainrOCI", "ContainrSystem",
        system,
      ]),
    tests(
      "ContainrRuntimeTests",
      [
        "ContainrRuntime", "ContainrInit", "ContainrRootfs", "ContainrCgroups", "ContainrSecurity", "ContainrSeccomp",
        "ContainrOCI", "ContainrSystem", "ContainrTestSupport", system,
      ]),
    tests(
      "ContainrImagesTests",
      [
        "ContainrImages", "ContainrImageSpec", "ContainrVolumes", "ContainrTestSupport",
        "ContainrSystem", "CArchive", "CContainrLinux",
        system,
      ]),
    tests("ContainrTelemetryTests", ["ContainrTelemetry", "ContainrSystem", "ContainrTestSupport", system]),
    tests("ContainrJSONTests", ["ContainrJSON"]),
    tests("ContainrBundleTests", ["ContainrBundle", "ContainrJSON", "ContainrOCI"]),
    tests("ContainrImageSpecTests", ["ContainrImageSpec", "ContainrJSON"]),
    tests(
      "ContainrTransferTests",
      [
        "ContainrTransfer", "ContainrRegistry", "ContainrImages", "ContainrImageSpec", "ContainrTestSupport",
        "ContainrSystem", system,
      ]),
    tests(
      "ContainrRegistryTests",
      [
        "ContainrRegistry", "ContainrImageSpec", "ContainrJSON", "ContainrTestSupport", "ContainrSystem", system,
      ]),
    tests(
      "ContainrOCIRuntimeTests",
      [
        "ContainrOCIRuntime", "ContainrBundle", "ContainrJSON", "ContainrCgroups", "ContainrNamespaces", "ContainrOCI",
        "ContainrRootfs", "ContainrTestSupport",
        "ContainrSystem", system,
      ]),
    tests("ContainrReconcileTests", ["ContainrReconcile", "ContainrSpec", "ContainrTestSupport"]),
    tests("ContainrStoreTests", ["ContainrStore", "ContainrSystem", system]),
    tests(
      "ContainrEngineTests",
      [
        "ContainrEngine", "ContainrAddresses", "ContainrImageSpec", "ContainrHost", "ContainrSingle",
        "ContainrReconcile",
        "ContainrSpec", "ContainrStore",
        "ContainrRuntime", "ContainrSecurity", "ContainrNetwork", "ContainrOCI", "ContainrSystem", "CContainrLinux",
        "ContainrCgroups", "ContainrTelemetry", "ContainrTestSupport",
        system,
      ]),
    tests(
      "ContainrCLITests",
      [
        "ContainrCLI", "ContainrForeground", "ContainrTestSupport", "ContainrSpec", "ContainrReconcile",
        "ContainrEngine", "ContainrHost", "ContainrSystem", "ContainrTelemetry", system,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    tests("ContainrPrivilegedTests", ["ContainrTestSupport", system]),
  ]
)
