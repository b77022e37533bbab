//! What goes wrong around the two programs: builds that die or wait, files that are no index, directories that move,
//! clocks, memory. Whatever it is, answers stay right, nothing that was published is lost, and the log, `/index` and
//! `/metrics` tell what happened. What needs a mount or a namespace of its own is in `tests/system/faults.sh`.

mod builds;
mod clocks;
mod crowd;
mod directories;
mod files;
mod kinds;
mod memory;
mod scene;
