//! How well a short text finds its near copy, in ten scripts: `bios.rs` says how they are made. The built-in vectorizer
//! with its defaults, and exact search.
//!
//! It fails where the near copy is among the first ten less often than [`ENOUGH`].

mod bios;

use std::error::Error;

use bios::{TONGUES, measure};

/// Texts of a language, without their near copies.
const TEXTS: usize = 500;

/// The share of texts that have to find their near copy.
const ENOUGH: f64 = 0.95;

fn main() -> Result<(), Box<dyn Error>> {
    println!("script      texts  zero  in the first ten  first");
    let mut poor = Vec::new();
    for tongue in &TONGUES {
        let found = measure(tongue, TEXTS)?;
        println!(
            "{:<10}  {:>5}  {:>4}  {:>16.4}  {:>5.4}",
            tongue.script, found.texts, found.zero, found.recall, found.first
        );
        if found.zero > 0 || found.recall < ENOUGH {
            poor.push(tongue.script);
        }
    }
    if poor.is_empty() { Ok(()) } else { Err(format!("not found well enough: {}", poor.join(", ")).into()) }
}
