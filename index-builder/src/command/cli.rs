//! The command line, as it was given; what it means is checked in `options`.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use kindred::manual::{CompletionsArguments, ManArguments};
use kindred::vectorizer::text::Language;

use crate::intake::ingest::OnDuplicateId;
use crate::intake::source::{FormatChoice, POSTGRES_VARIABLES, Separator, format_names};
use crate::link::GraphChoice;
use crate::link::table::TableChoice;
use crate::vectors::table::usages;

/// What follows the commands in `--help`.
const AFTER_HELP: &str = "\
Exit status
  0 done; 1 refused or failed; 2 wrong usage; 75 another build is running, try
  later; 130 Ctrl-C";

/// The environment variables that mean something to the builder, and what.
pub fn variables() -> Vec<(&'static str, &'static str)> {
    OWN_VARIABLES.into_iter().chain(POSTGRES_VARIABLES).collect()
}

const OWN_VARIABLES: [(&str, &str); 2] = [
    kindred::manual::KERNEL_VARIABLE,
    (
        kindred::time::SOURCE_DATE_EPOCH,
        "Seconds since 1970 that an index says it was created at: same input, same bytes.",
    ),
];

/// Reads profiles, vectorizes them and publishes an index file for kindred.
#[derive(Debug, Parser)]
#[command(name = "index-builder", version, max_term_width = 110)]
#[command(after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Builds an index from profiles and publishes it as the newest version
    Build(Box<BuildArgs>),
    /// Shows the content of a file, and how it was built
    Inspect(InspectArgs),
    /// Checks a file as the server does when it opens it
    Verify(VerifyArgs),
    /// Answers from a file, byte for byte like the server
    Query(QueryArgs),
    /// Writes a page about a file: its quality, its cost, and its differences from the version before
    Report(ReportArgs),
    /// Compares two files: new and removed profiles, and changed recommendations
    Diff(DiffArgs),
    /// Lists the versions of a directory
    List(ListArgs),
    /// Verifies a version, and makes the server serve it until `unpin`
    Pin(PinArgs),
    /// Removes the pin: the server takes the highest version
    Unpin(UnpinArgs),
    /// Removes profiles from all answers of all versions at once, for example of deleted members
    Suppress(SuppressArgs),
    /// Returns suppressed profiles to the answers
    Unsuppress(UnsuppressArgs),
    /// Prints a completion script for a shell
    Completions(CompletionsArguments),
    /// Writes the manual pages of index-builder into a directory
    Man(ManArguments),
}

impl Command {
    /// Whether a command is of no use where its output cannot be written. The others have done something by then, or
    /// found a file good, which their exit code says.
    pub fn is_there_to_print(&self) -> bool {
        match self {
            Command::Inspect(_)
            | Command::Query(_)
            | Command::Report(_)
            | Command::Diff(_)
            | Command::List(_)
            | Command::Completions(_) => true,
            Command::Build(_)
            | Command::Verify(_)
            | Command::Pin(_)
            | Command::Unpin(_)
            | Command::Suppress(_)
            | Command::Unsuppress(_)
            | Command::Man(_) => false,
        }
    }
}

