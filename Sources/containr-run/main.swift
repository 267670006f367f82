// `containr run`: one container in the foreground. Static, and only ever executed sealed.
import ContainrForeground

ForegroundProgram.main()
