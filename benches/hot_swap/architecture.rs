//! The four architectures, by name.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::front::WORKERS;
use crate::helper;
use crate::process::Server;
use crate::{map_on_demand, spawn_per_index, two_children};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    TwoChildren,
    SpawnPerIndex,
    MapOnDemand,
    Kindred,
}

impl Architecture {
    pub const ALL: [Architecture; 4] = [
        Architecture::TwoChildren,
        Architecture::SpawnPerIndex,
        Architecture::MapOnDemand,
        Architecture::Kindred,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Architecture::TwoChildren => two_children::FRONT,
            Architecture::SpawnPerIndex => spawn_per_index::FRONT,
            Architecture::MapOnDemand => map_on_demand::FRONT,
            Architecture::Kindred => "kindred",
        }
    }

    /// How many processes there are between swaps.
    pub fn processes(self) -> usize {
        match self {
            Architecture::TwoChildren | Architecture::SpawnPerIndex => 3,
            Architecture::MapOnDemand | Architecture::Kindred => 1,
        }
    }

    /// Starts it on a free port; it is ready when this returns, and killed when the server is dropped.
    pub fn start(self, index_dir: &Path) -> Result<Server> {
        let mut command = match self {
            Architecture::Kindred => {
                let mut kindred = Command::new(env!("CARGO_BIN_EXE_kindred"));
                kindred.arg("--index-dir").arg(index_dir).args(["--bind", "127.0.0.1:0"]);
                kindred.args(["--workers", &WORKERS.to_string()]);
                kindred
            }
            front => {
                helper::command(front.name(), &[index_dir.to_str().context("a path that is not UTF-8")?])?
            }
        };
        Server::start(&mut command)
    }
}

/// Runs this process in a role that one of the first three has given it.
pub fn run_role(role: &str, arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match (role, arguments.as_slice()) {
        (two_children::FRONT, [index_dir]) => two_children::run(Path::new(index_dir)),
        (two_children::CHILD, [index_dir, socket]) => two_children::child(Path::new(index_dir), socket),
        (spawn_per_index::FRONT, [index_dir]) => spawn_per_index::run(Path::new(index_dir)),
        (spawn_per_index::AUXILIARY, [index_dir, queue]) => {
            spawn_per_index::auxiliary(Path::new(index_dir), queue)
        }
        (spawn_per_index::CHILD, [index_dir, queue, version]) => {
            spawn_per_index::child(Path::new(index_dir), queue, version.parse()?)
        }
        (map_on_demand::FRONT, [index_dir]) => map_on_demand::run(Path::new(index_dir)),
        _ => bail!("{role} {arguments:?} is no role"),
    }
}
