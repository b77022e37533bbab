//! The command line as it was given, before anything in it is judged.

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand, ValueHint};

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
  GET /profiles?prefix=  those whose ids begin so, at most &limit=10
  GET /random            any profile         GET /distance?from=&to=
  GET /index             what is served      GET /index/versions  what there is
  POST /index/pin/N      serve version N     DELETE /index/pin    or the newest
  GET /index/events      what happened to it lately
  GET /map               where profiles lie  GET /map/PLACE    who lies there
  GET /metrics           for Prometheus      GET /docs, /openapi.json  all of this
  GET /                  the explorer, a page to look around with
  GET /health/live       the process runs    GET /health/ready an index is served

Keys
  Without --api-keys everybody who can connect may ask everything, and only
  loopback addresses are listened on; nobody may pin, and only names of this
  machine and of --allowed-hosts are answered. A request shows its key as
  `Authorization: Bearer KEY` or `X-API-Key: KEY`. /health/, /docs and
  /openapi.json are open to all.
  SIGHUP reads the files of --api-keys, --tls-cert and --tls-key again; they are
  also read when they change.

Index
  The directory holds index-NNNNNNNN.knd files as index-builder publishes them.
  The newest is served, or the one that `index-builder pin` names; a new one is
  taken while requests go on. The directory may be empty or missing at first.
  Ids in its file SUPPRESSED are in no answer: see `index-builder suppress`.

Exit status
  0 after SIGTERM or SIGINT, when every accepted request has been answered;
  1 if the server cannot run, 2 for a setting that is not allowed.";

/// Answers with the profiles most like a given one, over HTTP, from the newest index in a directory.
// Every value is text here, whatever its type will be: `Config` judges all values alike, wherever they come from.
#[derive(Debug, Default, Parser)]
#[command(name = "kindred", version = LINE, after_help = AFTER_HELP, max_term_width = 110)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// Something else than serving
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Directory that index-builder publishes into (required)
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub index_dir: Option<OsString>,

    /// Address or host, and port, to listen on; port 0 takes a free one and logs it [default: 127.0.0.1:5000]
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

    /// Searches beyond the neighbour table that may wait for a thread, 0 to 100000; more are refused [default: 64]
    #[arg(long, value_name = "N")]
    pub max_queue: Option<OsString>,

    /// Connections that may be open at the same time, 1 to 1000000; more wait to be accepted
    /// [default: 20000, or what the limit of open files leaves]
    #[arg(long, value_name = "N")]
    pub max_connections: Option<OsString>,

    /// How long a client may take to send a request, 10ms to 1h [default: 5s]
    #[arg(long, value_name = "DURATION")]
    pub client_timeout: Option<OsString>,

    /// How long an idle connection stays open for the next request, 0s to 1h; proxies have to close before that
    /// [default: 75s]
    #[arg(long, value_name = "DURATION")]
    pub keep_alive: Option<OsString>,

    /// Where a served index is: mapped from its file, or copied into memory that nobody else can change [default: mapped]
    #[arg(long, value_name = "mapped|copied")]
    pub residency: Option<OsString>,

    /// File with the keys that may ask, a line each as `kindred hash-key` prints it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub api_keys: Option<OsString>,

    /// Listen on other addresses than loopback without any key
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub allow_anonymous: Option<OsString>,

    /// Names, besides those of this machine, that a server without keys may be asked by, with commas between them:
    /// `kindred.lan`, `*.example.com`, or `*` for any [default: none]
    #[arg(long, value_name = "HOST,...")]
    pub allowed_hosts: Option<OsString>,

    /// Requests for each key, and for each address without one, such as 100/s, 600/m or 10000/h [default: no limit]
    #[arg(long, value_name = "COUNT/UNIT")]
    pub rate_limit: Option<OsString>,

    /// Networks of proxies whose Forwarded and X-Forwarded-For say who asks, for rates and logs, with commas between
    /// them, such as `10.0.0.0/8,::1` [default: none]
    #[arg(long, value_name = "CIDR,...")]
    pub trusted_proxies: Option<OsString>,

    /// PEM file with the server's certificate and those between it and a root; turns on TLS
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tls_cert: Option<OsString>,

    /// PEM file with the certificate's private key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tls_key: Option<OsString>,

    /// Offer HTTP/2 beside HTTP/1.1 over TLS. Only for clients that are trusted: one connection may hold 1,000 answers in
    /// memory, idle ones hold up the end of the server, and its implementation is under RUSTSEC-2026-0258
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub http2: Option<OsString>,

    /// How long browsers are to come by TLS only, also to other ports of this host: 365days, for example [default: not
    /// said]
    #[arg(long, value_name = "DURATION")]
    pub hsts: Option<OsString>,

    /// Origins whose pages may read answers, with commas between them, such as `https://app.example` [default: none]
    #[arg(long, value_name = "ORIGIN,...")]
    pub cors_origins: Option<OsString>,

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

    /// Log a line for each request that names the id; without it, ids are in no log
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub log_ids: Option<OsString>,

    /// TOML file with settings; also KINDRED_CONFIG
    #[arg(long, value_name = "FILE.toml", value_hint = ValueHint::FilePath)]
    pub config: Option<OsString>,
}

/// What `kindred` does besides serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Reads a key from standard input and prints its line for the file of --api-keys
    HashKey(HashKeyArguments),
    /// Asks a running server whether it is ready: exit 0 if it is, 1 if not; for containers, which have no curl. It knows
    /// the address and TLS from the server's own variables and file
    Probe(ProbeArguments),
    /// Prints what a shell needs to complete the command line of kindred
    Completions(CompletionsArguments),
    /// Writes the manual pages of kindred into a directory
    Man(ManArguments),
}

/// `hash-key`.
#[derive(Debug, Args)]
pub struct HashKeyArguments {
    /// The key's name, for logs and for the one who takes it back: letters, digits, dots, dashes and underscores
    #[arg(long, value_name = "NAME")]
    pub name: String,

    /// What the key may do, with commas between: read, observe (/metrics and /index), admin (/index/pin)
    #[arg(long, value_name = "SCOPES")]
    pub scopes: String,

    /// Make a new key instead of reading one, and print it to standard error
    #[arg(long)]
    pub generate: bool,
}

/// `probe`. What is not given here is taken from the settings of the server: its variables and its file.
#[derive(Debug, Clone, Default, Args)]
pub struct ProbeArguments {
    /// Where the server listens; `0.0.0.0` and `[::]` stand for this machine [default: KINDRED_BIND, bind in the file of
    /// --config, or 127.0.0.1:5000]
    #[arg(value_name = "ADDRESS:PORT")]
    pub address: Option<OsString>,

    /// Ask whether it is live, which it also is without an index
    #[arg(long)]
    pub live: bool,

    /// The server's TOML file with settings; also KINDRED_CONFIG
    #[arg(long, value_name = "FILE.toml", value_hint = ValueHint::FilePath)]
    pub config: Option<OsString>,

    /// The server's certificate; also KINDRED_TLS_CERT. Where there is one, it is asked by TLS. Neither this file nor what
    /// the server shows is examined
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tls_cert: Option<OsString>,
}
