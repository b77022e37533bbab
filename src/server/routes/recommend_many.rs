//! `POST /recommend`: up to a thousand questions in one request, answered from one generation.
//!
//! The questions are read and answered on a thread of a pool of their own, which gives way to all others. The answer
//! is there as a whole before its first byte is sent: the file is known to be unchanged then, and whoever reads slowly
//! does not hold the generation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Bytes;

use super::super::problem::Problem;
use super::Call;
use super::body::{self, Body};
use super::index_answer::{JSON, generation, problem, read};
use super::large_body::Pieces;
use super::questions::{self, Judged, NoVector, Questions, Raw};
use crate::file::MappedFile;
use crate::query::{self, Answer, AnswerError, Excluded, Question, Snapshot, Subject};
use crate::server::headers::X_INDEX_VERSION;
use crate::server::live::generation::Generation;
use crate::server::observe::metrics::Metrics;
use crate::server::pools::Busy;
use crate::vectorizer::unit_vector;

/// The largest answer: of 100,000 documents of a thousand bytes, and some room.
const MAX_ANSWER_BYTES: usize = 128 << 20;

const START: &[u8] = b"{\"results\":[";
const END: &[u8] = b"]}";
const BEFORE_RECOMMENDATIONS: &[u8] = b"{\"recommendations\":";
const BEFORE_PROBLEM: &[u8] = b"{\"problem\":";

pub async fn post(call: Call<'_>) -> Result<HttpResponse, Problem> {
    let Call { state, payload, .. } = call;
    let body = body::read(payload, &state.batches).await?;
    let job = Job {
        generation: generation(state),
        metrics: Arc::clone(&state.metrics),
        max_n: state.max_n,
        stop: Arc::default(),
    };
    let _stop = StopOnDrop(Arc::clone(&job.stop));
    let done = state.batches.pool.try_run(move || job.run(body)).map_err(|Busy| Problem::BatchBusy)?;
    let (generation, pieces) = done.await.unwrap_or(Err(Problem::Internal))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, JSON))
        .insert_header((X_INDEX_VERSION, generation.version_header.clone()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(pieces))
}

/// Says that nobody waits for an answer any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Job {
    /// What answers; why nothing does comes after what is wrong with the body.
    generation: Result<Arc<Generation>, Problem>,
    metrics: Arc<Metrics>,
    max_n: usize,
    /// Set when nobody waits any more.
    stop: Arc<AtomicBool>,
}

impl Job {
    fn run(self, body: Body) -> Result<(Arc<Generation>, Pieces), Problem> {
        let Body { text, mut share } = body;
        let served = self.generation.as_deref().ok();
        let mut vector_bytes = 0;
        let mut vectorize = |raw: Raw| {
            let generation = served.ok_or(NoVector::Question(Problem::NoIndex))?;
            let vector = vector_of(generation, raw).map_err(NoVector::Question)?;
            vector_bytes += size_of_val(vector.as_slice());
            share
                .resize(text.capacity() + vector_bytes)
                .map_err(|_| NoVector::Request(Problem::BatchBusy))?;
            Ok(vector)
        };
        let Questions { subjects, n, exclude, distances } =
            questions::read(&text, self.max_n, &mut vectorize)?;
        drop(text);
        let generation = self.generation?;
        let mut answers = Answers { pieces: Pieces::new(share), held: vector_bytes };
        read(&generation, "", |snapshot| {
            let exclude = snapshot.excluding(exclude.iter().map(String::as_str));
            let (generation, metrics) = (&generation, &self.metrics);
            let batch = Batch { generation, metrics, snapshot, exclude, n, distances };
            answers.of(&batch, subjects, &self.stop)
        })?;
        Ok((generation, answers.pieces))
    }
}

/// The vector that the builder would have stored.
fn vector_of(generation: &Generation, raw: Raw) -> Result<Vec<f32>, Problem> {
    let dimension = generation.index().header().dimension as usize;
    let vector = match raw {
        Raw::Numbers(numbers) => unit_vector(numbers, dimension),
        Raw::Profile(fields) => generation.vectorizer().vectorize(fields),
    };
    vector.map_err(Problem::NoVector)
}

/// What all questions of a request have in common.
struct Batch<'a> {
    generation: &'a Generation,
    metrics: &'a Metrics,
    snapshot: &'a Snapshot<'a, MappedFile>,
    exclude: Excluded,
    n: usize,
    distances: bool,
}

impl Batch<'_> {
    fn answer(&self, subject: Subject<'_>) -> Result<Answer, Problem> {
        let (exclude, distances) = (self.exclude.clone(), self.distances);
        let question = Question { exclude, distances, ..Question::about(subject, self.n) };
        let started = Instant::now();
        let answer =
            query::answer(self.snapshot, &question).map_err(|error| match (&question.subject, error) {
                (Subject::Vector(_), AnswerError::ZeroVector) => Problem::ZeroQuestion,
                (Subject::Vector(_), error) => problem(self.generation, "", error),
                (Subject::Id(id), error) => problem(self.generation, id, error),
            })?;
        self.metrics.search.observe_answer(&answer.work, started.elapsed());
        Ok(answer)
    }
}

/// The answer as it grows, and how much memory is held besides.
struct Answers {
    pieces: Pieces,
    held: usize,
}

impl Answers {
    fn of(&mut self, batch: &Batch<'_>, subjects: Vec<Judged>, stop: &AtomicBool) -> Result<(), Problem> {
        self.add(Bytes::from_static(START))?;
        for (number, subject) in subjects.into_iter().enumerate() {
            if stop.load(Ordering::Relaxed) {
                return Err(Problem::Internal);
            }
            if number > 0 {
                self.add(Bytes::from_static(b","))?;
            }
            match subject.and_then(|subject| batch.answer(subject)) {
                Ok(answer) => self.entry(BEFORE_RECOMMENDATIONS, answer.body)?,
                // What is damaged is no matter of one question.
                Err(problem) if problem.status().is_server_error() => return Err(problem),
                Err(problem) => self.entry(BEFORE_PROBLEM, problem.json())?,
            }
        }
        self.add(Bytes::from_static(END))
    }

    fn entry(&mut self, before: &'static [u8], text: Vec<u8>) -> Result<(), Problem> {
        self.add(Bytes::from_static(before))?;
        self.add(Bytes::from(text))?;
        self.add(Bytes::from_static(b"}"))
    }

    fn add(&mut self, piece: Bytes) -> Result<(), Problem> {
        if self.pieces.length() + piece.len() > MAX_ANSWER_BYTES {
            return Err(Problem::AnswerTooLarge { limit: MAX_ANSWER_BYTES });
        }
        self.pieces.push(piece, self.held).map_err(|_| Problem::BatchBusy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::pools::memory::MemoryBudget;

    #[test]
    fn answers_grow_to_a_limit_and_no_further() {
        const PIECE: &[u8] = &[b' '; 1 << 20];
        let mut answers =
            Answers { pieces: Pieces::new(MemoryBudget::new(2 * MAX_ANSWER_BYTES).share()), held: 0 };
        for _ in 0..MAX_ANSWER_BYTES / PIECE.len() {
            assert_eq!(answers.add(Bytes::from_static(PIECE)), Ok(()));
        }
        let refused = answers.add(Bytes::from_static(b" "));
        assert_eq!(refused, Err(Problem::AnswerTooLarge { limit: MAX_ANSWER_BYTES }));
        let mut poor = Answers { pieces: Pieces::new(MemoryBudget::new(1 << 20).share()), held: 0 };
        assert_eq!(poor.add(Bytes::from_static(PIECE)), Err(Problem::BatchBusy));
    }
}
