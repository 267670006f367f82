// The process beside every container, the small init inside one that asks for it, the keeper of a supervisor
// (ContainrEngine/Init), and the two that stand beside a user's containers (ContainrEngine/Rootless).
internal import CContainrLinux
internal import ContainrInit
internal import ContainrRootless

let code =
  if ReaperProcess.isWanted {
    ReaperProcess.run()
  } else if SupervisorKeeper.isWanted {
    SupervisorKeeper.run()
  } else if RootlessKeeper.isWanted {
    RootlessKeeper.run()
  } else if RootlessSockets.isWanted {
    RootlessSockets.run()
  } else {
    Shim.run()
  }
cl__exit(code)
