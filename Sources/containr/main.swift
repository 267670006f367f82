// The program `containr`.
import ContainrCLI

ContainrProgram.containr()
