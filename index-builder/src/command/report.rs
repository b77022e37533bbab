//! `report`: the page about a file, on standard output or in a file.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use kindred::directory::small_file::replace_file;

use crate::command::cli::ReportArgs;
use crate::ground::failure::Failure;
use crate::report::page_about;

/// The page holds ids: it is for those who may read the index.
const MODE: u32 = 0o640;

/// Writes the page.
///
/// # Errors
/// Where the file cannot be opened, or what it is to be compared with; where the page cannot be written.
pub fn report(args: &ReportArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let page = page_about(&args.path, args.against.as_deref())?;
    if args.out == Path::new("-") {
        out.write_all(page.as_bytes()).context("standard output")?;
    } else {
        replace_file(&args.out, page.as_bytes(), MODE).map_err(anyhow::Error::from)?;
    }
    Ok(())
}