/// `build`.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The profiles: a file, a pattern of files in quotes ('*.jsonl'), `-` for standard input, which needs --format, or
    /// postgres://USER@HOST:PORT/DATABASE; may be given several times
    #[arg(long, value_name = "FILE", required_unless_present = "vectors")]
    pub profiles: Vec<PathBuf>,
    /// The query for a database in --profiles; each row is a profile
    #[arg(long, value_name = "SQL")]
    pub query: Option<String>,
    /// The path to the profiles in a JSON document, such as `data` or `hits.hits`; `.` is the document itself, an object
    /// with a profile under each id
    #[arg(long, value_name = "PATH")]
    pub records: Option<String>,
    /// A file of vectors (.npy, .npz, .fvecs, .bvecs or .ivecs): a row for each of --profiles in their order, or for
    /// each of --ids
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vectorizer", "fields", "ignore_fields"])]
    pub vectors: Option<PathBuf>,
    /// The ids of --vectors without --profiles, one a line; `row` numbers the rows from 0
    #[arg(long, value_name = "FILE|row")]
    pub ids: Option<PathBuf>,
    /// The index directory; it is created if it is missing
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How the profiles are written
    #[arg(
        long,
        default_value = "auto",
        value_name = "FORMAT",
        help = format!("The format of the files of --profiles: {}; auto: by the extension of each file", format_names())
    )]
    pub format: FormatChoice,
    /// The separator of cells in a CSV file: one character, or tab [default: detected; if in doubt, a comma, or a tab in a
    /// .tsv file]
    #[arg(long, value_name = "CHARACTER", conflicts_with = "vectors")]
    pub separator: Option<Separator>,
    /// The field that holds the id; `row` numbers the records [default: _id, else id]
    #[arg(long, value_name = "NAME", value_parser = trimmed)]
    pub id_field: Option<String>,
    /// What makes the vectors
    #[arg(
        long,
        default_value = "auto",
        value_name = "VECTORIZER",
        help = format!(
            "The vectorizer: {}; auto: the field that holds a list of 8 or more numbers in nearly every profile, or hashing \
             if there is none",
            usages("or")
        )
    )]
    pub vectorizer: String,
    /// The interpreter of python:PATH
    #[arg(long, default_value = "python3", value_name = "PROGRAM")]
    pub python: String,
    /// The time limit of python:PATH for one batch
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = positive_duration)]
    pub python_timeout: Duration,
    /// Numbers per vector [default: 256 for hashing, else the most frequent length]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = whole(1..=kindred::file::format::MAX_DIMENSION))]
    pub dimension: Option<u32>,
    /// The language of the texts: en, de, fr or nl
    #[arg(long, default_value = "en", value_name = "LANGUAGE")]
    pub language: Language,
    /// The fields that are compared; s.age is the field age of the map s [default: every field but the id]
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = trimmed, conflicts_with = "ignore_fields")]
    pub fields: Option<Vec<String>>,
    /// The fields that are not compared
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = trimmed)]
    pub ignore_fields: Option<Vec<String>>,
    /// The fields that are stored and returned besides the id [default: every field but the vector]
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = trimmed)]
    pub expose: Option<Vec<String>>,
    /// The separator of lists in texts, such as ';' for "jazz; tea": for every field that contains it, or for one field
    /// as in 'interests=;'; may be given several times
    #[arg(long, value_name = "[FIELD=]SEPARATOR", allow_hyphen_values = true)]
    pub list_separator: Vec<String>,
    /// How the graph is built
    #[arg(long, default_value = "partitions", value_name = "BUILDER")]
    pub graph: GraphChoice,
    /// Links per node (M in the HNSW paper), 2 to 256
    #[arg(long, allow_negative_numbers = true, default_value_t = 16, value_name = "N", value_parser = whole(2..=256u32))]
    pub m: u32,
    /// The number of candidates for the links of a node (efConstruction in the HNSW paper)
    #[arg(long, allow_negative_numbers = true, default_value_t = 200, value_name = "N", value_parser = whole(1..=65536u32))]
    pub ef_construction: u32,
    /// The neighbours of each profile in the table: requests for up to so many need no search; 0: no table
    #[arg(long, allow_negative_numbers = true, default_value_t = crate::link::table::DEFAULT_NEIGHBOURS, value_name = "N", value_parser = whole(0..=kindred::file::format::MAX_NEIGHBOURS))]
    pub neighbours: u32,
    /// How the table is computed
    #[arg(long, default_value = "auto", value_name = "HOW")]
    pub table: TableChoice,
    /// The largest number of multiply-adds (profiles x profiles x numbers / 2) for which --table auto is exact
    #[arg(long, allow_negative_numbers = true, default_value_t = crate::link::table::DEFAULT_LIMIT, value_name = "N", value_parser = count)]
    pub table_limit: f64,
    /// Makes no map of the profiles in two dimensions
    #[arg(long)]
    pub no_map: bool,
    /// The seed of random numbers: the same input, options and seed give the same file
    #[arg(long, allow_negative_numbers = true, default_value_t = crate::vectors::choice::DEFAULT_SEED, value_name = "N", value_parser = whole(0..=u64::MAX))]
    pub seed: u64,
    /// Threads; 0: as many as there are cores
    #[arg(long, allow_negative_numbers = true, default_value_t = 0, value_name = "N", value_parser = whole(0..=1024u16))]
    pub threads: u16,
    /// The niceness of the build, 0 to 19, so that a server on the same machine comes first
    #[arg(long, allow_negative_numbers = true, default_value_t = 10, value_name = "N", value_parser = whole(0..=19u8))]
    pub nice: u8,
    /// What to do with duplicate ids
    #[arg(long, default_value = "error", value_name = "WHAT")]
    pub on_duplicate_id: OnDuplicateId,
    /// The largest share of unusable records, 0 to 1; beyond it nothing is published
    #[arg(long, allow_negative_numbers = true, default_value_t = 0.01, value_name = "SHARE", value_parser = share)]
    pub max_skipped: f64,
    /// The largest share of profiles with a zero vector, which have no recommendations, 0 to 1; beyond it, or if all have
    /// one, nothing is published
    #[arg(long, allow_negative_numbers = true, default_value_t = 0.5, value_name = "SHARE", value_parser = share)]
    pub max_zero: f64,
    /// The file's default ef is the smallest that reaches this recall@10 on a sample, 0 to 1
    #[arg(long, allow_negative_numbers = true, default_value_t = 0.99, value_name = "RECALL", value_parser = share)]
    pub target_recall: f64,
    /// The lowest recall@10, 0 to 1; below it nothing is published
    #[arg(long, allow_negative_numbers = true, default_value_t = 0.95, value_name = "RECALL", value_parser = share)]
    pub min_recall: f64,
    /// The largest share of the first ten recommendations that may change against the served version, 0 to 1: the mean
    /// over a sample of the profiles that both versions have. Above it nothing is published [default: not measured]
    #[arg(long, allow_negative_numbers = true, value_name = "SHARE", value_parser = share)]
    pub max_drift: Option<f64>,
    /// The smallest number of profiles, as a share of those of the served version, 0 to 1. Below it nothing is published
    /// [default: not checked]
    #[arg(long, allow_negative_numbers = true, value_name = "SHARE", value_parser = share)]
    pub min_profiles_ratio: Option<f64>,
    /// Good versions to keep in the directory, with the new one. The newest good one before it and the pinned one always
    /// stay
    #[arg(long, allow_negative_numbers = true, default_value_t = 3, value_name = "N", value_parser = whole(1..=u32::MAX))]
    pub keep: u32,
    /// Prints the summary as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Where to write metrics of the build, for the textfile collector of node_exporter; the name ends in .prom
    #[arg(long, value_name = "F.prom", value_parser = prom_file)]
    pub metrics_file: Option<PathBuf>,
}

