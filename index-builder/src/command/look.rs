//! The commands that look at published files, and those that pin one.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, anyhow};
use kindred::counted::counted;
use kindred::directory::SuppressedIds;
use kindred::directory::pin;
use kindred::directory::served;
use kindred::directory::versions::{self, VersionFile};
use kindred::file::{Index, MappedFile};
use kindred::profile::json::{parse, parse_list};
use kindred::query::{AnswerError, Question, SearchMode, Subject, answer};
use kindred::standard::say;
use kindred::time::rfc3339;
use kindred::vectorizer::unit::numbers_of;
use kindred::vectorizer::{StoredVectorizer, unit_vector};
use serde_json::{Value, json};

use crate::command::cli::{
    DiffArgs, InspectArgs, ListArgs, PinArgs, QueryArgs, SuppressArgs, UnpinArgs, UnsuppressArgs, VerifyArgs,
};
use crate::command::unknown;
use crate::ground::failure::Failure;
use crate::ground::missing::{cannot_list, cannot_open, has_versions};
use crate::publish::change_suppressed;
use crate::report::compare::{Difference, Opened, Sample, open_index};

/// Ids that a message has.
const MOST_IDS: usize = 20;

/// `inspect`: what a file holds and what built it.
///
/// # Errors
/// Where the file cannot be opened, or the directory holds none.
pub fn inspect(args: &InspectArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let (path, index) = open_index(&args.path)?;
    let description = describe(&path, &index)?;
    if args.json {
        writeln!(out, "{description}").context("standard output")?;
    } else {
        print_indented(out, &description, 0).context("standard output")?;
    }
    Ok(())
}

fn describe(path: &Path, index: &Index<MappedFile>) -> anyhow::Result<Value> {
    let header = index.header();
    let sections: Vec<Value> = index
        .sections()
        .iter()
        .map(|entry| {
            json!({
                "name": entry.name(),
                "kind": entry.kind,
                "required": entry.required,
                "element_size": entry.element_size,
                "offset": entry.offset,
                "length": entry.length,
                "checksum": format!("{:016x}", entry.checksum),
            })
        })
        .collect();
    let version = path.file_name().and_then(versions::parse_file_name);
    let mut description = json!({
        "file": path.display().to_string(),
        "version": version,
        "format_version": header.format_version,
        "bytes": header.file_length,
        "checksum": format!("{:016x}", header.checksum),
        "created": rfc3339(header.created),
        "profiles": header.profiles,
        "nodes": header.nodes,
        "dimension": header.dimension,
        "m": header.m,
        "m0": header.m0(),
        "levels": header.levels,
        "entry_point": header.entry_point,
    });
    let metadata = serde_json::to_value(index.metadata())?;
    if let (Value::Object(description), Value::Object(metadata)) = (&mut description, metadata) {
        description.extend(metadata);
        description.insert("sections".to_owned(), Value::Array(sections));
    }
    Ok(description)
}

fn print_indented(out: &mut dyn Write, value: &Value, depth: usize) -> std::io::Result<()> {
    let Value::Object(fields) = value else { return Ok(()) };
    for (name, value) in fields {
        write!(
            out,
            "{:indent$}{name:<width$} ",
            "",
            indent = 2 * depth,
            width = 16usize.saturating_sub(2 * depth)
        )?;
        match value {
            Value::Object(_) => {
                writeln!(out)?;
                print_indented(out, value, depth + 1)?;
            }
            Value::Array(rows) if name == "fields" && !rows.is_empty() => {
                writeln!(out)?;
                for row in rows {
                    print_field(out, row)?;
                }
            }
            // The mean of the codes has as many numbers as a vector.
            Value::Array(numbers) if numbers.len() > 1 && numbers.iter().all(Value::is_number) => {
                writeln!(out, "{} numbers", numbers.len())?;
            }
            Value::Array(rows) if rows.iter().all(Value::is_object) && !rows.is_empty() => {
                writeln!(out)?;
                for row in rows {
                    writeln!(
                        out,
                        "  {:<16} {:>12} bytes at {}",
                        text(&row["name"]),
                        text(&row["length"]),
                        text(&row["offset"])
                    )?;
                }
            }
            other => writeln!(out, "{}", text(other))?,
        }
    }
    Ok(())
}

