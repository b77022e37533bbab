//! Makes new inputs of old ones.

use super::random::Random;

/// Inputs are kept below this many bytes: what is wrong shows in short ones.
const MOST_BYTES: usize = 64 << 10;

/// Bytes on which numbers and text turn.
const EDGES: [u8; 12] = [0, 1, 0x7f, 0x80, 0xfe, 0xff, b'\n', b'"', b'0', b'9', b'%', b'/'];

/// One input after one to eight changes; some of them take from a second input.
pub fn mutate(random: &mut Random, input: &[u8], other: &[u8], words: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..1 << random.below(4) {
        change(random, &mut bytes, other, words);
    }
    bytes.truncate(MOST_BYTES);
    bytes
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8], words: &[Vec<u8>]) {
    let at = random.below(bytes.len() + 1);
    let piece = at..bytes.len().min(at + some(random));
    match random.below(10) {
        0 => set(bytes, at, |byte| byte ^ 1 << random.below(8)),
        1 => set(bytes, at, |_| random.bits() as u8),
        2 => set(bytes, at, |_| EDGES[random.below(EDGES.len())]),
        3 => set(bytes, at, |byte| byte.wrapping_add(random.below(3) as u8).wrapping_sub(1)),
        4 => drop(bytes.drain(piece)),
        5 => {
            let piece = bytes[piece].repeat(1 + random.below(4));
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
        6 => {
            let from = random.below(other.len() + 1);
            let to = other.len().min(from + some(random));
            bytes.splice(piece, other[from..to].iter().copied());
        }
        7 => bytes.truncate(at),
        _ => {
            let word = &words[random.below(words.len())];
            let over = if random.below(2) == 0 { at } else { bytes.len().min(at + word.len()) };
            bytes.splice(at..over, word.iter().copied());
        }
    }
}

/// So many bytes: often few, at most 512.
fn some(random: &mut Random) -> usize {
    let most = 1 << random.below(10);
    1 + random.below(most)
}

fn set(bytes: &mut [u8], at: usize, new: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = new(*byte);
    }
}
