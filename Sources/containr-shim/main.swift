// The process beside every container. See ContainrEngine/Init.
internal import CContainrLinux
internal import ContainrInit

cl__exit(Shim.run())