fn print_field(out: &mut dyn Write, field: &Value) -> std::io::Result<()> {
    let [name, kind, reason, missing] =
        ["name", "kind", "reason", "missing"].map(|member| text(&field[member]));
    let exposed = match &field["exposed"] {
        Value::Bool(true) => "; exposed",
        Value::Bool(false) => "; not exposed",
        _ => "",
    };
    writeln!(out, "  {name:<16} {kind:<8} {reason}; profiles without: {missing}{exposed}")
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// `verify`: the full check of opening, of a file or of all versions of a directory.
///
/// # Errors
/// Where a file is refused, and why; where a directory has no version.
pub fn verify(args: &VerifyArgs, out: &mut dyn Write) -> Result<(), Failure> {
    if !args.path.is_dir() {
        return Ok(writeln!(out, "{}", verified(&args.path)?).context("standard output")?);
    }
    let versions = versions_of(&args.path)?;
    if versions.is_empty() {
        return Err(anyhow!(has_versions(&args.path, &versions)).into());
    }
    let mut damaged = Vec::new();
    for file in &versions {
        match verified(&file.path) {
            Ok(line) => writeln!(out, "{line}").context("standard output")?,
            Err(error) => damaged.push(format!("{error:#}")),
        }
    }
    match damaged.is_empty() {
        true => Ok(()),
        false => Err(anyhow!(damaged.join("\n")).into()),
    }
}

fn verified(path: &Path) -> anyhow::Result<String> {
    let (_, index) = open_index(path)?;
    let header = index.header();
    let (profiles, nodes) =
        (counted(header.profiles.into(), "profile"), counted(header.nodes.into(), "node"));
    Ok(format!("{}: good: {profiles}, {nodes}, {} bytes", path.display(), header.file_length))
}

/// `query`: the server's body.
///
/// # Errors
/// Where the file cannot be opened, and where the server would answer with an error.
pub fn query(args: &QueryArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let (id, n) = asked(args)?;
    let how = match args.ef {
        None if args.exact => SearchMode::Exact,
        None => SearchMode::Default,
        Some(ef) => SearchMode::Ef(ef),
    };
    let opened = Opened::open(&args.file)?;
    let (subject, name) = match asked_vector(args, &opened.index)? {
        Some((name, vector)) => (Subject::from(vector), name),
        None => (Subject::from(id.unwrap_or_default()), ""),
    };
    let question = Question { how, distances: args.distances, ..Question::about(subject, n) };
    let answer = answer(&opened.snapshot(), &question).map_err(|error| match &question.subject {
        Subject::Id(id) => refused(&opened.index, id, error),
        Subject::Vector(_) => anyhow::Error::from(error).context(name),
    })?;
    out.write_all(&answer.body).context("standard output")?;
    Ok(())
}

/// Why there is no answer about an id, and which id may have been meant.
fn refused(index: &Index<MappedFile>, id: &str, error: AnswerError) -> anyhow::Error {
    let instead = match error {
        AnswerError::UnknownId => unknown::instead(index, id),
        _ => String::new(),
    };
    anyhow!("id {id:?}: {error}{instead}")
}

/// The id, where the question is about one, and how many are wanted.
fn asked(args: &QueryArgs) -> Result<(Option<&str>, usize), Failure> {
    let is_about_id = args.profile.is_none() && args.vector.is_none();
    let (id, n) = match (is_about_id, args.question.as_slice()) {
        (true, [id, n]) => (Some(id.as_str()), n),
        (false, [n]) => (None, n),
        (true, question) => {
            let file = args.file.display();
            let given = question.join(" ");
            return Err(Failure::Usage(format!(
                "{given:?} is given, and an ID and N are needed, as in: index-builder query {file} ID 10; or N alone with \
                 --profile or --vector"
            )));
        }
        (false, _) => {
            let needed = "--profile and --vector are asked about instead of an ID; N alone is allowed";
            return Err(Failure::Usage(format!("{:?}: {needed}", args.question.join(" "))));
        }
    };
    match n.parse::<u32>() {
        Ok(number) if number > 0 => Ok((id, number as usize)),
        _ => Err(Failure::Usage(format!("<N> is {n:?}; a whole number from 1 to {} is allowed", u32::MAX))),
    }
}

/// The vector of a question that is not about an id, and what to call it.
fn asked_vector(
    args: &QueryArgs,
    index: &Index<MappedFile>,
) -> Result<Option<(&'static str, Vec<f32>)>, Failure> {
    let dimension = index.header().dimension as usize;
    if let Some(text) = &args.vector {
        let numbers = parse_list(text).and_then(|list| numbers_of(Some(list)).ok()).ok_or_else(|| {
            Failure::Usage(format!("--vector {text:?}: a list of numbers is allowed, such as [0.5,-2]"))
        })?;
        let vector = unit_vector(numbers, dimension).context("--vector")?;
        return Ok(Some(("--vector", vector)));
    }
    let Some(path) = &args.profile else { return Ok(None) };
    let text = std::fs::read(path)
        .map_err(|error| anyhow!("--profile {}: {}", path.display(), cannot_open(path, &error)))?;
    // A byte order mark means nothing, as in the body of a request.
    let fields = match parse(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text)) {
        Ok(kindred::profile::Value::Map(fields)) => fields,
        Ok(_) => {
            let needed = r#"a JSON object is expected, such as {"age": 30}"#;
            return Err(anyhow!("--profile {}: {needed}", path.display()).into());
        }
        Err(error) => {
            let problem = format!("{error}, behind {}", counted(error.at as u64, "byte"));
            let needed = "one JSON object is expected";
            return Err(anyhow!("--profile {}: {problem}; {needed}", path.display()).into());
        }
    };
    let vector = StoredVectorizer::of(index).vectorize(fields).context("--profile")?;
    Ok(Some(("--profile", vector)))
}

