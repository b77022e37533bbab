use index_builder::graph::*;
use index_builder::quality::*;
use kindred::distance::distance;
use kindred::index::exact::Distance;
use kindred::index::graph::Graph;
use kindred::index::search::*;
use ndarray::*;
use std::time::Instant;
fn npy(p: &str) -> Array2<f32> {
    let b = std::fs::read(p).unwrap();
    let hl = u16::from_le_bytes([b[8], b[9]]) as usize;
    let h = String::from_utf8_lossy(&b[10..10 + hl]).to_string();
    let sh = &h[h.find("'shape': (").unwrap() + 10..];
    let sh = &sh[..sh.find(')').unwrap()];
    let dims: Vec<usize> = sh.split(',').filter_map(|x| x.trim().parse().ok()).collect();
    let data: Vec<f32> =
        b[10 + hl..].chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
    Array2::from_shape_vec((dims[0], dims[1]), data).unwrap()
}
fn env(n: &str, d: usize) -> usize {
    std::env::var(n).ok().and_then(|x| x.parse().ok()).unwrap_or(d)
}
fn main() {
    let f = std::env::args().nth(1).unwrap();
    let mut x = npy(&f);
    index_builder::vectors::normalise(&mut x);
    let b = Partitioned;
    let p = GraphParameters { m: 16, ef_construction: 200, seed: 42 };
    let t = Instant::now();
    let c0 = cpu();
    let mut g = b.build(x.view(), &p, &mut |_| {}).unwrap();
    let t1 = t.elapsed();
    let r = repair(&mut g, x.view()).unwrap();
    println!("build {:?} repair {:?} {:?} cpu {:.2}", t1, t.elapsed() - t1, r, cpu() - c0);
    let built = BuiltGraph::new(&g, x.view()).unwrap();
    let n = x.nrows();
    let sample: Vec<u32> = (0..1000.min(n)).map(|i| (i * n / 1000.min(n)) as u32).collect();
    let path = format!("{f}.truth");
    let truth: Vec<f32> = match std::fs::read(&path) {
        Ok(b) => b.chunks(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect(),
        _ => {
            let t: Vec<f32> = sample
                .iter()
                .map(|&s| kindred::index::exact::nearest_nodes(&built, s, 10).0.last().unwrap().0.0)
                .collect();
            std::fs::write(&path, t.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
            t
        }
    };
    let mut scratch = Scratch::default();
    for ef in [32usize, 64, 96, 128, 256, 512] {
        let mut hit = 0;
        let mut dist = 0;
        let mut hops = 0;
        let c = cpu();
        let found: Vec<_> = sample
            .iter()
            .map(|&s| {
                let (f, w) = search(&built, built.vector(s), ef, &mut scratch);
                dist += w.distances;
                hops += w.hops;
                f
            })
            .collect();
        let c = cpu() - c;
        for ((&s, t), f) in sample.iter().zip(&truth).zip(found) {
            let mut d: Vec<Distance> = f
                .iter()
                .filter(|&&v| v != s)
                .map(|&v| Distance(distance(built.vector(s), built.vector(v))))
                .collect();
            d.sort();
            hit += d.iter().take(10).filter(|d| d.0 <= t + 1e-7).count();
        }
        println!(
            "{ef} recall {:.4} dist {} hops {} us {:.1}",
            hit as f64 / 10.0 / sample.len() as f64,
            dist as usize / sample.len(),
            hops as usize / sample.len(),
            c * 1e6 / sample.len() as f64
        );
    }
}
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let v: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
    (v[11].parse::<f64>().unwrap() + v[12].parse::<f64>().unwrap()) / 100.0
}
