//! A server whose right answers are known, and what it has to say about what happened to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::super::fixture::{Place, await_description, await_version, file_name, numbered_source};
use super::super::http::get;
use super::super::process::{Server, builder, eventually, index_builder, read};

const PROFILES: usize = 20;
const ID: &str = "p3";
const N: &str = "5";

/// A good file, and what `index-builder query` answers from it.
#[derive(Debug, Clone)]
pub struct Good {
    pub bytes: Vec<u8>,
    answer: Vec<u8>,
}

impl Good {
    /// What a file that is there holds and answers.
    pub fn at(path: &Path) -> Good {
        let query = ["query".as_ref(), path.as_os_str(), "--".as_ref(), ID.as_ref(), N.as_ref()];
        Good { bytes: read(path), answer: index_builder(query) }
    }
}

/// A place with an index directory and a server of it.
pub struct Scene {
    pub place: Place,
    pub server: Server,
    /// What versions have to answer.
    known: BTreeMap<u64, Good>,
    /// Files that have been refused.
    refused: u64,
}

/// The number of a build, which makes a good file that no other build makes.
pub fn good(place: &Place, build: u64) -> Good {
    let directory = tempfile::tempdir_in(place.path()).unwrap();
    let version = place.build_into(directory.path(), &numbered_source(build, PROFILES));
    Good::at(&directory.path().join(file_name(version)))
}

/// Puts a file into its directory as a builder does.
pub fn publish(path: &Path, bytes: &[u8]) {
    let aside = path.with_extension("aside");
    fs::write(&aside, bytes).unwrap();
    fs::rename(&aside, path).unwrap();
}

impl Scene {
    /// Serves version 1.
    pub fn new() -> Scene {
        let place = Place::new();
        let first = good(&place, 1);
        fs::create_dir(place.index()).unwrap();
        publish(&place.version_file(1), &first.bytes);
        let mut scene = Scene::serving(place);
        scene.takes(1, &first);
        scene
    }

    /// Serves a directory that is there.
    pub fn serving(place: Place) -> Scene {
        let server = Server::start(&place.index());
        Scene { place, server, known: BTreeMap::new(), refused: 0 }
    }

    /// A build into the directory, from profiles that tell which build they are of.
    pub fn build_command(&self, build: u64) -> Command {
        let source = self.place.path().join(format!("profiles-{build}.jsonl"));
        fs::write(&source, numbered_source(build, PROFILES)).unwrap();
        self.build_from(&source)
    }

    /// A build into the directory from a file.
    pub fn build_from(&self, source: &Path) -> Command {
        let mut command = builder();
        command.arg("build").arg("--profiles").arg(source).arg("--out").arg(self.place.index());
        command.args(["--vectorizer", "field:v"]);
        command
    }

    /// The profiles of a build.
    pub fn source(build: u64) -> String {
        numbered_source(build, PROFILES)
    }

    /// Publishes a good file under a version, which the server has to take.
    pub fn publishes(&mut self, version: u64) {
        let good = good(&self.place, version);
        publish(&self.place.version_file(version), &good.bytes);
        self.takes(version, &good);
    }

    /// Waits until a version is served, and looks at all that is said about it.
    pub fn takes(&mut self, version: u64, good: &Good) {
        let index = await_version(&self.server, version);
        await_description(&self.server, "nothing else is wanted", |index| index["degraded"] == false);
        assert_eq!(index["refused"], self.refused);
        self.known.insert(version, good.clone());
        self.answers_from(version);
        let serving = format!("serving {}", file_name(version));
        eventually(&serving, || self.server.log().contains(&serving).then_some(()));
    }

    /// So many files have been refused before anybody looked.
    pub fn has_refused(&mut self, files: u64) {
        self.refused = files;
    }

    /// Waits until another file answers by the number of the version that is served.
    pub fn takes_another(&mut self, version: u64, good: &Good) {
        let target = format!("/recommend/{ID}/{N}");
        eventually("the other file answers", || {
            (get(self.server.address, &target).body == good.answer).then_some(())
        });
        self.takes(version, good);
    }

    /// Waits until the newest file is refused, and looks at all that is said about it and what is served on.
    pub fn refuses(&mut self, version: u64, reason: &str, served: u64) {
        self.refused += 1;
        let refused = self.refused;
        let what = format!("version {version} is refused: {reason}");
        let index = await_description(&self.server, &what, |index| {
            index["refused"] == refused && index["degraded"] == true
        });
        let last = &index["last_refused"];
        assert_eq!(last["file"], file_name(version), "{reason}");
        let told = last["reason"].as_str().unwrap();
        assert!(told.contains(reason), "{reason:?} is not in {told:?}");
        let line = format!("refused {}: {told}", file_name(version));
        eventually(&line, || self.server.log().contains(&line).then_some(()));
        self.answers_from(served);
    }

    /// Looks whether a version answers, and rightly, and whether metrics say the same.
    pub fn answers_from(&self, version: u64) {
        let response = get(self.server.address, &format!("/recommend/{ID}/{N}"));
        assert_eq!((response.status, response.version()), (200, Some(version)), "{response:?}");
        assert_eq!(response.body, self.known[&version].answer, "{}", response.text());
        assert_eq!(get(self.server.address, "/health/ready").status, 200);
        self.assert_metric("kindred_index_version", version);
        self.assert_metric("kindred_refused_files_total", self.refused);
    }

    pub fn assert_metric(&self, name: &str, value: u64) {
        let metrics = get(self.server.address, "/metrics");
        let line = format!("{name} {value}");
        assert!(metrics.text().lines().any(|found| found == line), "no {line:?} in {}", metrics.text());
    }

    /// Says what a version has to answer that was built into the directory.
    pub fn learn(&mut self, version: u64) -> Good {
        let good = Good::at(&self.place.version_file(version));
        self.known.insert(version, good.clone());
        good
    }

    /// The hidden files of builds.
    pub fn temporaries(&self) -> usize {
        let names = fs::read_dir(self.place.index()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().ends_with(".tmp")).count()
    }
}
