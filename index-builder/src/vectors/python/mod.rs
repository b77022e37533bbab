//! The vectorizer `python:PATH[:FUNCTION]`: the data science team's own function turns a profile into a vector.
//!
//! ```text
//!  Worker ──batch of JSON documents──> child process: shim.py ──dict──> FUNCTION in PATH
//!         <──one answer a profile────                         <──list, array, tensor──
//! ```
//!
//! One [`Worker`] is one child process, and belongs to one thread; a build has as many as it has threads.
//! [`frames`] describes what goes through the two pipes, `shim.py` is the child's side of it (standard library
//! only), `process.rs` one child from start to end, and [`Worker`] restarts it and finds the profiles that break it.
//!
//! # What the function gets and returns
//! It is called with one argument, the profile as a dict of plain JSON types, and returns one vector: a list, a tuple
//! or another sequence of numbers, a numpy array, or whatever has the buffer protocol, `tolist()` or `__array__()`
//! (tensors, series). Only one dimension is a vector: an array of shape (1, d) is [`FailureReason::NotAVector`], like
//! an empty sequence, text, bytes, a dict, a set, a generator and a coroutine. Numbers are rounded to single
//! precision, those outside its range become infinite; NaN and infinity are passed on, because what a vector has to
//! be is judged once, for all vectorizers.
//!
//! # What goes wrong without harm
//! An exception of any class, `SystemExit` and `KeyboardInterrupt` included, is caught in the child and costs that
//! profile only. The child answers profile by profile; so when it dies or does not finish in time, the answers so far
//! are kept and the first profile without one is the suspect. A fresh child gets the rest, the suspect first: where
//! it breaks that one too, the suspect is skipped, and otherwise it was not the culprit (a batch that was merely
//! slow, a leak, a thread left behind by an earlier profile) and has its vector. So a profile that hangs costs at
//! most two timeouts and two restarts, whatever the size of the batch. Halving the batch would cost a timeout and a
//! restart (and the loading of a model) for every halving and would compute what is known already again.

pub mod frames;
mod process;
mod spec;
mod worker;

pub use process::LoadError;
pub use spec::{PythonConfig, PythonSpec};
pub use worker::{Failure, FailureReason, Outcome, Worker};