/// `diff`: two versions beside each other.
///
/// # Errors
/// Where one of them cannot be opened.
pub fn diff(args: &DiffArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let (old, new) = (Opened::open(&args.old)?, Opened::open(&args.new)?);
    let sample = args.sample.map(|count| if count == 0 { Sample::All } else { Sample::Of(count) });
    let difference = Difference::between(&old, &new, sample)?;
    let text = if args.json {
        serde_json::to_string(&difference).context("the difference as JSON")?
    } else {
        difference.to_string()
    };
    writeln!(out, "{text}").context("standard output")?;
    Ok(())
}

/// `suppress`: adds ids to the list of those that are in no answer, at once. Then it looks whether a version has them:
/// an id that none has is a mistyped one perhaps, and the member is still there.
///
/// # Errors
/// Where the list cannot be read or written, and for ids that no version has, unless that is meant.
pub fn suppress(args: &SuppressArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let SuppressArgs { dir, ids, .. } = args;
    versions_of(dir)?;
    let added = ids.iter().map(|id| id.as_bytes().to_vec());
    let list = change_suppressed(dir, |list| list.0.extend(added)).map_err(anyhow::Error::from)?;
    writeln!(out, "suppressed {}; {}", in_short(ids), say_how_many(&list, dir)).context("standard output")?;
    let unknown = unknown::of(dir, ids)?;
    if unknown.is_empty() {
        return Ok(());
    }
    let message = unknown::describe(dir, &unknown);
    if args.even_if_unknown {
        tracing::warn!("{message}");
        return Ok(());
    }
    Err(anyhow!("{message}\n--even-if-unknown says that this is meant").into())
}

fn say_how_many(list: &SuppressedIds, dir: &Path) -> String {
    let ids = counted(list.0.len() as u64, "id");
    format!("{ids} {} suppressed in {}", ids.is_or_are(), dir.display())
}

