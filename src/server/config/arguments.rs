//! The command line as it was given, before anything in it is judged.

use std::ffi::OsString;

use clap::Parser;

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
  GET /profiles/ID       one profile; also /profiles?id=
  GET /index             what is served      GET /metrics      for Prometheus
  GET /health/live       the process runs    GET /health/ready an index is served

Index
  The directory holds index-NNNNNNNN.knd files as index-builder publishes them.
  The newest is served, or the one that `index-builder pin` names; a new one is
  taken while requests go on. The directory may be empty or missing at first.

Exit status
  0 after SIGTERM or SIGINT, when every accepted request has been answered;
  1 if the server cannot run, 2 for a setting that is not allowed.";

/// Answers with the profiles most like a given one, over HTTP, from the newest index in a directory.
// Every value is text here, whatever its type will be: `Config` judges all values alike, wherever they come from.
#[derive(Debug, Default, Parser)]
#[command(name = "kindred", version, after_help = AFTER_HELP, max_term_width = 110)]
pub struct Arguments {
    /// Directory that index-builder publishes into (required)
    #[arg(long, value_name = "DIR")]
    pub index_dir: Option<OsString>,

    /// Address and port to listen on; port 0 takes a free one and logs it [default: 127.0.0.1:5000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub bind: Option<OsString>,

    /// Threads that answer requests, 1 to 1024 [default: the processors this process may use]
    #[arg(long, value_name = "N")]
    pub workers: Option<OsString>,

    /// Largest number of recommendations one request may ask for, 1 to 1000000 [default: 1000]
    #[arg(long, value_name = "N")]
    pub max_n: Option<OsString>,

    /// Searches with exact=true that may run at the same time, 1 to 256; more are refused [default: 1]
    #[arg(long, value_name = "N")]
    pub max_exact: Option<OsString>,

    /// How often the index directory is looked at where events do not tell, 10ms to 1h [default: 2s]
    #[arg(long, value_name = "DURATION")]
    pub poll_interval: Option<OsString>,

    /// How long a stopping server waits for requests that it has accepted, 0s to 1h [default: 30s]
    #[arg(long, value_name = "DURATION")]
    pub shutdown_timeout: Option<OsString>,

    /// How log lines are written to standard error: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<OsString>,

    /// Least important lines that are logged: error, warn, info, debug or trace [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<OsString>,

    /// TOML file with settings; also KINDRED_CONFIG
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<OsString>,
}
