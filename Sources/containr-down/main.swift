// The program `containr-down`: `containr down` under its own name.
import ContainrCLI

ContainrProgram.down()
