// The process beside every container, the small init inside one that asks for it, and the keeper of a supervisor. See ContainrEngine/Init.
internal import CContainrLinux
internal import ContainrInit

cl__exit(
  ReaperProcess.isWanted
    ? ReaperProcess.run() : SupervisorKeeper.isWanted ? SupervisorKeeper.run() : Shim.run())
