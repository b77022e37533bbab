//! Architecture 3: one process, whose request handler looks whether there is a newer file, and maps it there and then.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use arc_swap::ArcSwap;

use crate::front::{Backend, serve};
use crate::served::{Served, newest};
use crate::wire::{Question, Reply};

pub const FRONT: &str = "map-on-demand";
/// A directory that changed so shortly ago may change again without its time showing it: the clock of files is coarse.
const DOUBT: Duration = Duration::from_millis(50);

pub fn run(index_dir: &Path) -> Result<()> {
    let on_demand = Arc::new(OnDemand {
        index_dir: index_dir.to_owned(),
        current: ArcSwap::from_pointee(Served::open(&newest(index_dir)?)?),
        looked: Mutex::new(None),
    });
    serve(move || Arc::clone(&on_demand))
}

struct OnDemand {
    index_dir: PathBuf,
    current: ArcSwap<Served>,
    /// When the directory had changed last, as of the last look that can be relied on.
    looked: Mutex<Option<SystemTime>>,
}

impl Backend for Arc<OnDemand> {
    async fn answer(&self, question: Question) -> Reply {
        if let Err(error) = self.look() {
            return Reply::Failure(error.to_string());
        }
        self.current.load_full().answer(&question)
    }
}

impl OnDemand {
    /// Opens what is newer. One request does; those on other workers go on with what there is meanwhile.
    fn look(&self) -> Result<()> {
        let Ok(mut looked) = self.looked.try_lock() else { return Ok(()) };
        let changed = fs::metadata(&self.index_dir)?.modified()?;
        if *looked == Some(changed) {
            return Ok(());
        }
        let newest = newest(&self.index_dir)?;
        if newest.version > self.current.load().version {
            self.current.store(Arc::new(Served::open(&newest)?));
        }
        let is_settled = changed.elapsed().is_ok_and(|age| age > DOUBT);
        *looked = is_settled.then_some(changed);
        Ok(())
    }
}
