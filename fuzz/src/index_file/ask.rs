//! Everything that can be asked of an open index, and bounds of what may come back.

use kindred::directory::SuppressedIds;
use kindred::file::format::{NO_PLACE, NONE, SectionKind};
use kindred::file::{Index, Ordinal};
use kindred::query::{
    Answer, AnswerError, Question, SearchMode, Snapshot, Suppressed, answer, can_answer, has_profile, profile,
};

/// What an answer has besides a document: its distance and what stands around both.
const AROUND_A_DOCUMENT: usize = 64;

const MODES: [SearchMode; 4] =
    [SearchMode::Default, SearchMode::Ef(1), SearchMode::Ef(usize::MAX), SearchMode::Exact];

/// Asks an index that was found good and has not changed since: nothing of it may be damaged.
pub fn verified<B: AsRef<[u8]>>(index: &Index<B>) {
    let header = *index.header();
    let (nodes, levels) = (u64::from(header.nodes), u64::from(header.levels));
    let documents = section_length(index, SectionKind::Documents) as usize;
    ask(index, |n, answer| match answer {
        Ok(Answer { body, work }) => {
            let profiles = n.min(header.profiles as usize);
            assert!(body.len() <= 2 + documents + profiles * AROUND_A_DOCUMENT, "{} bytes", body.len());
            assert!(work.hops <= nodes * (levels + 1), "{} hops in {nodes} nodes", work.hops);
            let most = 2 * nodes + 1 + levels * nodes * u64::from(header.m) + u64::from(header.profiles);
            assert!(work.distances <= most, "{} distances in {nodes} nodes", work.distances);
        }
        Err(AnswerError::Damaged(damaged)) => panic!("found good, and then: {damaged}"),
        Err(AnswerError::OtherDimension { .. }) => panic!("no vector was asked about"),
        Err(AnswerError::UnknownId | AnswerError::ZeroVector) => {}
    });
    if let Some(map) = index.map() {
        let is_placed = |ordinal| index.view().node_of(Ordinal(ordinal)).is_ok_and(|node| node.is_some());
        let is_right = |(ordinal, place): (u32, &[u16; 2])| (*place != NO_PLACE) == is_placed(ordinal);
        assert!((0..).zip(map).all(is_right), "found good, and then: a place that is not right");
    }
    for ordinal in 0..header.profiles {
        assert!(index.id(Ordinal(ordinal)).is_ok() && index.document(Ordinal(ordinal)).is_ok());
    }
}

/// Asks an index whose bytes may be anything by now, and `length` of them.
pub fn unverified<B: AsRef<[u8]>>(index: &Index<B>, length: usize) {
    // Every profile takes some bytes of the file, and its document is within it.
    ask(index, |n, answer| {
        if let Ok(answer) = answer {
            let most = 2 + n.min(length) * (length + AROUND_A_DOCUMENT);
            assert!(answer.body.len() <= most, "{} bytes of a file of {length}", answer.body.len());
        }
    });
}

fn section_length<B: AsRef<[u8]>>(index: &Index<B>, kind: SectionKind) -> u64 {
    index.sections().iter().find(|entry| entry.kind == kind as u32).map_or(0, |entry| entry.length)
}

fn ask<B: AsRef<[u8]>>(index: &Index<B>, check: impl Fn(usize, Result<Answer, AnswerError>)) {
    let others = SuppressedIds(ids(index).into_iter().skip(1).map(String::into_bytes).collect());
    let others = Suppressed::in_index(&index.view(), &others);
    let snapshots = [Snapshot::of(index), Snapshot::hiding(index, &others)];
    for id in ids(index) {
        let id = id.as_str();
        for snapshot in &snapshots {
            let _ = (profile(snapshot, id), has_profile(snapshot, id));
            let _ = (index.find(id), can_answer(snapshot, &Question::about(id, 1)));
        }
        for how in MODES {
            for (n, distances) in [(0, false), (1, true), (5, false), (usize::MAX, true)] {
                let question = Question { how, distances, ..Question::about(id, n) };
                snapshots.iter().for_each(|snapshot| check(n, answer(snapshot, &question)));
            }
        }
    }
    assert!(index.map().is_none_or(|map| map.len() == index.header().profiles as usize));
    for ordinal in [0, index.header().profiles, NONE - 1, NONE] {
        let _ = (index.id(Ordinal(ordinal)), index.document(Ordinal(ordinal)));
    }
}

/// A few ids of the file, from its beginning to its end, and two that are none.
fn ids<B: AsRef<[u8]>>(index: &Index<B>) -> Vec<String> {
    const ASKED: u32 = 4;
    let last = index.header().profiles.saturating_sub(1);
    let there = (0..ASKED).map(|part| (u64::from(last) * u64::from(part) / u64::from(ASKED - 1)) as u32);
    let mut ids: Vec<String> = there
        .filter_map(|ordinal| Some(std::str::from_utf8(index.id(Ordinal(ordinal)).ok()?).ok()?.to_owned()))
        .collect();
    ids.dedup();
    ids.extend(["".to_owned(), "nobody".to_owned()]);
    ids
}
