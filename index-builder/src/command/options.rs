//! From the arguments of `build` to what it is asked for, checked.

use std::path::Path;

use crate::build::request::{BuildRequest, Limits, RowIds, SourceRequest};
use crate::command::cli::BuildArgs;
use crate::ground::failure::Failure;
use crate::intake::separators::ListSeparators;
use crate::intake::source::{FormatChoice, Plan, PlanError, ROW_NUMBERS, STANDARD_INPUT, VECTOR_FIELD};
use crate::link::LinkOptions;
use crate::link::graph::GraphParameters;
use crate::link::table::TableOptions;
use crate::report::compare::Gates;
use crate::vectors::choice::{FieldSelection, VectorOptions, VectorizerChoice};

/// Checks the command line of `build`, and looks up what is to be read.
///
/// # Errors
/// [`Failure::Usage`] for what cannot be meant, [`Failure::Failed`] for files that are not there.
pub fn build_request(args: &BuildArgs) -> Result<BuildRequest, Failure> {
    let vectors = vector_options(args)?;
    check_names(args)?;
    let lists = list_separators(args)?;
    check_id_field(args, &lists)?;
    check_fields(args, &vectors)?;
    Ok(BuildRequest {
        out: args.out.clone(),
        source: source_request(args, lists)?,
        vectors,
        link: link_options(args),
        limits: Limits {
            max_skipped: args.max_skipped,
            max_zero: args.max_zero,
            min_recall: args.min_recall,
            against_served: Gates { max_drift: args.max_drift, min_profiles_ratio: args.min_profiles_ratio },
        },
        keep: args.keep as usize,
        threads: args.threads,
        nice: args.nice,
    })
}

fn vector_options(args: &BuildArgs) -> Result<VectorOptions, Failure> {
    Ok(VectorOptions {
        vectorizer: match args.vectors {
            Some(_) => VectorizerChoice::Field(VECTOR_FIELD.to_owned()),
            None => args.vectorizer.parse()?,
        },
        selection: FieldSelection {
            only: args.fields.clone(),
            ignored: args.ignore_fields.clone().unwrap_or_default(),
        },
        dimension: args.dimension,
        language: args.language,
        seed: args.seed,
        python: args.python.clone(),
        python_timeout: args.python_timeout,
    })
}

fn link_options(args: &BuildArgs) -> LinkOptions {
    LinkOptions {
        builder: args.graph,
        graph: GraphParameters {
            m: args.m as usize,
            ef_construction: args.ef_construction as usize,
            seed: args.seed,
        },
        table: TableOptions {
            neighbours: args.neighbours as usize,
            choice: args.table,
            limit: args.table_limit,
        },
        map: !args.no_map,
        target_recall: args.target_recall,
    }
}

/// Checks the lists of names. An empty `--expose` exposes nothing but the id; empty, the other two would mean nothing.
fn check_names(args: &BuildArgs) -> Result<(), Failure> {
    let lists =
        [("--fields", &args.fields), ("--ignore-fields", &args.ignore_fields), ("--expose", &args.expose)];
    for (flag, names) in lists {
        let names = names.as_deref().unwrap_or_default();
        let empty_is_meant = flag == "--expose" && names == [""];
        if names.iter().any(String::is_empty) && !empty_is_meant {
            return Err(Failure::Usage(format!(
                "{flag}: a field's name is empty; names are separated by single commas"
            )));
        }
    }
    Ok(())
}

fn list_separators(args: &BuildArgs) -> Result<ListSeparators, Failure> {
    ListSeparators::parse(&args.list_separator)
        .map_err(|why| Failure::Usage(format!("--list-separator: {why}")))
}

fn check_id_field(args: &BuildArgs, lists: &ListSeparators) -> Result<(), Failure> {
    if let Some(id_field) = args.id_field.as_deref().filter(|name| lists.name(name)) {
        return Err(Failure::Usage(format!("--list-separator: {id_field:?} is the id, and no list")));
    }
    if args.id_field.as_deref() == Some("") {
        return Err(Failure::Usage("--id-field: the name is empty".to_owned()));
    }
    Ok(())
}

/// Checks that no field is asked to be two things.
fn check_fields(args: &BuildArgs, vectors: &VectorOptions) -> Result<(), Failure> {
    let VectorOptions { vectorizer, selection, .. } = vectors;
    if vectorizer.is_given() && !selection.is_everything() {
        return Err(Failure::Usage(
            "--fields and --ignore-fields say what is vectorized; with field:NAME and columns:NAMES the vector is \
             already there"
                .to_owned(),
        ));
    }
    if let VectorizerChoice::Fitted(fit) = vectorizer
        && !fit.compares_fields()
        && !selection.is_everything()
    {
        return Err(Failure::Usage(format!(
            "--fields and --ignore-fields say what is vectorized; {} says it by itself",
            fit.name()
        )));
    }
    if let VectorizerChoice::Field(name) = vectorizer
        && args.id_field.as_deref() == Some(name)
    {
        return Err(Failure::Usage(format!("--id-field and --vectorizer both name the field {name:?}")));
    }
    Ok(())
}

fn source_request(args: &BuildArgs, lists: ListSeparators) -> Result<SourceRequest, Failure> {
    let plan = plan(args)?;
    let rows = args.vectors.as_deref().filter(|_| !args.profiles.is_empty());
    let expose = args.expose.clone().map(|mut names| {
        names.retain(|name| !name.is_empty());
        names
    });
    Ok(SourceRequest {
        plan,
        rows: rows.map(Plan::of_vectors).transpose().map_err(plan_failure)?,
        ids: args.ids.as_deref().map(row_ids),
        query: args.query.clone(),
        records: args.records.clone(),
        separator: args.separator,
        id_field: args.id_field.clone(),
        expose,
        lists,
        on_duplicate_id: args.on_duplicate_id,
    })
}

