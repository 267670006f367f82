// All of `containr` but the door to it (Sources/containr) and `containr run` (Sources/containr-run).
import ContainrCLI

ContainrProgram.containr()
