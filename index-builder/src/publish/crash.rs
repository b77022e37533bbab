//! Places at which a test can end the process as a power cut would.

/// The environment variable that names the place to die at. A release build does not look at it, unless it is built
/// with the feature `crash-points`.
pub const CRASH_AT: &str = "KINDRED_CRASH_AT";

/// Every place, in the order in which a build comes by.
pub const CRASH_POINTS: [&str; 8] = [
    "temporary-created",
    "half-written",
    "before-mark",
    "before-record",
    "record-written",
    "before-rename",
    "after-rename",
    "before-removal",
];

/// Kills the process here, without cleaning up, if [`CRASH_AT`] names this place.
#[cfg(any(debug_assertions, feature = "crash-points"))]
pub fn crash_point(name: &str) {
    debug_assert!(CRASH_POINTS.contains(&name));
    if std::env::var_os(CRASH_AT).is_some_and(|wanted| wanted == name) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        // The signal is on its way.
        loop {
            std::thread::park();
        }
    }
}

/// Does nothing in this build.
#[cfg(not(any(debug_assertions, feature = "crash-points")))]
pub fn crash_point(_name: &str) {}