/// `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// An index file, or a directory, for the version that a server would take
    #[arg(value_name = "FILE|DIR")]
    pub path: PathBuf,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// An index file, or a directory: then all versions of it
    #[arg(value_name = "FILE|DIR")]
    pub path: PathBuf,
}

/// `query`.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// An index file, or a directory: then the version that would be served
    #[arg(value_name = "FILE|DIR")]
    pub file: PathBuf,
    /// Compares with every vector
    #[arg(long, conflicts_with = "ef")]
    pub exact: bool,
    /// Searches the graph with this ef, 1 to 4096, or with n if n is larger
    #[arg(long, allow_negative_numbers = true, value_name = "EF", value_parser = whole(1..=kindred::query::MAX_EF))]
    pub ef: Option<usize>,
    /// Prints the distances too
    #[arg(long)]
    pub distances: bool,
    /// A file with a profile to ask about instead of an id, a JSON object; it need not be in the index
    #[arg(long, value_name = "FILE.json", conflicts_with = "vector")]
    pub profile: Option<PathBuf>,
    /// A vector to ask about instead of an id, a JSON list such as [0.5,-2]
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub vector: Option<String>,
    /// The id to ask about, and the number of answers, from 1; with --profile or --vector only the number. Put `--` before
    /// an id that begins with a dash
    // Two arguments in one: clap has no positional one that may be missing in front of one that may not.
    #[arg(value_names = ["ID", "N"], num_args = 1..=2, required = true)]
    pub question: Vec<String>,
}