/// Some ids, and how many more there are.
fn in_short<I: AsRef<str>>(ids: &[I]) -> String {
    let named: Vec<&str> = ids.iter().take(MOST_IDS).map(AsRef::as_ref).collect();
    match ids.len().saturating_sub(MOST_IDS) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// `unsuppress`: removes ids from that list.
///
/// # Errors
/// Where the list cannot be read or written, and where it has none of the ids.
pub fn unsuppress(args: &UnsuppressArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let UnsuppressArgs { dir, ids } = args;
    versions_of(dir)?;
    let (mut found, mut others) = (Vec::new(), Vec::new());
    let remove = |list: &mut SuppressedIds| {
        (found, others) = ids.iter().partition(|id| list.0.remove(id.as_bytes()));
    };
    let list = change_suppressed(dir, remove).map_err(anyhow::Error::from)?;
    if found.is_empty() {
        let suppressed: Vec<_> = list.0.iter().map(|id| String::from_utf8_lossy(id)).collect();
        let which = match suppressed.is_empty() {
            true => "no id is".to_owned(),
            false => format!("suppressed are: {}", in_short(&suppressed)),
        };
        return Err(anyhow!("{}: none of these ids was suppressed; {which}", dir.display()).into());
    }
    if !others.is_empty() {
        tracing::warn!("{}: not suppressed before: {}", dir.display(), in_short(&others));
    }
    writeln!(out, "unsuppressed {}; {}", in_short(&found), say_how_many(&list, dir))
        .context("standard output")?;
    Ok(())
}

/// The versions of a directory.
fn versions_of(dir: &Path) -> anyhow::Result<Vec<VersionFile>> {
    versions::list(dir).map_err(|error| anyhow!(cannot_list(dir, &error)))
}

/// `list`: the versions of a directory, each checked as a server checks it; marked are the one that a server takes,
/// the pinned one and those that are damaged.
///
/// # Errors
/// Where the directory cannot be read.
pub fn list(args: &ListArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let versions = versions_of(&args.dir)?;
    if versions.is_empty() {
        say(format_args!("{}", has_versions(&args.dir, &versions)));
    }
    let pinned = versions::read_pin(&args.dir).with_context(|| args.dir.display().to_string())?;
    let checked: BTreeMap<u64, _> =
        versions.iter().map(|file| (file.version, open_bare(&file.path))).collect();
    let is_good = |file: &&VersionFile| checked.get(&file.version).is_some_and(Result::is_ok);
    let served = served::in_order(&versions, pinned.into()).find(is_good).map(|file| file.version);
    for (version, check) in &checked {
        let text = match check {
            Ok(summary) => summary.clone(),
            Err(error) => format!("damaged: {error:#}"),
        };
        let mark = |is_so: bool, mark: &'static str| if is_so { mark } else { "" };
        let served = mark(served == Some(*version), "  served");
        let pinned = mark(pinned == Some(*version), "  pinned");
        writeln!(out, "{version:>8}  {text}{served}{pinned}").context("standard output")?;
    }
    if let Some(pinned) = pinned
        && !versions.iter().any(|file| file.version == pinned)
    {
        writeln!(out, "{pinned:>8}  missing  pinned").context("standard output")?;
    }
    Ok(())
}

/// A file in a line, or why no server could serve it, without its path.
fn open_bare(path: &Path) -> anyhow::Result<String> {
    let index = Index::open(MappedFile::open(path)?)?;
    let header = index.header();
    let profiles = counted(header.profiles.into(), "profile");
    Ok(format!("{}  {profiles}  {} bytes", rfc3339(header.created), header.file_length))
}

/// `pin`: verifies a version and names it in the directory.
///
/// # Errors
/// Where the version is missing or bad, and where the pin cannot be written.
pub fn pin(args: &PinArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let PinArgs { dir, version } = args;
    let versions = versions_of(dir)?;
    if !versions.iter().any(|file| file.version == *version) {
        let there = has_versions(dir, &versions);
        return Err(anyhow!("{}: there is no version {version}; {there}", dir.display()).into());
    }
    pin::pin(dir, *version).map_err(anyhow::Error::from)?;
    writeln!(out, "pinned version {}", args.version).context("standard output")?;
    Ok(())
}

/// `unpin`: removes the pin.
///
/// # Errors
/// Where it cannot be removed.
pub fn unpin(args: &UnpinArgs, out: &mut dyn Write) -> Result<(), Failure> {
    versions_of(&args.dir)?;
    let removed = pin::unpin(&args.dir).map_err(anyhow::Error::from)?;
    let message = if removed { "unpinned" } else { "nothing was pinned" };
    writeln!(out, "{message}").context("standard output")?;
    Ok(())
}
