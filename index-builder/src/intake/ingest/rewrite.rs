//! A second pass over the profiles of a source: for what is known only when all of it has been read.

use anyhow::Context;
use kindred::profile::{Fields, MAX_DOCUMENT_BYTES, Value};
use rayon::prelude::*;

use super::document::{TOO_LONG, document_fields};
use super::{Entry, Profiles};
use crate::intake::personal::Documents;
use crate::intake::skipped::Skipped;
use crate::intake::spool::SpoolWriter;

/// How many profiles are read at once.
const CHUNK: usize = 1_024;

/// A profile as it is written anew: its document, and its vector where it has been found; or why it is left out.
type Rewritten = Result<(Vec<u8>, Option<Vec<f32>>), &'static str>;

impl Profiles {
    /// Writes every document anew, as `change` leaves it, with the vector that it gives, else with the one that there is.
    /// A profile for which it gives a reason instead is skipped.
    ///
    /// # Errors
    /// What reading and writing the spools give.
    pub fn rewrite(
        &mut self,
        mut out: SpoolWriter,
        skipped: &mut Skipped,
        change: impl Fn(&mut Fields) -> Result<Option<Vec<f32>>, &'static str> + Sync,
    ) -> anyhow::Result<()> {
        let mut kept = Vec::with_capacity(self.entries.len());
        for chunk in self.entries.chunks(CHUNK) {
            let written: Vec<Rewritten> = chunk
                .par_iter()
                .map(|entry| self.rewritten(entry, &change))
                .collect::<anyhow::Result<_>>()?;
            for (entry, written) in chunk.iter().zip(written) {
                match written {
                    Ok((document, vector)) => {
                        let document = out.push(&document).context("the temporary file for profiles")?;
                        let push = |vector: Vec<f32>| out.push(bytemuck::cast_slice(&vector));
                        let vector =
                            vector.map(push).transpose().context("the temporary file for profiles")?;
                        kept.push(Entry { document, vector, ..*entry });
                    }
                    Err(reason) => skipped.add(reason, || self.id(entry).to_owned()),
                }
            }
        }
        self.entries = kept;
        self.spool = out.finish().context("the temporary file for profiles")?;
        Ok(())
    }

    fn rewritten(
        &self,
        entry: &Entry,
        change: &impl Fn(&mut Fields) -> Result<Option<Vec<f32>>, &'static str>,
    ) -> anyhow::Result<Rewritten> {
        let document = self.spool.get(entry.document).context("the temporary file for profiles")?;
        let mut fields = document_fields(&document)?;
        let vector = match change(&mut fields) {
            Ok(vector) => vector,
            Err(reason) => return Ok(Err(reason)),
        };
        let vector = match (vector, entry.vector) {
            (None, Some(span)) => {
                let bytes = self.spool.get(span).context("the temporary file for profiles")?;
                Some(bytes.as_chunks::<4>().0.iter().map(|&number| f32::from_ne_bytes(number)).collect())
            }
            (vector, _) => vector,
        };
        let value = Value::Map(fields);
        let document = serde_json::to_vec(&value)?;
        Ok(if self.returned.fits(&document, &value)? { Ok((document, vector)) } else { Err(TOO_LONG) })
    }

    /// Looks at the documents again if some have been left out since, such as those of ids that came twice.
    ///
    /// # Errors
    /// What reading the spool gives.
    pub fn observe_kept(&mut self) -> anyhow::Result<()> {
        if self.documents.count() == self.entries.len() as u64 {
            return Ok(());
        }
        self.documents = Documents::default();
        // In the order of the source, so that fields are named in that order.
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_unstable_by_key(|entry| entry.record);
        for entry in entries {
            let document = self.spool.get(entry.document).context("the temporary file for profiles")?;
            self.documents.observe(&document_fields(&document)?);
        }
        Ok(())
    }

    /// Skips the profiles whose document is too long, where that has been left for later.
    ///
    /// # Errors
    /// What reading the spool gives.
    pub fn skip_too_long(&mut self, skipped: &mut Skipped) -> anyhow::Result<()> {
        let mut kept = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            if entry.document.length as usize > MAX_DOCUMENT_BYTES {
                let document = self.spool.get(entry.document).context("the temporary file for profiles")?;
                if !self.returned.fits(&document, &Value::Map(document_fields(&document)?))? {
                    skipped.add(TOO_LONG, || self.id(entry).to_owned());
                    continue;
                }
            }
            kept.push(*entry);
        }
        self.entries = kept;
        Ok(())
    }
}
