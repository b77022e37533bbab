//! What a build was asked for, checked.

use std::str::FromStr;

use crate::cli::BuildArgs;
use crate::failure::Failure;
use crate::ingest::DEFAULT_ID_FIELDS;

use crate::python::PythonSpec;
use crate::source::{Plan, STANDARD_INPUT, VECTOR_FIELD, Wanted};

/// What makes the vectors.
#[derive(Debug, Clone)]
pub enum VectorizerChoice {
    /// The built-in one.
    Hashing,
    /// The vector is already in this field.
    Field(String),
    /// The data science team's own function.
    Python(PythonSpec),
}

impl FromStr for VectorizerChoice {
    type Err = Failure;

    fn from_str(text: &str) -> Result<VectorizerChoice, Failure> {
        let refused = |why: &str| {
            Failure::Usage(format!(
                "--vectorizer {text:?}: {why}; allowed are hashing, field:NAME and python:PATH[:FUNCTION]"
            ))
        };
        match text.split_once(':') {
            None if text == "hashing" => Ok(VectorizerChoice::Hashing),
            Some(("field", "")) => Err(refused("the field has no name")),
            Some(("field", name)) => Ok(VectorizerChoice::Field(name.to_owned())),
            Some(("python", spec)) => {
                spec.parse().map(VectorizerChoice::Python).map_err(|error| refused(&error.to_string()))
            }
            _ => Err(refused("there is no such vectorizer")),
        }
    }
}

/// Which of a profile's fields are vectorized.
#[derive(Debug, Clone, Default)]
pub struct FieldSelection {
    /// Only these, where given.
    pub only: Option<Vec<String>>,
    /// Not these.
    pub ignored: Vec<String>,
}

impl FieldSelection {
    /// Whether all fields are vectorized.
    pub fn is_everything(&self) -> bool {
        self.only.is_none() && self.ignored.is_empty()
    }

    /// Whether a field is vectorized.
    pub fn takes(&self, name: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|other| other == name);
        self.only.as_deref().is_none_or(named) && !named(&self.ignored)
    }
}

/// The options of `build` that say more than clap can check.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// What makes the vectors.
    pub vectorizer: VectorizerChoice,
    /// Which fields are vectorized.
    pub selection: FieldSelection,
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
        if args.id_field.as_deref() == Some("") {
            return Err(Failure::Usage("--id-field: the name is empty".to_owned()));
        }
        if let VectorizerChoice::Field(name) = &vectorizer {
            if !selection.is_everything() {
                return Err(Failure::Usage(
                    "--fields and --ignore-fields say what is vectorized; with field:NAME the vector is already there"
                        .to_owned(),
                ));
            }
            if args.id_field.as_deref() == Some(name) {
                return Err(Failure::Usage(format!(
                    "--id-field and --vectorizer both name the field {name:?}"
                )));
            }
        }
        Ok(BuildOptions { vectorizer, selection })
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
    if args.vectors == args.ids && args.ids.as_deref().is_some_and(|path| path.as_os_str() == STANDARD_INPUT)
    {
        return Err(Failure::Usage("--vectors and --ids: standard input can be read once only".to_owned()));
    }
    if args.ids.is_some() && args.vectors.is_none() {
        return Err(Failure::Usage("--ids has the ids of --vectors, which is missing".to_owned()));
    }
    let plan = match &args.vectors {
        Some(vectors) => Plan::of_vectors(vectors),
        None => Plan::new(&args.profiles, args.format),
    };
    let plan = plan.map_err(|error| match error.is_usage() {
        true => Failure::Usage(error.to_string()),
        false => Failure::Failed(error.into()),
    })?;
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