fn row_ids(ids: &Path) -> RowIds {
    if ids.as_os_str() == ROW_NUMBERS { RowIds::Numbers } else { RowIds::File(ids.to_owned()) }
}

/// Looks up what is to be read.
fn plan(args: &BuildArgs) -> Result<Plan, Failure> {
    check_vectors(args)?;
    let plan = match &args.vectors {
        Some(vectors) if args.profiles.is_empty() => Plan::of_vectors(vectors),
        _ => Plan::new(&args.profiles, args.format),
    };
    let plan = plan.map_err(plan_failure)?;
    if args.separator.is_some() && !plan.format().split(", ").any(|name| name == "csv") {
        return Err(Failure::Usage(
            "--separator is for CSV files, and none is read; with --format csv a file is one whatever its name".to_owned(),
        ));
    }
    match (plan.takes_a_query(), args.query.as_deref()) {
        (true, None) => Err(Failure::Usage(
            "--query is missing: it says which rows of the database are profiles".to_owned(),
        )),
        (true, Some(query)) if query.trim().is_empty() => {
            Err(Failure::Usage("--query: the query is empty".to_owned()))
        }
        (false, Some(_)) => {
            Err(Failure::Usage("--query asks a database, and --profiles names none".to_owned()))
        }
        _ => check_records(args, plan),
    }
}

/// Checks that what names a member of a document has one.
fn check_records(args: &BuildArgs, plan: Plan) -> Result<Plan, Failure> {
    match args.records.as_deref() {
        Some("") => Err(Failure::Usage("--records: the path is empty; the document itself is .".to_owned())),
        Some(_) if !plan.has_documents() => Err(Failure::Usage(
            "--records names a member of a JSON document, and --profiles names none (.json, or --format json)".to_owned(),
        )),
        _ => Ok(plan),
    }
}

fn plan_failure(error: PlanError) -> Failure {
    match error.is_usage() {
        true => Failure::Usage(error.to_string()),
        false => Failure::Failed(error.into()),
    }
}

/// Vectors have ids: those of their profiles, or of a file.
fn check_vectors(args: &BuildArgs) -> Result<(), Failure> {
    let usage = |text: &str| Err(Failure::Usage(text.to_owned()));
    let of_profiles = !args.profiles.is_empty();
    let paths = args.profiles.iter().chain(&args.vectors).chain(&args.ids);
    let standard_inputs = paths.filter(|path| path.as_os_str() == STANDARD_INPUT).count();
    match (&args.vectors, &args.ids) {
        (None, Some(_)) => usage("--ids has the ids of --vectors, which is missing"),
        (Some(_), Some(_)) if of_profiles => {
            usage("--ids and --profiles: the vectors of --vectors are those of the profiles, which have ids")
        }
        (Some(_), None) if !of_profiles => usage(
            "--vectors: the ids are missing: give --ids a file with one a line, --ids row to number the rows, or \
                 --profiles whose vectors they are",
        ),
        (Some(_), Some(_)) if standard_inputs > 1 => {
            usage("--vectors and --ids: standard input can be read once only")
        }
        (Some(_), None) if standard_inputs > 1 => {
            usage("--profiles and --vectors: standard input can be read once only")
        }
        (Some(_), Some(_)) => {
            let of_profiles = [
                ("--query", args.query.is_some()),
                ("--format", args.format != FormatChoice::Auto),
                ("--id-field", args.id_field.is_some()),
                ("--list-separator", !args.list_separator.is_empty()),
            ];
            match of_profiles.iter().find(|(_, is_given)| *is_given) {
                Some((flag, _)) => Err(Failure::Usage(format!(
                    "{flag} is about profiles, and --vectors with --ids has none"
                ))),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::command::cli::{Cli, Command};

    /// What a command line asks of the vectors.
    fn asked(more: &[&str]) -> String {
        let line = ["index-builder", "build", "--profiles", "profiles.jsonl", "--out", "index"];
        let Command::Build(args) = Cli::try_parse_from([&line[..], more].concat()).unwrap().command else {
            panic!("build is another command");
        };
        format!("{:?}", vector_options(&args).unwrap())
    }

    #[test]
    fn the_options_of_vectors_are_taken_over_and_have_the_defaults_of_the_library() {
        let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let defaults = |vectorizer: &str| VectorOptions::new(vectorizer.parse().unwrap());
        let only = FieldSelection { only: Some(named(&["a", "b"])), ignored: Vec::new() };
        let but = FieldSelection { only: None, ignored: named(&["a"]) };
        for (line, expected) in [
            (&[][..], defaults("auto")),
            (&["--vectorizer", "field:v"], defaults("field:v")),
            (&["--vectors", "v.npy"], defaults("field:vector")),
            (&["--dimension", "64"], VectorOptions { dimension: Some(64), ..defaults("auto") }),
            (&["--seed", "7"], VectorOptions { seed: 7, ..defaults("auto") }),
            (&["--fields", "a,b"], VectorOptions { selection: only, ..defaults("auto") }),
            (&["--ignore-fields", "a"], VectorOptions { selection: but, ..defaults("auto") }),
        ] {
            assert_eq!(asked(line), format!("{expected:?}"), "{line:?}");
        }
    }
}
