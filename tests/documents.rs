//! What the documents say is what the code says: options, the file format, and links between documents.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is a failed test")]

mod circles;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use regex::Regex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The part of a document below a heading, to the next heading of the same depth.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let start = document.find(&format!("{heading}\n")).unwrap_or_else(|| panic!("no {heading:?}"));
    let rest = &document[start + heading.len()..];
    let depth = heading.bytes().take_while(|&byte| byte == b'#').count();
    let next = format!("\n{} ", "#".repeat(depth));
    &rest[..rest.find(&next).unwrap_or(rest.len())]
}

/// The options that the rows of a section's tables begin with.
fn documented_options(section: &str) -> BTreeSet<String> {
    let option = Regex::new(r"--[a-z][a-z0-9-]*").unwrap();
    let first_cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    first_cells.flat_map(|cell| option.find_iter(cell).map(|found| found.as_str().to_owned())).collect()
}

fn options(command: &clap::Command) -> BTreeSet<String> {
    let named = command.get_arguments().filter(|argument| !argument.is_hide_set());
    let long = named.filter_map(|argument| argument.get_long()).filter(|name| *name != "help");
    long.map(|name| format!("--{name}")).collect()
}

#[test]
fn the_reference_lists_every_option_of_build() {
    let reference = read("docs/reference.md");
    let command = index_builder::door::program::Cli::command();
    let build = command.find_subcommand("build").unwrap();
    assert_eq!(documented_options(section(&reference, "## `index-builder build`")), options(build));
}

#[test]
fn the_reference_lists_every_setting_of_the_server_with_its_environment_variable() {
    let reference = read("docs/reference.md");
    let server = section(&reference, "## `kindred`");
    let command = kindred::server::Arguments::command();
    let expected: BTreeSet<String> =
        options(&command).into_iter().filter(|option| option != "--version").collect();
    assert_eq!(documented_options(server), expected);
    for option in expected {
        let variable = format!("`KINDRED_{}`", option[2..].to_uppercase().replace('-', "_"));
        assert!(server.contains(&variable), "{variable} is not in the reference");
    }
}

#[test]
fn the_reference_names_every_command_of_the_builder() {
    let reference = read("docs/reference.md");
    for command in
        index_builder::door::program::Cli::command().get_subcommands().filter(|found| !found.is_hide_set())
    {
        let name = format!("index-builder {} ", command.get_name());
        assert!(reference.contains(&name), "{name:?} is not in the reference");
    }
}

/// The module documentation of a source file, as Markdown.
fn module_documentation(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
}

#[test]
fn the_file_format_is_documented_as_it_is_specified() {
    let links = Regex::new(r"\[(`[^`\]]+`)\](?:\([^)]*\))?").unwrap();
    let specified = module_documentation(&read("src/file/format.rs"));
    let specified = links.replace_all(&specified, "$1");
    let (_, documented) = documented_after(&read("docs/file-format.md"));
    assert_eq!(
        documented, specified,
        "docs/file-format.md is the text above src/file/format.rs, without its links"
    );
}

/// The Rust files of a module of a crate, without comments.
fn code_of(source: &str, module: &str) -> String {
    let mut code = String::new();
    let mut left = vec![root().join(source).join(module), root().join(source).join(format!("{module}.rs"))];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") && path.exists() {
            let text = fs::read_to_string(&path).unwrap();
            code.extend(
                text.lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
                    .map(|line| format!("{line}\n")),
            );
        }
    }
    assert!(!code.is_empty(), "{source}/lib.rs lists {module}, which has no code");
    code
}

#[test]
fn modules_of_the_library_use_only_those_that_its_map_lists_before_them() {
    assert_modules_follow_the_map("src");
}

#[test]
fn rooms_of_the_builder_use_only_those_that_its_map_lists_before_them() {
    assert_modules_follow_the_map("index-builder/src");
}

