// A stack whose state is where the kernel's overlay cannot write, and all that is to work there all the same: as one script, so
// that the mounts that it needs go with the shell that made them.
import ContainrTestSupport
import Foundation

enum ServedJob {
  /// Of `base`, what an archive on top of it hides, and a volume that begins with what both have.
  static let stack = """
    services:
      web:
        layers: [./base, ./top.tar]
        command: [sh, -c, "echo begun; exec sleep 100000"]
        volumes: ["data:/data"]
        stop_grace_period: 0s
    volumes: {data: {}}

    """

  /// What is made of the first one's container, as an image of three layers: a root, and mounted twice.
  private static let image = """
    name: i
    services:
      see:
        image: made:1
        pull_policy: never
        command: [sleep, "100000"]
        stop_grace_period: 0s
        volumes:
          - {type: image, source: "made:1", target: /all}
          - {type: image, source: "made:1", target: /part, image: {subpath: deep}}

    """

  /// Makes both layers in the directory of the stack, in which `base` is: what is hidden by name, all of a directory, and
  /// nothing.
  static func makeLayers(in directory: String) throws {
    for name in ["gone", "deep", "both", "data", "kept"] {
      try make("low", at: "\(directory)/base/\(name)/low")
    }
    try make("", at: "\(directory)/top/.wh.gone")
    try make("", at: "\(directory)/top/deep/.wh..wh..opq")
    try make("", at: "\(directory)/top/data/.wh.low")
    for name in ["deep", "both", "data"] { try make("high", at: "\(directory)/top/\(name)/high") }
    try make(Self.image, at: "\(directory)/image.yaml")
    // Hidden, and made anew in the same layer: nothing of it comes from below.
    try make("low", at: "\(directory)/base/anew/low")
    try make("", at: "\(directory)/top/.wh.anew")
    try make("high", at: "\(directory)/top/anew/high")
    try run(
      "tar",
      [
        "-C", "\(directory)/top", "--owner=0", "--group=0", "-cf", "\(directory)/top.tar",
        ".wh.gone", ".wh.anew", "anew", "deep", "both", "data",
      ]
    ).succeeding()
  }

