//! `GET /recommend/{id}/{n}` and `GET /recommend?id=&n=`: the profiles nearest to one.

use std::sync::Arc;
use std::time::Instant;

use actix_web::HttpResponse;

use super::super::problem::Problem;
use super::Call;
use super::index_answer::{generation, is_known, read, respond, respond_problem};
use super::parameters::Parameters;
use crate::query::{MAX_EF, Pending, Plan, Question, SearchMode, can_answer, plan};
use crate::server::live::generation::Generation;
use crate::server::pools::Busy;

pub async fn get(call: Call<'_>) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let question = question(id, &call.parameters, call.state.max_n)?;
    let generation = generation(call.state)?;
    let body = if is_known(call.request, &generation) {
        read(&generation, id, |snapshot| can_answer(snapshot, &question)).map(|()| None)
    } else {
        match read(&generation, id, |snapshot| plan(snapshot, &question)) {
            Ok(Plan::Ready(answer)) => {
                call.state.metrics.search.observe_table_answer();
                Ok(Some(answer.body))
            }
            Ok(Plan::Search(pending)) => {
                search(&call, question.how, pending, Arc::clone(&generation)).await.map(Some)
            }
            Err(problem) => Err(problem),
        }
    };
    Ok(match body {
        Ok(body) => respond(&generation, body),
        Err(problem) => respond_problem(&generation, &problem),
    })
}

/// Answers on a thread of a pool: comparing with many vectors would hold up a worker's other requests.
async fn search(
    call: &Call<'_>,
    how: SearchMode,
    pending: Pending,
    generation: Arc<Generation>,
) -> Result<Vec<u8>, Problem> {
    let (pool, busy) = match how {
        SearchMode::Exact => (&call.state.exact, Problem::ExactBusy),
        SearchMode::Default | SearchMode::Ef(_) => (&call.state.searches, Problem::SearchBusy),
    };
    let metrics = Arc::clone(&call.state.metrics);
    let search = move || {
        let started = Instant::now();
        let answer = read(&generation, "", |snapshot| pending.search(snapshot))?;
        metrics.search.observe_search(&answer.work, started.elapsed());
        Ok(answer.body)
    };
    let result = pool.try_run(search).map_err(|Busy| busy)?;
    result.await.unwrap_or(Err(Problem::Internal))
}

/// What is asked, judged but not yet looked up.
fn question<'a>(id: &'a str, parameters: &Parameters<'_>, max_n: usize) -> Result<Question<'a>, Problem> {
    let n = parameters.number("n", &(1..=max_n))?;
    let distances = parameters.switch("distances")?;
    let exact = parameters.switch("exact")?;
    let ef = parameters.optional_number("ef", &(1..=MAX_EF))?;
    let how = match (exact, ef) {
        // Nothing is broader than comparing with everything.
        (true, _) => SearchMode::Exact,
        // A search has the breadth of what it is to find, at least.
        (false, Some(ef)) => SearchMode::Ef(ef),
        (false, None) => SearchMode::Default,
    };
    Ok(Question { how, distances, ..Question::about(id, n) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["id", "n", "distances", "exact", "ef"];

    fn ask(query: &str) -> Result<Question<'static>, String> {
        Parameters::read(std::iter::empty(), query, &NAMES)
            .and_then(|parameters| question("a", &parameters, 1000))
            .map_err(|problem| problem.to_string())
    }

    #[test]
    fn the_parameters_say_how_to_search() {
        for (query, mode) in [
            ("id=a&n=10", SearchMode::Default),
            ("id=a&n=10&exact=false", SearchMode::Default),
            ("id=a&n=10&exact=true", SearchMode::Exact),
            ("id=a&n=10&ef=10", SearchMode::Ef(10)),
            ("id=a&n=10&ef=4096&exact=false", SearchMode::Ef(4096)),
            ("id=a&n=10&ef=1", SearchMode::Ef(1)),
            ("id=a&n=10&ef=50&exact=true", SearchMode::Exact),
        ] {
            assert_eq!(ask(query).unwrap().how, mode, "{query}");
        }
        assert!(ask("id=a&n=1&distances=true").unwrap().distances);
    }

    #[test]
    fn what_is_not_allowed_is_named_with_its_range() {
        for (query, detail) in [
            ("id=a", "n is missing; it must be a whole number from 1 to 1000"),
            ("id=a&n=1001", "n must be a whole number from 1 to 1000, not \"1001\""),
            ("id=a&n=10&ef=0", "ef must be a whole number from 1 to 4096, not \"0\""),
            ("id=a&n=10&ef=4097", "ef must be a whole number from 1 to 4096, not \"4097\""),
            ("id=a&n=10&ef=", "ef must be a whole number from 1 to 4096, not \"\""),
            ("id=a&n=10&distances=1", "distances must be true or false, not \"1\""),
        ] {
            assert_eq!(ask(query).unwrap_err(), detail, "{query}");
        }
    }
}
