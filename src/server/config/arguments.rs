//! The command line as it was given, before anything in it is judged.

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand, ValueHint};

use super::settings::GivenSettings;
use crate::manual::{CompletionsArguments, ManArguments};
use crate::server::build_info::LINE;

/// What follows the options in `--help`: everything else that one needs to run the server.
const AFTER_HELP: &str = "\
Settings
  Each option is also an environment variable (--index-dir is
  KINDRED_INDEX_DIR) and a key of the file that --config names
  (index_dir = \"/var/lib/kindred\"). The command line wins over the
  environment, the environment over the file.

Requests
  GET /recommend/ID/N    the N profiles nearest to ID
  GET /recommend?id=&n=  the same; both take &distances=true, &exact=true, &ef=
  POST /recommend        up to 1000 questions by id, vector or profile, as JSON
  GET /profiles/ID       one profile; also /profiles?id=
  GET /profiles?prefix=  profiles whose ids begin so, at most &limit=10
  GET /random            any profile         GET /distance?from=&to=
  GET /index             the served index    GET /index/versions  all versions
  POST /index/pin/N      serve version N     DELETE /index/pin    or the newest
  GET /index/events      the last swaps and refusals
  GET /map               the map             GET /map/PLACE    a profile on it
  GET /metrics           for Prometheus      GET /docs, /openapi.json  all of this
  GET /                  the explorer, a page to look around
  GET /health/live       the process runs    GET /health/ready an index is served

Keys
  Without --api-keys every client may ask everything but pinning, and the
  server listens on loopback addresses only. It answers only for names of this
  machine and of --allowed-hosts. A request carries its key as
  `Authorization: Bearer KEY` or `X-API-Key: KEY`. /health/, /docs and
  /openapi.json need no key.
  SIGHUP reads the files of --api-keys, --tls-cert and --tls-key again; they are
  also read when they change.

Index
  The directory holds the index-NNNNNNNN.knd files that index-builder publishes.
  The server serves the newest, or the one that `index-builder pin` names. It
  takes a new one without interruption. The directory may be empty or missing at
  first. Ids in its file SUPPRESSED are in no answer: `index-builder suppress`.

Exit status
  0 after SIGTERM or SIGINT, when every accepted request has been answered;
  1 if the server cannot run, 2 for a setting that is not allowed.";

/// Answers with the profiles most like a given one, over HTTP, from the newest index in a directory.
// Every value is text here, whatever its type will be: `Config` judges all values alike, wherever they come from.
#[derive(Debug, Default, Parser)]
#[command(name = "kindred", version = LINE, after_help = AFTER_HELP, max_term_width = 110)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// A command other than serving
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The settings
    #[command(flatten)]
    pub settings: GivenSettings,

    /// TOML file with settings; also KINDRED_CONFIG
    #[arg(long, value_name = "FILE.toml", value_hint = ValueHint::FilePath)]
    pub config: Option<OsString>,
}

/// What `kindred` does besides serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Reads a key from standard input and prints its line for the file of --api-keys
    HashKey(HashKeyArguments),
    /// Asks a running server whether it is ready: exit 0 if it is, else 1; for containers without curl. The address and TLS
    /// come from the variables and the file of the server
    Probe(ProbeArguments),
    /// Prints a completion script for a shell
    Completions(CompletionsArguments),
    /// Writes the manual pages of kindred into a directory
    Man(ManArguments),
}

/// `hash-key`.
#[derive(Debug, Args)]
pub struct HashKeyArguments {
    /// Name of the key, for logs and for removing it later: letters, digits, dots, dashes and underscores
    #[arg(long, value_name = "NAME")]
    pub name: String,

    /// Scopes of the key, separated by commas: read, observe (/metrics and /index), admin (/index/pin)
    #[arg(long, value_name = "SCOPES")]
    pub scopes: String,

    /// Generate a new key instead of reading one, and print it to standard error
    #[arg(long)]
    pub generate: bool,
}

/// `probe`. What is not given here is taken from the settings of the server: its variables and its file.
#[derive(Debug, Clone, Default, Args)]
pub struct ProbeArguments {
    /// Address of the server; `0.0.0.0` and `[::]` mean this machine [default: KINDRED_BIND, bind in the file of
    /// --config, or 127.0.0.1:5000]
    #[arg(value_name = "ADDRESS:PORT")]
    pub address: Option<OsString>,

    /// Ask whether it is live; it is live also without an index
    #[arg(long)]
    pub live: bool,

    /// The server's TOML file with settings; also KINDRED_CONFIG
    #[arg(long, value_name = "FILE.toml", value_hint = ValueHint::FilePath)]
    pub config: Option<OsString>,

    /// The server's certificate; also KINDRED_TLS_CERT. With it, the probe uses TLS. It verifies neither this file nor the
    /// certificate that the server sends
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tls_cert: Option<OsString>,
}
