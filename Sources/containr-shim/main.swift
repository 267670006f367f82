// The process beside every container, and the small init inside one that asks for it. See ContainrEngine/Init.
internal import CContainrLinux
internal import ContainrInit

cl__exit(ReaperProcess.isWanted ? ReaperProcess.run() : Shim.run())
