//! What is counted of one index: what is served of it, and how that came to be.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use prometheus::proto::MetricFamily;
use prometheus::{Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntGauge, Registry};

use super::generation::Generation;
use super::live_index::LiveIndex;
use crate::server::observe::metrics::register::{Register, set};

/// From a sample to many gigabytes on a slow disk.
const SWAP_SECONDS: [f64; 10] = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0];

/// A part of a swap may take next to nothing.
const PHASE_SECONDS: [f64; 10] = [0.000_01, 0.000_1, 0.001, 0.01, 0.1, 1.0, 5.0, 15.0, 60.0, 300.0];

/// Gauges of the served index, and counters of swaps, in a registry of their own.
#[derive(Debug)]
pub struct IndexMetrics {
    version: IntGauge,
    age_seconds: IntGauge,
    created_seconds: IntGauge,
    loaded_seconds: IntGauge,
    profiles: IntGauge,
    suppressed: IntGauge,
    nodes: IntGauge,
    dimension: IntGauge,
    bytes: IntGauge,
    recall: Gauge,
    resident: GaugeVec,
    degraded: IntGauge,
    pinned_version: IntGauge,
    retired: IntGauge,
    swaps: IntCounter,
    refused_files: IntCounter,
    changed_files: IntCounter,
    went_back: IntCounter,
    swap_seconds: Histogram,
    phase_seconds: HistogramVec,
    registry: Registry,
    /// Held while gauges are brought up to date and read: two that do so at the same time would mix two generations.
    gathering: Mutex<()>,
}

