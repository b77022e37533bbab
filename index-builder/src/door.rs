//! The one door into the builder: all that is used from outside of this library. It is no interface for other programs,
//! and changes with what it leads to.
//!
//! | module | is for | why it is needed there |
//! | --- | --- | --- |
//! | [`program`] | `main.rs`, and the test that compares the command line with the documents | they run a command, or look at its options |
//! | [`source`] | the guide to a further source, fuzz targets, the tests of pickles, benchmarks | they read records without a build |
//! | [`intake`], [`vectors`], [`link`], [`mod@file`] | the guide to a further vectorizer, tests and benchmarks | they build an index in memory by the builder's own steps |
//! | [`publish`] | the tests of crashes and signals | they publish in a process that is killed |
//!
//! What nothing of that uses is private, so that the compiler finds what nobody uses at all.

/// Arguments, a command, an exit code.
pub mod program {
    pub use crate::command::cli::{Cli, Command};
    pub use crate::command::run;
    pub use crate::ground::failure::{EXIT_DONE, EXIT_FAILED, Failure};
    pub use crate::ground::progress::Progress;
    pub use crate::ground::signals::Cleanup;
}

/// Records of a source.
pub mod source {
    pub use crate::intake::source::{
        Cause, FORMATS, Format, FormatChoice, Input, Line, MAX_RECORD_BYTES, Place, ROW_NUMBERS, ReadOptions,
        Reader, Record, Sink, SourceError, VECTOR_FIELD, read, read_line,
    };

    /// The machine that reads pickles, and its errors.
    pub mod pickle {
        pub use crate::intake::source::pickle::{PickleError, read};
    }
}

/// From records to profiles.
pub mod intake {
    pub use crate::intake::ingest::{Ingest, IngestOptions, OnDuplicateId, Profiles};
    pub use crate::intake::skipped::Skipped;
    pub use crate::intake::spool::{Span, SpoolWriter};
}

/// From profiles to vectors.
pub mod vectors {
    pub use crate::vectors::choice::{FieldSelection, Fit, Fitted, VectorOptions, VectorizerChoice};
    pub use crate::vectors::fitted::fields_of_all;
    pub use crate::vectors::nodes::{Nodes, dimension, load, normalise};
    pub use crate::vectors::rows::Rows;
    pub use crate::vectors::table::{Row, choose};
    pub use crate::vectors::vectorize::{Job, vectorize};

    /// The vectorizer that asks a Python function.
    pub mod python {
        pub use crate::vectors::python::frames::{MAX_NUMBERS, MAX_PROFILE_BYTES};
        pub use crate::vectors::python::{
            Failure, FailureReason, LoadError, Outcome, PythonConfig, PythonSpec, Worker,
        };
    }
}

/// From vectors to a graph, a table and a map.
pub mod link {
    pub use crate::ground::progress::{Progress, steps};
    pub use crate::link::graph::{
        Cells, FlatGraph, GraphBuilder, GraphParameters, HnswRs, Partitioned, RepairReport, repair,
    };
    pub use crate::link::pairs::{PairCodes, peak};
    pub use crate::link::table::{TableOptions, build_exact};
    pub use crate::link::{GraphChoice, LinkOptions, Linked, link};
}

/// From all of that to a file.
pub mod file {
    pub use crate::build::assemble::Parts;
}

/// From a file to a version.
pub mod publish {
    pub use crate::publish::{CRASH_AT, CRASH_POINTS, Publisher};
}
