//! Circles in what needs what.

use std::collections::{BTreeMap, BTreeSet};

/// What each needs.
pub type Needs = BTreeMap<String, BTreeSet<String>>;

/// The largest groups in which each needs all others, if by way of others. Costs the square of their number.
pub fn circles(needs: &Needs) -> Vec<BTreeSet<String>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        needs.keys().map(|module| (module.as_str(), reachable(needs, module))).collect();
    let mut circles = Vec::new();
    for (module, those) in &reached {
        let back = those.iter().filter(|it| reached.get(*it).is_some_and(|from| from.contains(module)));
        let circle: BTreeSet<String> = back.map(|it| (*it).to_owned()).collect();
        if circle.len() > 1 && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

fn reachable<'n>(needs: &'n Needs, from: &str) -> BTreeSet<&'n str> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(module) = waiting.pop() {
        for needed in needs.get(module).into_iter().flatten() {
            if reached.insert(needed.as_str()) {
                waiting.push(needed);
            }
        }
    }
    reached
}
