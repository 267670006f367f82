// The program `containr-up`: `containr up` under its own name.
import ContainrCLI

ContainrProgram.up()
