//! The commands that look at published files, and those that pin one.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, anyhow};
use kindred::answer::{
    MAX_EF, RecommendRequest, SearchMode, VectorRequest, nearest_to_vector, recommend_without,
};
use kindred::index::directory;
use kindred::index::pin;
use kindred::index::{Index, MappedFile, SuppressedIds};
use kindred::profile::json::{parse, parse_list};
use kindred::time::rfc3339;
use kindred::vectorizer::unit::numbers_of;
use kindred::vectorizer::{StoredVectorizer, unit_vector};
use serde_json::{Value, json};

use crate::cli::{
    DiffArgs, InspectArgs, ListArgs, PinArgs, QueryArgs, SuppressArgs, UnpinArgs, UnsuppressArgs, VerifyArgs,
};
use crate::compare::{Difference, Opened, Sample, served};
use crate::failure::Failure;
use crate::publish::change_suppressed;
use crate::unknown;

/// Opens a file with the full check.
fn open(path: &Path) -> anyhow::Result<Index<MappedFile>> {
    let file = MappedFile::open(path).with_context(|| path.display().to_string())?;
    Index::open(file).with_context(|| path.display().to_string())
}

/// `inspect`: what a file holds and what built it.
///
/// # Errors
/// Where the file cannot be opened, or the directory holds none.
pub fn inspect(args: &InspectArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let path = if args.path.is_dir() { served(&args.path)?.path } else { args.path.clone() };
    let index = open(&path)?;
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
    let version = path.file_name().and_then(directory::parse_file_name);
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
    writeln!(out, "  {name:<16} {kind:<8} {reason}; profiles without: {missing}")
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// `verify`: the full check of opening.
///
/// # Errors
/// Where the file is refused, and why.
pub fn verify(args: &VerifyArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let index = open(&args.file)?;
    let header = index.header();
    writeln!(
        out,
        "{}: good: {} profiles, {} nodes, {} bytes",
        args.file.display(),
        header.profiles,
        header.nodes,
        header.file_length
    )
    .context("standard output")?;
    Ok(())
}

/// `query`: the server's body.
///
/// # Errors
/// Where the file cannot be opened, and where the server would answer with an error.
pub fn query(args: &QueryArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let (id, n) = asked(args)?;
    let mode = match args.ef {
        None if args.exact => SearchMode::Exact,
        None => SearchMode::Default,
        Some(ef) if (1..=MAX_EF).contains(&ef) => SearchMode::Ef(ef),
        Some(ef) => return Err(Failure::Usage(format!("--ef {ef}: 1 to {MAX_EF} is allowed"))),
    };
    let Opened { index, suppressed, .. } = Opened::open(&args.file)?;
    let distances = args.distances;
    let answer = match (id, asked_vector(args, &index)?) {
        (_, Some((name, vector))) => {
            let request = VectorRequest { vector: &vector, n, mode, distances };
            nearest_to_vector(&index, &suppressed, &request).context(name)?
        }
        (id, None) => {
            let id = id.unwrap_or_default();
            let request = RecommendRequest { id, n, mode, distances };
            recommend_without(&index, &suppressed, &request).with_context(|| format!("id {id:?}"))?
        }
    };
    out.write_all(&answer.body).context("standard output")?;
    Ok(())
}

/// The id, where the question is about one, and how many are wanted.
fn asked(args: &QueryArgs) -> Result<(Option<&str>, usize), Failure> {
    let is_about_id = args.profile.is_none() && args.vector.is_none();
    let (id, n) = match (is_about_id, args.question.as_slice()) {
        (true, [id, n]) => (Some(id.as_str()), n),
        (false, [n]) => (None, n),
        (true, _) => {
            let needed = "an ID and N are needed, or N with --profile or --vector";
            return Err(Failure::Usage(format!("{:?}: {needed}", args.question.join(" "))));
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
    let text = std::fs::read(path).with_context(|| format!("--profile {}", path.display()))?;
    // A byte order mark means nothing, as in the body of a request.
    let fields = match parse(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text)) {
        Ok(kindred::profile::Value::Map(fields)) => fields,
        Ok(_) => return Err(anyhow!("--profile {}: not a JSON object", path.display()).into()),
        Err(error) => {
            let problem = format!("{error}, behind {} bytes", error.at);
            return Err(anyhow!("--profile {}: {problem}", path.display()).into());
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
    let added = ids.iter().map(|id| id.as_bytes().to_vec());
    let list = change_suppressed(dir, |list| list.0.extend(added)).map_err(anyhow::Error::from)?;
    writeln!(out, "suppressed {}; {}", ids.join(", "), say_how_many(&list, dir))
        .context("standard output")?;
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
    match list.0.len() {
        1 => format!("1 id is suppressed in {}", dir.display()),
        many => format!("{many} ids are suppressed in {}", dir.display()),
    }
}

/// `unsuppress`: removes ids from that list.
///
/// # Errors
/// Where the list cannot be read or written, and where it has none of the ids.
pub fn unsuppress(args: &UnsuppressArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let mut found = false;
    let remove = |list: &mut SuppressedIds| {
        args.ids.iter().for_each(|id| found |= list.0.remove(id.as_bytes()));
    };
    let list = change_suppressed(&args.dir, remove).map_err(anyhow::Error::from)?;
    if !found {
        return Err(anyhow!("{}: none of these ids was suppressed", args.dir.display()).into());
    }
    writeln!(out, "{}", say_how_many(&list, &args.dir)).context("standard output")?;
    Ok(())
}

/// `list`: the versions of a directory, each checked as a server checks it; marked are the one that a server takes,
/// the pinned one and those that are damaged.
///
/// # Errors
/// Where the directory cannot be read.
pub fn list(args: &ListArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let versions = directory::list(&args.dir).with_context(|| args.dir.display().to_string())?;
    let pinned = directory::read_pin(&args.dir).with_context(|| args.dir.display().to_string())?;
    let checked: Vec<_> = versions.iter().map(|file| (file.version, open_bare(&file.path))).collect();
    // As a server that starts now: a pin that cannot be obeyed leaves the highest good version.
    let good = |version: &u64| checked.iter().any(|(other, check)| other == version && check.is_ok());
    let highest = checked.iter().rev().find(|(_, check)| check.is_ok()).map(|(version, _)| *version);
    let served = pinned.filter(good).or(highest);
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
    Ok(format!("{}  {} profiles  {} bytes", rfc3339(header.created), header.profiles, header.file_length))
}

/// `pin`: verifies a version and names it in the directory.
///
/// # Errors
/// Where the version is missing or bad, and where the pin cannot be written.
pub fn pin(args: &PinArgs, out: &mut dyn Write) -> Result<(), Failure> {
    pin::pin(&args.dir, args.version).map_err(anyhow::Error::from)?;
    writeln!(out, "pinned version {}", args.version).context("standard output")?;
    Ok(())
}

/// `unpin`: removes the pin.
///
/// # Errors
/// Where it cannot be removed.
pub fn unpin(args: &UnpinArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let removed = pin::unpin(&args.dir).map_err(anyhow::Error::from)?;
    let message = if removed { "unpinned" } else { "nothing was pinned" };
    writeln!(out, "{message}").context("standard output")?;
    Ok(())
}
