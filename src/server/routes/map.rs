//! `GET /map`: where every profile lies in two dimensions; `GET /map/{place}`: which profile lies there;
//! `GET /map/place?id=`: which place a profile has.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};

use super::super::problem::Problem;
use super::Call;
use super::index_answer::{
    Refused, generation, is_known, is_meant, read, respond, respond_as, respond_problem,
};
use super::large_body::Shared;
use crate::file::{Damaged, Ordinal};
use crate::query;
use crate::server::live::generation::Generation;

/// The media type of bytes that are no text.
pub const BINARY: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// More profiles than any index has.
pub const MOST_PLACES: usize = u32::MAX as usize;

pub async fn get(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let generation = generation(call.state)?;
    let body = if is_known(call.request, &generation) {
        has_map(&generation).map(|()| None)
    } else {
        body(&generation).await.map(Some)
    };
    Ok(match body {
        Ok(body) => respond_as(&generation, BINARY, body.map(Shared)),
        Err(problem) => respond_problem(&generation, &problem),
    })
}

pub fn get_place(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let place = call.parameters.number("place", &(0..=MOST_PLACES))?;
    let generation = generation(call.state)?;
    let found = document(&generation, place);
    // Conditions count where there is an answer without them (RFC 9110, section 13.2.1), and this one first (13.2.2).
    let body = if found.is_ok() && !is_meant(call.request, &generation) {
        Err(Problem::AnotherVersion { version: generation.version })
    } else if is_known(call.request, &generation) {
        found.map(|_| None)
    } else {
        found.map(Some)
    };
    Ok(match body {
        Ok(body) => respond(&generation, body),
        Err(problem) => respond_problem(&generation, &problem),
    })
}

pub fn get_place_of(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let generation = generation(call.state)?;
    let found =
        has_map(&generation).and_then(|()| read(&generation, id, |snapshot| query::place_of(snapshot, id)));
    Ok(match found {
        Ok(_) if is_known(call.request, &generation) => respond(&generation, None),
        Ok(Ordinal(place)) => respond(&generation, Some(format!(r#"{{"place":{place}}}"#).into_bytes())),
        Err(problem) => respond_problem(&generation, &problem),
    })
}

fn has_map(generation: &Generation) -> Result<(), Problem> {
    read(generation, "", |snapshot| if snapshot.base().has_map() { Ok(()) } else { Err(Problem::NoMap) })
}

/// The map of a generation is made once, at the first request for it: megabytes for each of many clients would be more
/// than the index itself.
async fn body(generation: &Arc<Generation>) -> Result<Bytes, Problem> {
    if let Some(map) = generation.known_map() {
        // What was kept is right; whether the file still is has to be asked as ever.
        return read(generation, "", |_| Ok::<_, Damaged>(map));
    }
    has_map(generation)?;
    let generation = Arc::clone(generation);
    // Copying it takes as long as its memory takes to come: not on a worker.
    let map = web::block(move || {
        read(&generation, "", |snapshot| {
            generation.keep_map(|| query::map(snapshot).map(|map| map.map(Bytes::from)))
        })
    });
    map.await.map_err(|_| Problem::Internal)??.ok_or(Problem::NoMap)
}

fn document(generation: &Generation, place: usize) -> Result<Vec<u8>, Problem> {
    let unknown = || Problem::UnknownPlace { place };
    let ordinal = Ordinal(u32::try_from(place).map_err(|_| unknown())?);
    read(generation, "", |snapshot| {
        if !snapshot.base().has_map() {
            return Err(Refused::Problem(Problem::NoMap));
        }
        query::profile_at(snapshot, ordinal)?.ok_or_else(|| unknown().into())
    })
}
