//! The process, under the names that Prometheus clients share, and how the program was built.

use procfs::ProcResult;
use procfs::process::{LimitValue, Process};
use prometheus::{Counter, IntGauge};

use super::register::{Register, set};
use crate::distance::kernel;
use crate::server::build_info;

/// What the system knows about this process.
#[derive(Debug)]
pub struct ProcessMetrics {
    cpu_seconds: Counter,
    resident_bytes: IntGauge,
    virtual_bytes: IntGauge,
    open_fds: IntGauge,
    max_fds: IntGauge,
    start_seconds: IntGauge,
    threads: IntGauge,
}

impl ProcessMetrics {
    pub fn new(register: &Register<'_>) -> Result<Self, prometheus::Error> {
        let labels = ["version", "commit", "rustc", "target", "kernel"];
        let build = register.gauges(
            "kindred_build_info",
            "Always 1; the labels describe the build, and the code that computes distances.",
            &labels,
        )?;
        build
            .with_label_values(&[
                build_info::VERSION,
                build_info::COMMIT,
                build_info::RUSTC,
                build_info::TARGET,
                kernel().name(),
            ])
            .set(1);
        let gauge = |name, help| register.gauge(name, help);
        Ok(ProcessMetrics {
            cpu_seconds: register
                .seconds_counter("process_cpu_seconds_total", "User and system CPU time of this process.")?,
            resident_bytes: gauge(
                "process_resident_memory_bytes",
                "Resident memory of this process, including mapped pages of the index.",
            )?,
            virtual_bytes: gauge("process_virtual_memory_bytes", "Virtual memory of this process.")?,
            open_fds: gauge("process_open_fds", "Open file descriptors.")?,
            max_fds: gauge("process_max_fds", "Limit of open file descriptors.")?,
            start_seconds: gauge("process_start_time_seconds", "Unix time at which this process started.")?,
            threads: gauge("process_threads", "Threads of this process.")?,
        })
    }

    /// Brings what is shown up to date. Where the system does not tell, it stays as it was.
    pub fn refresh(&self) {
        if let Err(error) = self.read() {
            tracing::debug!("the system does not tell about this process: {error}");
        }
    }

    fn read(&self) -> ProcResult<()> {
        let process = Process::myself()?;
        let stat = process.stat()?;
        let ticks_per_second = procfs::ticks_per_second();
        let cpu_seconds = (stat.utime + stat.stime) as f64 / ticks_per_second as f64;
        self.cpu_seconds.inc_by((cpu_seconds - self.cpu_seconds.get()).max(0.0));
        set(&self.resident_bytes, stat.rss * procfs::page_size());
        set(&self.virtual_bytes, stat.vsize);
        set(&self.threads, stat.num_threads.unsigned_abs());
        set(&self.start_seconds, procfs::boot_time_secs()? + stat.starttime / ticks_per_second);
        set(&self.open_fds, process.fd_count()? as u64);
        set(
            &self.max_fds,
            match process.limits()?.max_open_files.soft_limit {
                LimitValue::Value(most) => most,
                LimitValue::Unlimited => u64::MAX,
            },
        );
        Ok(())
    }
}
