//! Which modules the code of a module names.

use std::collections::BTreeMap;

use regex::Regex;

use super::graph::Needs;

type Module = Vec<String>;

/// The modules of a crate: what each names, and where the names come from that it passes on.
pub struct Names {
    named: BTreeMap<Module, Vec<Module>>,
    passed_on: BTreeMap<(Module, String), Module>,
}

impl Names {
    /// Reads the modules of a crate.
    pub fn of(sources: &BTreeMap<Module, String>) -> Names {
        let pass_on = Regex::new(r"\bpub(?:\([^)]*\))? use ([^;]*);").unwrap();
        let (mut named, mut passed_on) = (BTreeMap::new(), BTreeMap::new());
        for (module, text) in sources {
            let code = code(text);
            for tree in pass_on.captures_iter(&code) {
                for (path, name) in leaves(&tree[1]) {
                    let is_child = |first: &str| sources.contains_key(&below(module, first));
                    if let Some(from) = absolute(module, &path, is_child) {
                        passed_on.insert((module.clone(), name), from);
                    }
                }
            }
            let paths = paths(&code);
            let absolute = paths.iter().filter_map(|path| absolute(module, path, |_| false));
            named.insert(module.clone(), absolute.collect());
        }
        Names { named, passed_on }
    }

    /// What each module needs, so many steps below the root.
    pub fn needs(&self, depth: usize) -> Needs {
        let name = |module: &[String]| module.iter().take(depth).cloned().collect::<Vec<_>>().join("::");
        let mut needs = Needs::new();
        for (module, paths) in self.named.iter().filter(|(module, _)| !module.is_empty()) {
            let own = name(module);
            let needed = paths.iter().map(|path| name(&self.made_in(path)));
            let others = needed.filter(|needed| *needed != own && !needed.is_empty());
            needs.entry(own.clone()).or_default().extend(others);
        }
        needs
    }

    /// The module where something is made that a path leads to.
    fn made_in(&self, path: &[String]) -> Module {
        let mut path = path.to_vec();
        // A name is passed on a few times at most.
        for _ in 0..8 {
            let length = (0..=path.len()).rev().find(|&length| self.named.contains_key(&path[..length]));
            let module = path[..length.unwrap_or_default()].to_vec();
            let Some(name) = path.get(module.len()).cloned() else { return module };
            match self.passed_on.get(&(module.clone(), name)) {
                Some(from) if *from != path => {
                    path = [from.as_slice(), &path[module.len() + 1..]].concat();
                }
                _ => return module,
            }
        }
        path
    }
}

/// The code without comments and without what is there for tests.
fn code(text: &str) -> String {
    let text = Regex::new(r"//[^\n]*").unwrap().replace_all(text, "");
    let tests = Regex::new(r"#\[cfg\(test\)\]\s*mod \w+ \{").unwrap();
    let end = tests.find(&text).map_or(text.len(), |found| found.start());
    Regex::new(r"#\[cfg\(test\)\]\s*(?:pub )?use [^;]*;").unwrap().replace_all(&text[..end], "").into_owned()
}

/// The paths that code names from the root, or from its own place.
fn paths(code: &str) -> Vec<String> {
    let uses = Regex::new(r"\buse ((?:crate|super|self)\b[^;]*);").unwrap();
    let others = Regex::new(r"\b(?:crate|super)(?:::\w+)+").unwrap();
    let named = uses.captures_iter(code).flat_map(|tree| leaves(&tree[1])).map(|(path, _)| path);
    let without_uses = uses.replace_all(code, "");
    let between = others.find_iter(&without_uses).map(|path| path.as_str().to_owned());
    named.chain(between.collect::<Vec<_>>()).collect()
}

/// The paths of a tree of `use`, each with the name that it gets.
fn leaves(tree: &str) -> Vec<(String, String)> {
    let tree: String = tree.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((before, inside)) = tree.split_once('{') else {
        let (path, name) = tree.split_once(" as ").unwrap_or((&tree, ""));
        let path: String = path.split_whitespace().collect();
        let path = path.strip_suffix("::self").unwrap_or(&path).to_owned();
        let last = path.rsplit("::").next().unwrap_or_default().to_owned();
        return vec![(path, if name.is_empty() { last } else { name.trim().to_owned() })];
    };
    let inside = inside.trim_end().strip_suffix('}').unwrap_or(inside);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for character in inside.chars() {
        depth += i32::from(character == '{') - i32::from(character == '}');
        match parts.last_mut() {
            Some(part) if character != ',' || depth > 0 => part.push(character),
            _ => parts.push(String::new()),
        }
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.flat_map(|part| leaves(&format!("{}{part}", before.trim()))).collect()
}

/// A path from the root of the crate; none for what another crate has.
fn absolute(module: &[String], path: &str, is_child: impl Fn(&str) -> bool) -> Option<Module> {
    let parts: Vec<String> = path.split("::").map(str::to_owned).collect();
    let ups = parts.iter().take_while(|part| *part == "super").count();
    match parts.first().map(String::as_str)? {
        "crate" => Some(parts[1..].to_vec()),
        "self" => Some([module, &parts[1..]].concat()),
        "super" => Some([&module[..module.len().checked_sub(ups)?], &parts[ups..]].concat()),
        first if is_child(first) => Some([module, &parts].concat()),
        _ => None,
    }
}

fn below(module: &[String], name: &str) -> Module {
    [module, &[name.to_owned()]].concat()
}
