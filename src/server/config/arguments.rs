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

    /// Directory into which index-builder publishes (required)
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

    /// Searches that may wait for a thread, 0 to 100000; more are refused. Lookups in the neighbour table never wait
    /// [default: 64]
    #[arg(long, value_name = "N")]
    pub max_queue: Option<OsString>,

    /// Open connections, 1 to 1000000; further ones wait to be accepted
    /// [default: 20000, or what the limit of open files leaves]
    #[arg(long, value_name = "N")]
    pub max_connections: Option<OsString>,

    /// Time limit for a client to send a request, 10ms to 1h [default: 5s]
    #[arg(long, value_name = "DURATION")]
    pub client_timeout: Option<OsString>,

    /// How long an idle connection stays open, 0s to 1h; a proxy must close its connections earlier [default: 75s]
    #[arg(long, value_name = "DURATION")]
    pub keep_alive: Option<OsString>,

    /// Where the served index is: in its mapped file, or copied into memory that no other process can change
    /// [default: mapped]
    #[arg(long, value_name = "mapped|copied")]
    pub residency: Option<OsString>,

    /// File with the keys: a line for each, as `kindred hash-key` prints it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub api_keys: Option<OsString>,

    /// Allow other addresses than loopback without keys
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub allow_anonymous: Option<OsString>,

    /// Further names for which a server without keys answers, besides those of this machine, separated by commas:
    /// `kindred.lan`, `*.example.com`, or `*` for all [default: none]
    #[arg(long, value_name = "HOST,...")]
    pub allowed_hosts: Option<OsString>,

    /// Limit for each key, and for each address without a key, such as 100/s, 600/m or 10000/h [default: no limit]
    #[arg(long, value_name = "COUNT/UNIT")]
    pub rate_limit: Option<OsString>,

    /// Networks of trusted proxies, separated by commas, such as `10.0.0.0/8,::1`. Their Forwarded and X-Forwarded-For give
    /// the address of the client, for rate limits and logs [default: none]
    #[arg(long, value_name = "CIDR,...")]
    pub trusted_proxies: Option<OsString>,

    /// PEM file with the server's certificate and its intermediate certificates; enables TLS
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tls_cert: Option<OsString>,

    /// PEM file with the certificate's private key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tls_key: Option<OsString>,

    /// Offer HTTP/2 over TLS, besides HTTP/1.1. Only for trusted clients: one connection can keep 1,000 answers in memory,
    /// idle connections delay the end of the server, and RUSTSEC-2026-0258 affects the implementation
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub http2: Option<OsString>,

    /// With TLS: tell browsers to use only TLS for this time, such as 365days, on all ports of this host [default: not
    /// sent]
    #[arg(long, value_name = "DURATION")]
    pub hsts: Option<OsString>,

    /// Web origins whose pages may read answers, separated by commas, such as `https://app.example` [default: none]
    #[arg(long, value_name = "ORIGIN,...")]
    pub cors_origins: Option<OsString>,

    /// How often the index directory is polled, besides its events, 10ms to 1h [default: 2s]
    #[arg(long, value_name = "DURATION")]
    pub poll_interval: Option<OsString>,

    /// How long a stopping server waits for accepted requests, 0s to 1h [default: 30s]
    #[arg(long, value_name = "DURATION")]
    pub shutdown_timeout: Option<OsString>,

    /// Format of the log on standard error: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<OsString>,

    /// Lowest level that is logged: error, warn, info, debug or trace [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<OsString>,

    /// Log a line for each request, with its id; without this option, no log contains ids
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
