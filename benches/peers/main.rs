//! Kindred beside the libraries that do the same: how long they take to build, to open and to search, at what recall.
//!
//! `make bench-peers` runs `peers.py`, which starts this program for the data and for the two libraries in Rust, and
//! itself for those in Python, each in a process of its own, and asks them in turn. Without arguments this program
//! compares Kindred with hnsw_rs alone. Its arguments:
//!
//! | arguments | what it does |
//! | --- | --- |
//! | `data DIR` | makes the data set: `data.npy`, `queries.npy` |
//! | `worker kindred\|hnsw_rs DIR` | answers commands from standard input about the data set in that directory |
//! | | compares the two on a data set of its own, and prints a line of JSON for each of them and each ef |
//!
//! Settings are environment variables:
//!
//! | variable | default | what it is |
//! | --- | --- | --- |
//! | `DATA` | | a file of numpy with 32-bit floats, a row for each vector; generated where there is none |
//! | `ROWS`, `DIMENSION` | 100000, 128 | size of a generated set |
//! | `QUERIES` | 1000 | queries: generated too, or rows taken out of the file |
//! | `THREADS` | 2 | threads that build; one thread searches |
//! | `M`, `EF_CONSTRUCTION` | 16, 200 | parameters of the graphs |
//! | `EF` | 16,32,64,128,256,512; more of them in `peers.py` | the values of ef to search with |
//! | `ROUNDS` | 5 | how often each figure is measured, all of them once a round |

#[path = "../common/mod.rs"]
mod common;
mod dataset;
mod hnsw;
mod kindred_index;
mod library;
mod solo;
mod worker;

use std::env;
use std::path::Path;

use anyhow::{Context, Result, bail};

use common::environment::variable;
use library::{Choice, Settings};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    // `cargo test --benches` starts every bench without this argument.
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("peers: nothing measured; `make bench-peers` does");
        return Ok(());
    }
    let settings = Settings::from_environment()?;
    rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build_global()?;
    let arguments: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.as_slice() {
        [] => solo::compare(&settings, &ladder()?),
        ["data", directory] => dataset::write(Path::new(directory)),
        ["worker", library, directory] => {
            worker::serve(library.parse::<Choice>()?, &settings, Path::new(directory))
        }
        other => bail!("{other:?} is no use of this program; its source says what is"),
    }
}

fn ladder() -> Result<Vec<usize>> {
    let text: String = variable("EF", "16,32,64,128,256,512".to_owned())?;
    let ladder = text.split(',').map(|ef| ef.trim().parse());
    ladder
        .collect::<Result<_, _>>()
        .with_context(|| format!("EF is {text:?}; numbers with commas between are allowed"))
}