fn assert_modules_follow_the_map(source: &str) {
    let library = read(&format!("{source}/lib.rs"));
    let map = module_documentation(&library);
    let named = Regex::new(r"`(?:mod@)?([a-z]+)`").unwrap();
    let rows = map.lines().filter_map(|line| line.strip_prefix("- ")?.split(':').next());
    // Of what stands in brackets behind a name, none is a module.
    let rows = rows.map(|row| row.split(" (").next().unwrap_or(row));
    let order: Vec<&str> =
        rows.flat_map(|row| named.captures_iter(row).map(|found| found.extract::<1>().1[0])).collect();
    let declared = Regex::new(r"(?m)^(?:pub )?mod ([a-z]+);").unwrap();
    let declared: BTreeSet<&str> =
        declared.captures_iter(&library).map(|found| found.extract::<1>().1[0]).collect();
    assert_eq!(order.iter().copied().collect::<BTreeSet<_>>(), declared);
    let used = Regex::new(r"\bcrate::(?:([a-z]+)|\{)").unwrap();
    for (place, module) in order.iter().enumerate() {
        for found in used.captures_iter(&code_of(source, module)) {
            let other = found
                .get(1)
                .unwrap_or_else(|| panic!("{source}/{module}: write each module out in `use`"))
                .as_str();
            let at = order.iter().position(|name| *name == other);
            assert!(
                at.is_none_or(|at| at <= place),
                "{source}/{module} uses {other}, which the map lists later"
            );
        }
    }
}

/// What stands before and behind the line that says where a text comes from.
fn documented_after(document: &str) -> (String, String) {
    let mark = "<!-- src/file/format.rs -->\n\n";
    let (before, after) = document.split_once(mark).expect("the mark");
    (before.to_owned(), after.to_owned())
}

/// The cells of a row of a table.
fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn the_first_page_compares_libraries_by_figures_of_the_performance_page() {
    let readme = read("README.md");
    let performance = read("docs/performance.md");
    let (_, measured) =
        performance.split_once("<!-- bench-peers 100000x128 -->").expect("the set of vectors");
    let (measured, _) = measured.split_once("<!-- end of bench-peers 100000x128 -->").expect("its end");
    let rows_of = |library: &str| -> Vec<Vec<&str>> {
        let beginning = format!("| {library} |");
        measured.lines().filter(|line| line.starts_with(&beginning)).map(cells).collect()
    };
    let table = section(&readme, "## Beside other libraries");
    let mut compared = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(2).map(cells) {
        let [library, build, queries, memory, file, _] = row[..] else { panic!("{row:?}") };
        let [building, searching] = &rows_of(library)[..] else { panic!("{library} is not in the tables") };
        assert_eq!([build, memory, file], [building[1], building[3], building[4]], "building {library}");
        assert_eq!(queries, searching[3], "searching {library}");
        compared += 1;
    }
    assert!(compared >= 6, "only {compared} libraries");
}

fn documents() -> Vec<PathBuf> {
    let top = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name));
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let markdown = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    let mut all: Vec<PathBuf> = top.into_iter().chain(docs.filter(markdown)).collect();
    all.sort();
    all
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(document: &str) -> BTreeSet<String> {
    let headings = document.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|&c| c.is_alphanumeric() || c == ' ' || c == '-' || c == '_');
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut followed = 0;
    for path in documents() {
        let document =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for found in link.captures_iter(&document) {
            let target = &found[1];
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(file.exists(), "{}: {target} is not there", path.display());
            let there = anchor.is_empty() || anchors(&fs::read_to_string(&file).unwrap()).contains(anchor);
            assert!(there, "{}: {target} has no such heading", path.display());
            followed += 1;
        }
    }
    assert!(followed > 20, "only {followed} links");
}

#[test]
fn every_document_can_be_found_from_the_first() {
    let readme = read("README.md");
    for path in documents() {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name == "README.md" || readme.contains(name), "README.md does not name {name}");
    }
}
