//! No two modules need each other, but inside a few small families.
//!
//! A module is what stands two steps below the root of a crate, as `server::live` or `file::reader` do, with all that is
//! in it. It needs another one where its code names it: in a `use`, or by a path in between. A name that a parent only
//! passes on (`pub use`) counts for the module where it is made. Tests and their fixtures do not count.

mod graph;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use graph::circles;
use names::Names;

/// Modules that may need each other, and why.
struct Family {
    root: &'static str,
    modules: &'static [&'static str],
    #[expect(dead_code, reason = "it is for those who read this list")]
    reason: &'static str,
}

const FAMILIES: &[Family] = &[
    Family {
        root: "src",
        modules: &["file::error", "file::format", "file::sections"],
        reason: "the format is one table of sections, and errors name its numbers",
    },
    Family {
        root: "src",
        modules: &["search::codes", "search::graph"],
        reason: "a graph may have codes, and they are numbered as its nodes are",
    },
    Family {
        root: "index-builder/src",
        modules: &["publish::old", "publish::publisher", "publish::record", "publish::temporary"],
        reason: "one lock, and what is done while it is held",
    },
];

/// The steps from the root of a crate to what counts as a module.
const DEPTH: usize = 2;

#[test]
fn no_modules_need_each_other_but_in_small_families() {
    let mut found = Vec::new();
    for root in ["src", "index-builder/src"] {
        let names = Names::of(&sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(root)));
        let needs = names.needs(DEPTH);
        assert!(needs.len() > 10, "{root}: hardly any module was found");
        for circle in circles(&needs) {
            let is_allowed = |family: &Family| {
                family.root == root && circle.iter().all(|module| family.modules.contains(&module.as_str()))
            };
            if !FAMILIES.iter().any(is_allowed) {
                let inside = needs.iter().filter(|(module, _)| circle.contains(*module));
                let inside: Vec<String> = inside
                    .map(|(module, needed)| {
                        let needed: Vec<&str> =
                            needed.iter().filter(|it| circle.contains(*it)).map(String::as_str).collect();
                        format!("{module} needs {}", needed.join(", "))
                    })
                    .collect();
                found.push(format!("{root}:\n  {}", inside.join("\n  ")));
            }
        }
    }
    assert!(found.is_empty(), "these modules need each other:\n{}", found.join("\n"));
}

/// The text of each module, by its path below the root of a crate.
fn sources(root: &Path) -> BTreeMap<Vec<String>, String> {
    let mut sources = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(root).unwrap().with_extension("");
                let mut module: Vec<String> =
                    relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
                let last = module.last().map(String::as_str);
                if last == Some("main") {
                    continue;
                }
                if matches!(last, Some("mod" | "lib")) {
                    module.pop();
                }
                let is_for_tests = |part: &String| part.ends_with("tests") || part == "fixture";
                if !module.iter().any(is_for_tests) {
                    sources.insert(module, fs::read_to_string(&path).unwrap());
                }
            }
        }
    }
    sources
}

fn invented(files: &[(&str, &str)]) -> BTreeMap<String, BTreeSet<String>> {
    let parts = |path: &str| path.split("::").filter(|it| !it.is_empty()).map(str::to_owned).collect();
    Names::of(&files.iter().map(|(path, text)| (parts(path), (*text).to_owned())).collect()).needs(DEPTH)
}

#[test]
fn a_circle_is_found_however_the_modules_name_each_other() {
    let parent = ("room", "pub mod one; pub mod two; mod three; pub use one::{One, Other as Another};");
    for (one, two) in [
        ("use super::two::Two;", "use crate::room::one::One;"),
        ("use crate::room::{three::Three, two::{self, Two}};", "fn f() { super::one::g() }"),
        ("fn f() -> crate::room::two::Two {}", "use super::{Another, three};"),
        ("use super::three::Three;\nuse super::\n    two::Two;", "use super::One as Renamed;"),
    ] {
        let needs =
            invented(&[("", ""), parent, ("room::one", one), ("room::two", two), ("room::three", "")]);
        let expected = [BTreeSet::from(["room::one".to_owned(), "room::two".to_owned()])];
        assert_eq!(circles(&needs), expected, "{one} {two}");
    }
}

#[test]
fn comments_tests_and_names_of_ones_own_make_no_circle() {
    let parent = ("room", "pub mod one; pub mod two; pub use one::One;");
    for one in [
        "// use super::two::Two;",
        "/// See [`super::two`].\nfn f() {}",
        "#[cfg(test)]\nmod tests {\n    use crate::room::two::Two;\n}",
        "#[cfg(test)]\nuse super::two::Two;",
        "use self::inner::Two; use std::two::Two;",
    ] {
        let needs = invented(&[("", ""), parent, ("room::one", one), ("room::two", "use super::One;")]);
        assert_eq!(circles(&needs), [], "{one}");
    }
}
