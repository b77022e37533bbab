//! Moves places so that neighbours come to lie near each other.
//!
//! As LargeVis (Tang, Liu, Zhang and Mei 2016) and UMAP (McInnes, Healy and Melville 2018) do: what is linked draws
//! near, and what is drawn at random pushes away. They move one pair after the other, in an order that threads would
//! change; here all nodes move at once, each by where the others were before, so the result depends on the seed alone.

use rayon::prelude::*;

use super::Point;
use super::near::Links;
use kindred::random::SplitMix64;

/// How often every node moves.
pub const ROUNDS: u32 = 200;
/// The width of the map at its beginning, from the middle, in lengths at which drawing near is weakest. Farther apart,
/// nodes could hardly pass each other; nearer, they would all push at once.
const WIDTH: f32 = 10.0;
/// How far a node goes towards its neighbours in the first round. From 0.5 on, nodes that draw each other would change
/// sides for ever.
const STEP: f32 = 0.4;
/// Random nodes that push a node away, in every round.
const PUSHING: usize = 16;
/// How strong their pushing is, where drawing near is 1.
const PUSH: f32 = 5.0;
/// Keeps what lies in one place from being pushed infinitely far.
const SOFT: f32 = 0.01;
/// The most that one push moves.
const MOST: f32 = 4.0;

/// The places after all rounds. The same on any number of threads.
pub fn spread(points: &[Point], links: &Links, seed: u64, mut done: impl FnMut(u64)) -> Vec<Point> {
    let mut places = scaled(points);
    let mut moved = places.clone();
    for round in 0..ROUNDS {
        let cooling = 1.0 - round as f32 / ROUNDS as f32;
        moved.par_iter_mut().enumerate().for_each(|(node, place)| {
            let mut random = SplitMix64(seed ^ (u64::from(round) << 32 | node as u64));
            // Seeds one apart would give numbers that are the same, one later; mixing puts them far apart.
            let mut random = SplitMix64(random.bits());
            let [x, y] = places[node];
            let [drawn, pushed] = [draw(&places, node, links.of(node)), push(&places, node, &mut random)];
            let by = |axis: usize| cooling * STEP * (drawn[axis] + pushed[axis]);
            *place = [x + by(0), y + by(1)];
        });
        std::mem::swap(&mut places, &mut moved);
        done(places.len() as u64);
    }
    places.into_iter().map(|place| place.map(f64::from)).collect()
}

/// From components to places of about [`WIDTH`].
fn scaled(points: &[Point]) -> Vec<[f32; 2]> {
    let squares: f64 = points.iter().map(|[x, y]| x * x + y * y).sum();
    let spread = (squares / points.len().max(1) as f64).sqrt();
    let factor = if spread > 0.0 { f64::from(WIDTH) / spread } else { 0.0 };
    points.iter().map(|point| point.map(|number| (factor * number) as f32)).collect()
}

/// The mean of what the neighbours draw: in proportion to the distance as long as that is short.
fn draw(places: &[[f32; 2]], node: usize, links: &[u32]) -> [f32; 2] {
    let [x, y] = places[node];
    let mut sum = [0.0; 2];
    for &other in links {
        let [to_x, to_y] = [places[other as usize][0] - x, places[other as usize][1] - y];
        let strength = 2.0 / (1.0 + to_x * to_x + to_y * to_y);
        sum[0] += strength * to_x;
        sum[1] += strength * to_y;
    }
    sum.map(|sum| sum / links.len().max(1) as f32)
}

/// The mean of how far some random nodes push.
fn push(places: &[[f32; 2]], node: usize, random: &mut SplitMix64) -> [f32; 2] {
    let [x, y] = places[node];
    let mut sum = [0.0; 2];
    for _ in 0..PUSHING {
        let other = places[random.below(places.len() as u64) as usize];
        let [from_x, from_y] = [x - other[0], y - other[1]];
        let square = from_x * from_x + from_y * from_y;
        let strength = 2.0 / ((SOFT + square) * (1.0 + square));
        sum[0] += (strength * from_x).clamp(-MOST, MOST);
        sum[1] += (strength * from_y).clamp(-MOST, MOST);
    }
    sum.map(|sum| PUSH * sum / PUSHING as f32)
}