  private static func make(_ text: String, at path: String) throws {
    let file = URL(fileURLWithPath: path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// An overlay in `place`, in which the state directory is; in a mount namespace of the caller's, as root.
  static func mounts(at place: String, mode: String) throws -> String {
    for name in ["lower", "upper/state", "work", "all"] {
      try FileManager.default.createDirectory(atPath: "\(place)/\(name)", withIntermediateDirectories: true)
    }
    return """
      mount -t overlay overlay -o lowerdir=\(place)/lower,upperdir=\(place)/upper,workdir=\(place)/work \(place)/all
      rm -f \(place)/fuse; mknod -m \(mode) \(place)/fuse c 10 229; mount --bind \(place)/fuse /dev/fuse

      """
  }

  /// `server`: the processes that serve containers.
  static let functions = """
    set -e
    # However it ends.
    trap 'containr-down -v -y stack.yaml > end.log 2>&1 || true' EXIT
    # Of this state directory alone; a process that waits to be taken note of has no words any more.
    server() {
      for process in /proc/[0-9]*; do
        words=$(tr '\\0' ' ' 2> /dev/null < $process/cmdline) || continue
        case $words in fuse-overlayfs*$CONTAINR_STATE_DIR/*) echo ${process#/proc/};; esac
      done
    }

    """

  /// All of it, by whoever runs stacks, in the directory of the stack; CONTAINR_STATE_DIR leads there.
  static let script = """
    \(functions)
    quiet() { "$@" > job.log 2>&1 || { cat job.log; exit 1; }; }
    inside() { containr exec -T web sh -c "$1"; }
    server_of() { server | while read -r pid; do ! grep -q "containers/t-$1-1/" /proc/$pid/cmdline || echo $pid; done; }
    until_none() { until [ -z "$(server)" ]; do sleep 0.05; done; }
    quiet containr-up -d --wait -y stack.yaml
    grep -o 'warning.state-through-fuse.' job.log
    containr plan stack.yaml | head -n 1 | cut -c -13
    inside 'ls -d /gone 2> /dev/null; cd /; echo deep: $(ls -A deep) both: $(ls -A both) data: $(ls -A data) anew: $(ls -A anew)'
    inside 'rm -r /kept; mkdir /kept; mv /both /moved; echo written > /file; echo kept: $(ls -A /kept) moved: $(ls -A /moved)'
    inside 'mkdir /a; echo 1 > /a/1; mv /a /b; ls /b; chown 1000:1000 /b; stat -c %u:%g /b'
    grep -E '^(NoNewPrivs|SigBlk)' /proc/$(server)/status | tr -d '\\t'
    # No other capabilities than those of who serves files.
    printf 'more: %x\\n' $((0x$(sed -n 's/^CapBnd:.//p' /proc/$(server)/status) & ~0x8920001f))
    quiet containr stop web
    echo stopped: $(server)
    quiet containr cp web:/file copied; cat copied
    echo into > into; quiet containr cp into web:/into
    quiet containr start web
    inside 'cd /; cat file into; ls -A kept; ls -A moved both 2> /dev/null; ls -d gone 2> /dev/null; ls data' || true
    quiet containr commit --no-pause t-web-1 made:1
    echo image: $(containr image export made:1 | tar t | grep -E 'gone|deep|both|kept|moved|anew|wh' | sort)
    quiet containr-up -d --wait -y image.yaml
    containr exec -T -f image.yaml see sh -c 'cd /; echo root: $(ls -d gone moved kept/* 2> /dev/null) all: $(ls -A all) part: $(ls -A part)'
    containr plan image.yaml | head -n 1 | cut -c -13
    containr image mount made:1 /mnt 2>&1 | grep -o 'nobody would stay' || true
    quiet containr-down -v -y image.yaml
    inside 'rm -r /moved; echo more > /more'
    quiet containr commit --no-pause t-web-1 made:2
    echo differs: $(containr image diff made:1 made:2)
    quiet containr image rm made:1 made:2
    containr run --layer ./base -- sh -c 'echo x > /y; rm -r /gone; head -n 1 /etc/hosts; exit 3' || echo run: $?
    containr run --layer ./base -- sleep 100000 2> run.log & run=$!
    until [ -n "$(server | grep -v -x $(server_of web))" ]; do sleep 0.05; done
    kill -9 $(server | grep -v -x $(server_of web)); wait $run || echo run: $?
    grep -o 'fuse-overlayfs, which .*' run.log
    kill -9 $(server)
    until containr ps -a | grep -o 'exited (137, files lost)'; do sleep 0.05; done
    containr logs web | grep -o 'fuse-overlayfs, which .*'
    quiet containr start web
    inside 'cat /file'
    kill -9 $(sed -n 's/^PPid:.//p' /proc/$(server)/status)
    until_none
    quiet containr-up -d --wait -y stack.yaml
    inside 'cat /file'
    quiet containr-down -v -y stack.yaml
    until_none
    echo mounts: $(grep -c fuse-overlayfs /proc/self/mountinfo)
    quiet containr image prune -f
    echo left: $(ls $CONTAINR_STATE_DIR 2> /dev/null)

    """

  /// What it writes when all goes well.
  static let words = """
    warning[state-through-fuse]
    nothing to do
    deep: high both: high low data: high anew: high
    kept: moved: high low
    1
    1000:1000
    SigBlk:0000000000000000
    NoNewPrivs:1
    more: 0
    stopped:
    written
    written
    into
    moved:
    high
    low
    high
    image: anew/ anew/high deep/ deep/high kept/ moved/ moved/high moved/low
    root: moved all: anew b bin data deep dev etc file into kept moved proc root sys tmp part: high
    nothing to do
    nobody would stay
    differs: A /more D /moved
    127.0.0.1	localhost
    run: 3
    run: 137
    fuse-overlayfs, which serves this container's files, was ended by signal 9; the container is killed
    exited (137, files lost)
    fuse-overlayfs, which serves this container's files, was ended by signal 9; the container is killed
    written
    written
    mounts: 0
    left: images

    """
}
