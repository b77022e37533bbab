//! What a build was asked for, checked.

use crate::command::cli::BuildArgs;
use crate::ground::failure::Failure;
use crate::intake::ingest::DEFAULT_ID_FIELDS;
use crate::intake::separators::ListSeparators;
use crate::intake::source::{Plan, ROW_NUMBERS, STANDARD_INPUT, VECTOR_FIELD, Wanted};
use crate::vectors::choice::{FieldSelection, VectorizerChoice};

/// The options of `build` that say more than clap can check.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// What makes the vectors.
    pub vectorizer: VectorizerChoice,
    /// Which fields are vectorized.
    pub selection: FieldSelection,
    /// Which texts are lists.
    pub lists: ListSeparators,
}

impl BuildOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// [`Failure::Usage`] for what cannot be meant.
    pub fn from_args(args: &BuildArgs) -> Result<BuildOptions, Failure> {
        let vectorizer = match args.vectors {
            Some(_) => VectorizerChoice::Field(VECTOR_FIELD.to_owned()),
            None => args.vectorizer.parse()?,
        };
        let selection = FieldSelection {
            only: args.fields.clone(),
            ignored: args.ignore_fields.clone().unwrap_or_default(),
        };
        let lists = [
            ("--fields", &args.fields),
            ("--ignore-fields", &args.ignore_fields),
            ("--expose", &args.expose),
        ];
        for (flag, names) in lists {
            // An empty list exposes nothing but the id; of the other two it would mean nothing.
            let names = names.as_deref().unwrap_or_default();
            let empty_is_meant = flag == "--expose" && names == [""];
            if names.iter().any(String::is_empty) && !empty_is_meant {
                return Err(Failure::Usage(format!(
                    "{flag}: a field's name is empty; names are separated by single commas"
                )));
            }
        }
        let lists = ListSeparators::parse(&args.list_separator)
            .map_err(|why| Failure::Usage(format!("--list-separator: {why}")))?;
        if let Some(id_field) = args.id_field.as_deref().filter(|name| lists.name(name)) {
            return Err(Failure::Usage(format!("--list-separator: {id_field:?} is the id, and no list")));
        }
        if args.id_field.as_deref() == Some("") {
            return Err(Failure::Usage("--id-field: the name is empty".to_owned()));
        }
        if matches!(vectorizer, VectorizerChoice::Field(_) | VectorizerChoice::Columns { .. })
            && !selection.is_everything()
        {
            return Err(Failure::Usage(
                "--fields and --ignore-fields say what is vectorized; with field:NAME and columns:NAMES the vector is \
                 already there"
                    .to_owned(),
            ));
        }
        if let VectorizerChoice::Field(name) = &vectorizer
            && args.id_field.as_deref() == Some(name)
        {
            return Err(Failure::Usage(format!("--id-field and --vectorizer both name the field {name:?}")));
        }
        Ok(BuildOptions { vectorizer, selection, lists })
    }
}

impl BuildOptions {
    /// The fields that the build uses: the id, what is vectorized and what is served.
    pub fn wanted(&self, args: &BuildArgs) -> Wanted {
        let ids = match args.id_field.as_deref() {
            Some(name) => vec![name.to_owned()],
            None => DEFAULT_ID_FIELDS.map(str::to_owned).to_vec(),
        };
        let vector = match &self.vectorizer {
            VectorizerChoice::Field(name) => Some(name.clone()),
            _ => None,
        };
        let vectorized = self.selection.only.iter().flatten().cloned();
        let served = args.expose.iter().flatten().cloned();
        let others_but = match (&args.expose, &vector, &self.selection.only) {
            (None, ..) => Some(Vec::new()),
            (Some(_), None, None) => Some(self.selection.ignored.clone()),
            _ => None,
        };
        let named = ids.into_iter().chain(vector).chain(vectorized).chain(served).collect();
        Wanted { named, others_but }
    }
}

/// Looks up what is to be read.
///
/// # Errors
/// [`Failure::Usage`] for what cannot be meant, [`Failure::Failed`] for files that are not there.
pub fn plan(args: &BuildArgs) -> Result<Plan, Failure> {
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

/// What is to be read of the vectors of --profiles, where they are in a file of their own.
///
/// # Errors
/// [`Failure::Failed`] for a file that is not there.
pub fn plan_of_rows(args: &BuildArgs) -> Result<Option<Plan>, Failure> {
    let vectors = args.vectors.as_deref().filter(|_| !args.profiles.is_empty());
    vectors.map(Plan::of_vectors).transpose().map_err(plan_failure)
}

/// Whether the rows of --vectors have their numbers as ids.
pub fn numbers_rows(args: &BuildArgs) -> bool {
    args.ids.as_deref().is_some_and(|ids| ids.as_os_str() == ROW_NUMBERS)
}

fn plan_failure(error: crate::intake::source::PlanError) -> Failure {
    match error.is_usage() {
        true => Failure::Usage(error.to_string()),
        false => Failure::Failed(error.into()),
    }
}

/// Vectors have ids: those of their profiles, or of a file.
fn check_vectors(args: &BuildArgs) -> Result<(), Failure> {
    let usage = |text: &str| Err(Failure::Usage(text.to_owned()));
    let is_standard_input = |path: &std::path::PathBuf| path.as_os_str() == STANDARD_INPUT;
    let of_profiles = !args.profiles.is_empty();
    let standard_inputs = args
        .profiles
        .iter()
        .chain(&args.vectors)
        .chain(&args.ids)
        .filter(|path| is_standard_input(path))
        .count();
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
                ("--format", args.format != crate::intake::source::FormatChoice::Auto),
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
