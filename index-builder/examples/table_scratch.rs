use index_builder::graph::*;
use index_builder::link::*;
use index_builder::progress::Progress;
use index_builder::table::*;
use ndarray::*;
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
    let mut x = npy(&std::env::args().nth(1).unwrap());
    index_builder::vectors::normalise(&mut x);
    let (n, d) = x.dim();
    let o = LinkOptions {
        builder: GraphChoice::Partitions,
        graph: GraphParameters { m: 16, ef_construction: 200, seed: 42 },
        table: TableOptions {
            neighbours: env("NB", 100),
            choice: if env("APPROX", 0) > 0 { TableChoice::Approximate } else { TableChoice::Exact },
            limit: 1e14,
        },
        target_recall: 0.99,
    };
    let l = link(x, &o, &Progress::on_stderr()).unwrap();
    println!("{:?} {:?} attached {:?}", l.seconds, l.quality, l.repair);
    if l.seconds.table > 0.0 {
        println!("table {:.1} G/s effective", n as f64 * n as f64 / 2.0 * d as f64 / l.seconds.table / 1e9);
    }
    println!(
        "{}",
        std::fs::read_to_string("/proc/self/status")
            .unwrap()
            .lines()
            .find(|l| l.starts_with("VmHWM"))
            .unwrap()
    );
}