/// `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// An index file, or a directory, for the version that a server would take
    #[arg(value_name = "FILE|DIR")]
    pub path: PathBuf,
    /// The file to compare with [default: the next lower good version beside it]
    #[arg(long, value_name = "OLDER")]
    pub against: Option<PathBuf>,
    /// Where to write the page; `-` is standard output
    #[arg(long, default_value = "-", value_name = "F.html")]
    pub out: PathBuf,
}

/// `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The index file to compare with, or a directory: then the version that would be served
    pub old: PathBuf,
    /// The index file to compare, or a directory
    pub new: PathBuf,
    /// The number of common profiles to compare; 0: all [default: all of up to 100,000, else 20,000]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = whole(0..=usize::MAX))]
    pub sample: Option<usize>,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

/// `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// An index directory
    pub dir: PathBuf,
}

/// `pin`.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// An index directory
    pub dir: PathBuf,
    /// The version to serve
    #[arg(value_parser = whole(1..=u64::MAX))]
    pub version: u64,
}

/// `unpin`.
#[derive(Debug, Args)]
pub struct UnpinArgs {
    /// An index directory
    pub dir: PathBuf,
}

/// `suppress`.
#[derive(Debug, Args)]
pub struct SuppressArgs {
    /// An index directory
    pub dir: PathBuf,
    /// The ids; put `--` before an id that begins with a dash
    #[arg(value_name = "ID", required = true, value_parser = listed_id)]
    pub ids: Vec<String>,
    /// Accepts an id that no version of the directory has
    #[arg(long)]
    pub even_if_unknown: bool,
}

/// `unsuppress`.
#[derive(Debug, Args)]
pub struct UnsuppressArgs {
    /// An index directory
    pub dir: PathBuf,
    /// The ids; put `--` before an id that begins with a dash
    #[arg(value_name = "ID", required = true, value_parser = listed_id)]
    pub ids: Vec<String>,
}

/// An id that can be a line of the list.
fn listed_id(text: &str) -> Result<String, String> {
    let most = kindred::profile::MAX_ID_BYTES;
    if text.is_empty() || text.len() > most {
        return Err(format!("an id has 1 to {most} bytes, not {}", text.len()));
    }
    if text.contains('\n') || text.ends_with('\r') {
        return Err("the list has one id a line: an id with a line break cannot be in it".to_owned());
    }
    Ok(text.to_owned())
}

/// A name that the collector reads: others it passes over without a word.
fn prom_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match (path.file_stem(), path.extension()) {
        (Some(_), Some(extension)) if extension == "prom" => Ok(path),
        _ => Err("a file that ends in .prom is allowed: node_exporter reads no other".to_owned()),
    }
}

/// A name without the blanks around it.
fn trimmed(text: &str) -> Result<String, std::convert::Infallible> {
    Ok(text.trim().to_owned())
}

/// Whole numbers of a range, which is named where the number is not in it.
fn whole<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + fmt::Display + Clone + Send + Sync + 'static,
{
    move |text| match text.parse::<T>() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("a whole number from {} to {} is allowed", range.start(), range.end())),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a number from 0 to 1 is allowed".to_owned()),
    }
}

fn count(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(count) if count >= 0.0 => Ok(count),
        _ => Err("a number that is not negative is allowed, such as 1e14".to_owned()),
    }
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("a time above 0 with its unit is allowed, such as 500ms, 60s or 2m".to_owned()),
    }
}
