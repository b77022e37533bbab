//! Tells the program what it is built from: the commit, the compiler and the target.

use std::path::Path;
use std::process::Command;

/// What stands for what cannot be found out.
const UNKNOWN: &str = "unknown";

fn main() {
    println!("cargo:rerun-if-env-changed=KINDRED_COMMIT");
    println!("cargo:rerun-if-changed=build.rs");
    let commit = std::env::var("KINDRED_COMMIT").ok().filter(|commit| is_plain(commit)).or_else(commit);
    let rustc = std::env::var("RUSTC").ok().and_then(|rustc| first_line(&rustc, &["--version"]));
    for (name, value) in [
        ("KINDRED_COMMIT", commit),
        ("KINDRED_RUSTC", rustc),
        ("KINDRED_TARGET", std::env::var("TARGET").ok()),
    ] {
        println!("cargo:rustc-env={name}={}", value.as_deref().unwrap_or(UNKNOWN));
    }
}

/// A commit as it may be given: a name that is one word.
fn is_plain(commit: &str) -> bool {
    !commit.is_empty() && commit.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The commit that is checked out here. Only releases are built from one: while the code is being changed, a commit would
/// name what came before the change, and every new one would have everything compiled again.
fn commit() -> Option<String> {
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // Whoever has the sources without their history may have them inside another project's.
    if !is_release || !Path::new(".git").exists() {
        return None;
    }
    let head = first_line("git", &["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo:rerun-if-changed={head}");
    first_line("git", &["rev-parse", "--verify", "HEAD"])
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output =
        Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned)
}