impl IndexMetrics {
    /// Registers them.
    ///
    /// # Errors
    /// Two metrics have the same name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let register = Register(&registry);
        let gauge = |name, help| register.gauge(name, help);
        let counter = |name, help| register.counter(name, help);
        Ok(IndexMetrics {
            version: gauge("kindred_index_version", "Version of the served index; 0 while there is none.")?,
            age_seconds: gauge(
                "kindred_index_age_seconds",
                "Seconds since the served index was built; 0 while there is none.",
            )?,
            created_seconds: gauge(
                "kindred_index_created_timestamp_seconds",
                "Unix time at which the served index was built; 0 while there is none.",
            )?,
            loaded_seconds: gauge(
                "kindred_index_loaded_timestamp_seconds",
                "Unix time at which the served index was loaded; 0 while there is none.",
            )?,
            profiles: gauge(
                "kindred_index_profiles",
                "Profiles in the served index; 0 while there is none.",
            )?,
            suppressed: gauge(
                "kindred_index_suppressed_profiles",
                "Suppressed profiles of the served index.",
            )?,
            nodes: gauge(
                "kindred_index_nodes",
                "Distinct vectors in the served index; 0 while there is none.",
            )?,
            dimension: gauge(
                "kindred_index_dimension",
                "Dimension of the vectors of the served index; 0 while there is none.",
            )?,
            bytes: gauge(
                "kindred_index_file_bytes",
                "Size of the served index file; 0 while there is none.",
            )?,
            recall: register.ratio(
                "kindred_index_recall_ratio",
                "recall@10 of graph searches, measured when the served index was built, from 0 to 1.",
            )?,
            resident: register.optional_gauge(
                "kindred_index_resident_ratio",
                "Share of the served index that is in memory, from 0 to 1, by a sample; missing if the system does not say.",
            )?,
            degraded: gauge(
                "kindred_index_degraded",
                "1 while the served version is not the one that the directory asks for, else 0.",
            )?,
            pinned_version: gauge(
                "kindred_index_pinned_version",
                "The pinned version; 0 while none is pinned.",
            )?,
            retired: gauge(
                "kindred_index_retired",
                "Former indexes that are still open because requests use them.",
            )?,
            swaps: counter("kindred_swaps_total", "Index swaps.")?,
            refused_files: counter("kindred_refused_files_total", "Refused index files; each is counted once.")?,
            changed_files: counter(
                "kindred_changed_files_total",
                "Index files that were changed in place while they were served.",
            )?,
            went_back: counter(
                "kindred_went_back_total",
                "Times that the server took a lower version because the directory no longer had the served one.",
            )?,
            swap_seconds: register.histogram(
                "kindred_swap_seconds",
                "Time from noticing an index file to serving it; includes the first file.",
                &SWAP_SECONDS,
            )?,
            phase_seconds: register.histograms(
                "kindred_swap_phase_seconds",
                "Time of each phase of a swap: open, verify, warm, hand_over.",
                "phase",
                &PHASE_SECONDS,
            )?,
            registry,
            gathering: Mutex::default(),
        })
    }

    /// Counts a generation that is served from now on.
    pub fn observe_swap(&self, took: Duration, replaced_another: bool) {
        self.swap_seconds.observe(took.as_secs_f64());
        self.swaps.inc_by(u64::from(replaced_another));
    }

    /// Counts the parts of that.
    pub fn observe_phases(&self, phases: &[(&'static str, Duration)]) {
        for (name, took) in phases {
            self.phase_seconds.with_label_values(&[name]).observe(took.as_secs_f64());
        }
    }

    /// Counts a file that was refused.
    pub fn observe_refusal(&self) {
        self.refused_files.inc();
    }

    /// Counts a served file that was changed in place.
    pub fn observe_changed_file(&self) {
        self.changed_files.inc();
    }

    /// Counts a lower version that was taken because the directory was without the served one.
    pub fn observe_went_back(&self) {
        self.went_back.inc();
    }

    /// How many generations are retired and not yet unmapped.
    pub fn note_retired(&self, count: usize) {
        set(&self.retired, count as u64);
    }

    /// Everything, as it is now.
    pub fn gather(&self, live: &LiveIndex) -> Vec<MetricFamily> {
        // Every gauge is set anew, whatever a panic left undone.
        let _alone = self.gathering.lock().unwrap_or_else(PoisonError::into_inner);
        let history = live.history();
        set(&self.degraded, u64::from(history.degraded));
        set(&self.pinned_version, history.pinned.unwrap_or_default());
        self.show(live.current().as_deref());
        self.registry.gather()
    }

    fn show(&self, generation: Option<&Generation>) {
        let header = generation.map(|generation| generation.index().header());
        let created = header.map_or(0, |header| header.created);
        let values = [
            (&self.version, generation.map(|generation| generation.version)),
            (&self.age_seconds, header.map(|_| unix_seconds(SystemTime::now()).saturating_sub(created))),
            (&self.created_seconds, Some(created)),
            (&self.loaded_seconds, generation.map(|generation| unix_seconds(generation.loaded))),
            (&self.profiles, header.map(|header| u64::from(header.profiles))),
            (&self.suppressed, generation.map(|generation| generation.suppressed.len() as u64)),
            (&self.nodes, header.map(|header| u64::from(header.nodes))),
            (&self.dimension, header.map(|header| u64::from(header.dimension))),
            (&self.bytes, header.map(|header| header.file_length)),
        ];
        for (gauge, value) in values {
            set(gauge, value.unwrap_or_default());
        }
        self.recall.set(generation.map_or(0.0, |generation| generation.index().metadata().recall_at_10));
        match generation.and_then(|generation| generation.index().bytes().resident_share()) {
            Some(share) => self.resident.with_label_values::<&str>(&[]).set(share),
            None => self.resident.reset(),
        }
    }
}

/// A clock before 1970 shows as 1970.
fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::{Encoder as _, TextEncoder};

    fn rendered(metrics: &IndexMetrics) -> String {
        let mut text = Vec::new();
        TextEncoder::new().encode(&metrics.gather(&LiveIndex::default()), &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[track_caller]
    fn assert_line(text: &str, line: &str) {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }

    #[test]
    fn without_an_index_every_gauge_says_so() {
        let metrics = IndexMetrics::new().unwrap();
        metrics.observe_refusal();
        metrics.observe_swap(Duration::from_millis(20), false);
        let text = rendered(&metrics);
        for line in [
            "kindred_index_version 0",
            "kindred_index_age_seconds 0",
            "kindred_index_created_timestamp_seconds 0",
            "kindred_index_loaded_timestamp_seconds 0",
            "kindred_index_profiles 0",
            "kindred_index_nodes 0",
            "kindred_index_file_bytes 0",
            "kindred_index_recall_ratio 0",
            "kindred_swaps_total 0",
            "kindred_refused_files_total 1",
            "kindred_swap_seconds_count 1",
        ] {
            assert_line(&text, line);
        }
        assert!(!text.contains("kindred_index_resident_ratio"), "nothing is in memory and nothing is not");
    }

    #[test]
    fn two_indexes_count_apart() {
        let (one, other) = (IndexMetrics::new().unwrap(), IndexMetrics::new().unwrap());
        one.observe_refusal();
        assert_line(&rendered(&other), "kindred_refused_files_total 0");
    }
}
