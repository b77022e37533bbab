//! What opening checks beyond the header, in the order in which it is checked.

use super::error::OpenError;
use super::format::{ENTRY_LENGTH, HEADER_LENGTH};
use super::format::{
    Entry, Header, M_RANGE, MAX_DIMENSION, MAX_LEVELS, MAX_NEIGHBOURS, NO_PLACE, NONE, SectionKind, align,
};
use super::ids;
use super::metadata::Metadata;
use super::reader::Sections;

/// How far the squared length of a stored vector may be from 1. Rounding to single precision leaves far less; this
/// is to find vectors that were never normalised.
const LENGTH_TOLERANCE: f32 = 1e-3;

/// Every section in range, aligned, after the one before, a multiple of its element size; zeros between them; the
/// file ends with the last.
pub(super) fn layout(bytes: &[u8], header: &Header, table: &[Entry]) -> Result<(), OpenError> {
    let mut end = (HEADER_LENGTH + table.len() * ENTRY_LENGTH) as u64;
    for (number, entry) in table.iter().enumerate() {
        let wrong = |problem| OpenError::Table { entry: number, problem };
        let expected = align(end).ok_or_else(|| wrong("the section starts beyond the end of the file"))?;
        if entry.offset != expected {
            return Err(wrong("the section does not start at the next multiple of 64 after the one before"));
        }
        let next = entry.offset.checked_add(entry.length).filter(|&next| next <= header.file_length);
        let next = next.ok_or_else(|| wrong("the section ends beyond the end of the file"))?;
        if entry.element_size == 0 || !entry.length.is_multiple_of(u64::from(entry.element_size)) {
            return Err(wrong("the section's length is no multiple of its element size"));
        }
        let gap = bytes.get(end as usize..entry.offset as usize).unwrap_or_default();
        if gap.iter().any(|&byte| byte != 0) {
            return Err(OpenError::Gap { before: entry.offset });
        }
        end = next;
    }
    if end != header.file_length {
        return Err(OpenError::TooLong { declared: end, there: header.file_length });
    }
    Ok(())
}

/// Every section has the checksum that the table says.
pub(super) fn checksums(bytes: &[u8], table: &[Entry]) -> Result<(), OpenError> {
    for entry in table {
        let section = bytes.get(entry.offset as usize..(entry.offset + entry.length) as usize);
        let computed = twox_hash::XxHash3_64::oneshot(section.unwrap_or_default());
        if computed != entry.checksum {
            return Err(OpenError::SectionChecksum {
                section: entry.name(),
                stored: entry.checksum,
                computed,
            });
        }
    }
    Ok(())
}

/// Slots of a row of the neighbour table (K), 0 where there is none. The section and what the metadata say of it are
/// there together, and agree.
pub(super) fn neighbours_of_a_row(table: &[Entry], metadata: &Metadata) -> Result<usize, OpenError> {
    let entry = table.iter().find(|entry| entry.kind == SectionKind::Neighbours as u32);
    let (size, described) = match (entry, metadata.table) {
        (None, None) => return Ok(0),
        (Some(entry), Some(described)) => (entry.element_size, described.neighbours),
        (Some(_), None) => {
            return Err(OpenError::Metadata(
                "nothing is said of the neighbour table that is there".to_owned(),
            ));
        }
        (None, Some(_)) => {
            return Err(OpenError::Metadata("a neighbour table is described that is not there".to_owned()));
        }
    };
    let slots = size / size_of::<u32>() as u32;
    if !size.is_multiple_of(size_of::<u32>() as u32) || !(1..=MAX_NEIGHBOURS).contains(&slots) {
        return Err(content_error(SectionKind::Neighbours, 0, "no row has this element size"));
    }
    if described != slots {
        let message = format!("a neighbour table of {described} neighbours is described, and it has {slots}");
        return Err(OpenError::Metadata(message));
    }
    Ok(slots as usize)
}

/// The content of every known section. `neighbours` is what [`neighbours_of_a_row`] gave.
pub(super) fn content(
    bytes: &[u8],
    header: &Header,
    sections: &Sections,
    neighbours: usize,
) -> Result<(), OpenError> {
    let check = Check { bytes, header, sections, neighbours };
    check.counts()?;
    check.lengths()?;
    check.level0()?;
    check.upper_levels()?;
    check.entry_point()?;
    check.node_profiles()?;
    check.ids()?;
    check.documents()?;
    check.vectors()?;
    check.id_hash()?;
    check.neighbours()?;
    check.map()
}

struct Check<'a> {
    bytes: &'a [u8],
    header: &'a Header,
    sections: &'a Sections,
    neighbours: usize,
}

impl<'a> Check<'a> {
    fn slice<T: bytemuck::AnyBitPattern>(&self, kind: SectionKind) -> &'a [T] {
        self.sections.slice(self.bytes, kind)
    }

    fn counts(&self) -> Result<(), OpenError> {
        let Header { profiles, nodes, dimension, m, levels, entry_point, .. } = *self.header;
        if profiles == NONE {
            return Err(OpenError::field("profiles", profiles));
        }
        if nodes > profiles {
            return Err(OpenError::field("nodes", nodes));
        }
        if !M_RANGE.contains(&m) {
            return Err(OpenError::field("m", m));
        }
        if dimension > MAX_DIMENSION || (dimension == 0 && nodes > 0) {
            return Err(OpenError::field("dimension", dimension));
        }
        if levels > MAX_LEVELS || (levels == 0) != (nodes == 0) {
            return Err(OpenError::field("levels", levels));
        }
        if entry_point.is_none() != (nodes == 0) || entry_point.is_some_and(|node| node >= nodes) {
            return Err(OpenError::field("entry point", entry_point.unwrap_or(NONE)));
        }
        Ok(())
    }

    /// Sections whose length follows from the header have that length.
    fn lengths(&self) -> Result<(), OpenError> {
        let count = |number: u32| u64::from(number);
        let Header { profiles, nodes, dimension, m, .. } = *self.header;
        let has_codes = !self.sections.range(SectionKind::Codes).is_empty();
        let codes =
            if has_codes { count(nodes) * super::codes::stride(dimension as usize) as u64 } else { 0 };
        let has_map = self.sections.range(SectionKind::Map).start != 0;
        let needed = [
            (SectionKind::Vectors, Some(count(nodes) * count(dimension) * 4)),
            (SectionKind::NodeOfProfile, Some(count(profiles) * 4)),
            (SectionKind::NodeStarts, Some((count(nodes) + 1) * 4)),
            (SectionKind::Level0, Some(count(nodes) * 2 * count(m) * 4)),
            (SectionKind::UpperStarts, Some((count(nodes) + 1) * 4)),
            (SectionKind::UpperLevels, self.upper_lists().map(|lists| count(lists) * count(m) * 4)),
            (SectionKind::IdStarts, Some((count(profiles) + 1) * 8)),
            (SectionKind::DocumentStarts, Some((count(profiles) + 1) * 8)),
            (SectionKind::Neighbours, Some(count(profiles) * self.neighbours as u64 * 4)),
            (SectionKind::Codes, Some(codes)),
            (SectionKind::Map, Some(if has_map { count(profiles) * 4 } else { 0 })),
        ];
        for (kind, needed) in needed {
            let length = self.sections.range(kind).len() as u64;
            let needed = needed.unwrap_or(0);
            if length != needed {
                return Err(OpenError::SectionLength { section: kind.name(), length, needed });
            }
        }
        Ok(())
    }

    fn upper_lists(&self) -> Option<u32> {
        self.slice::<u32>(SectionKind::UpperStarts).last().copied()
    }

    /// A list ends at its first `NONE`, and every neighbour before it satisfies `allowed`.
    fn lists(
        &self,
        kind: SectionKind,
        lists: impl Iterator<Item = &'a [u32]>,
        allowed: impl Fn(usize, u32) -> bool,
    ) -> Result<(), OpenError> {
        let mut element = 0;
        for (number, list) in lists.enumerate() {
            let mut ended = false;
            for &neighbour in list {
                let problem = match (neighbour == NONE, ended) {
                    (false, true) => Some("a neighbour after the end of its list"),
                    (false, false) if !allowed(number, neighbour) => Some("not a node of that level"),
                    _ => None,
                };
                if let Some(problem) = problem {
                    return Err(content_error(kind, element, problem));
                }
                ended |= neighbour == NONE;
                element += 1;
            }
        }
        Ok(())
    }

    fn level0(&self) -> Result<(), OpenError> {
        let nodes = self.header.nodes;
        let lists = self.slice::<u32>(SectionKind::Level0).chunks_exact(self.header.m0());
        self.lists(SectionKind::Level0, lists, |_, neighbour| neighbour < nodes)
    }

    fn upper_levels(&self) -> Result<(), OpenError> {
        let starts: &[u32] = self.slice(SectionKind::UpperStarts);
        ascending(SectionKind::UpperStarts, starts, self.upper_lists())?;
        let level_of = |node: usize| match starts.get(node..=node + 1) {
            Some([start, end]) => end - start,
            _ => 0,
        };
        let nodes = self.header.nodes as usize;
        let mut level_of_list = Vec::with_capacity(self.upper_lists().unwrap_or(0) as usize);
        for node in 0..nodes {
            if level_of(node) >= self.header.levels {
                return Err(content_error(
                    SectionKind::UpperStarts,
                    node as u64,
                    "more levels than the graph has",
                ));
            }
            level_of_list.extend(1..=level_of(node));
        }
        let lists = self.slice::<u32>(SectionKind::UpperLevels).chunks_exact(self.header.m as usize);
        self.lists(SectionKind::UpperLevels, lists, |list, neighbour| {
            (neighbour as usize) < nodes
                && level_of_list.get(list).is_some_and(|&level| level_of(neighbour as usize) >= level)
        })
    }

    fn entry_point(&self) -> Result<(), OpenError> {
        let Some(entry_point) = self.header.entry_point else { return Ok(()) };
        let starts: &[u32] = self.slice(SectionKind::UpperStarts);
        match starts.get(entry_point as usize..=entry_point as usize + 1) {
            Some([start, end]) if end - start + 1 == self.header.levels => Ok(()),
            _ => Err(OpenError::field("entry point", entry_point)),
        }
    }

    /// Every profile that has a node stands exactly once in that node's list, and every node has a profile.
    fn node_profiles(&self) -> Result<(), OpenError> {
        let kind = SectionKind::NodeProfiles;
        let starts: &[u32] = self.slice(SectionKind::NodeStarts);
        let profiles: &[u32] = self.slice(kind);
        let node_of_profile: &[u32] = self.slice(SectionKind::NodeOfProfile);
        ascending(SectionKind::NodeStarts, starts, u32::try_from(profiles.len()).ok())?;
        for (node, pair) in starts.windows(2).enumerate() {
            let list = profiles.get(pair[0] as usize..pair[1] as usize).unwrap_or_default();
            let problem = if list.is_empty() {
                Some("a node without a profile")
            } else if !list.is_sorted_by(|a, b| a < b) {
                Some("the profiles of a node do not ascend")
            } else if list
                .iter()
                .any(|&profile| node_of_profile.get(profile as usize) != Some(&(node as u32)))
            {
                Some("a profile of another node")
            } else {
                None
            };
            if let Some(problem) = problem {
                return Err(content_error(kind, u64::from(pair[0]), problem));
            }
        }
        let with_node = node_of_profile.iter().filter(|&&node| node != NONE).count();
        if with_node != profiles.len() {
            let problem = "a profile whose node does not list it";
            return Err(content_error(SectionKind::NodeOfProfile, with_node as u64, problem));
        }
        Ok(())
    }

    fn ids(&self) -> Result<(), OpenError> {
        let kind = SectionKind::Ids;
        let ids: &[u8] = self.slice(kind);
        let starts: &[u64] = self.slice(SectionKind::IdStarts);
        ascending(SectionKind::IdStarts, starts, Some(ids.len() as u64))?;
        let mut before: &[u8] = &[];
        for (number, pair) in starts.windows(2).enumerate() {
            let id = ids.get(pair[0] as usize..pair[1] as usize).unwrap_or_default();
            let problem = if id.is_empty() || id.len() > crate::profile::MAX_ID_BYTES {
                Some("an id is empty or too long")
            } else if id <= before {
                Some("ids are not sorted and unique")
            } else if std::str::from_utf8(id).is_err() {
                Some("an id is not UTF-8")
            } else {
                None
            };
            if let Some(problem) = problem {
                return Err(content_error(kind, number as u64, problem));
            }
            before = id;
        }
        Ok(())
    }

    fn documents(&self) -> Result<(), OpenError> {
        let kind = SectionKind::Documents;
        let documents: &[u8] = self.slice(kind);
        let starts: &[u64] = self.slice(SectionKind::DocumentStarts);
        ascending(SectionKind::DocumentStarts, starts, Some(documents.len() as u64))?;
        for (number, pair) in starts.windows(2).enumerate() {
            let document = documents.get(pair[0] as usize..pair[1] as usize).unwrap_or_default();
            // That a document is an object keeps a body that is put together from documents well-formed at least
            // at its seams.
            if document.first() != Some(&b'{') || document.last() != Some(&b'}') {
                return Err(content_error(kind, number as u64, "not a JSON object"));
            }
            if std::str::from_utf8(document).is_err() {
                return Err(content_error(kind, number as u64, "not UTF-8"));
            }
        }
        Ok(())
    }

    fn vectors(&self) -> Result<(), OpenError> {
        let vectors: &[f32] = self.slice(SectionKind::Vectors);
        for (node, vector) in vectors.chunks_exact(self.header.dimension.max(1) as usize).enumerate() {
            // NaN and infinity fail this comparison too.
            let length = crate::distance::dot(vector, vector);
            if (length - 1.0).abs() <= LENGTH_TOLERANCE {
                continue;
            }
            return Err(content_error(SectionKind::Vectors, node as u64, "a vector that is not of length 1"));
        }
        Ok(())
    }

    fn id_hash(&self) -> Result<(), OpenError> {
        // An empty section is one that is not there, or no table.
        if self.sections.range(SectionKind::IdHash).start == 0 {
            return Ok(());
        }
        ids::verify(self.slice(SectionKind::IdHash), self.header.profiles)
            .map_err(|(slot, problem)| content_error(SectionKind::IdHash, slot as u64, problem))
    }

    fn neighbours(&self) -> Result<(), OpenError> {
        let kind = SectionKind::Neighbours;
        if self.neighbours == 0 {
            return Ok(());
        }
        let table: &[u32] = self.slice(kind);
        let node_of_profile: &[u32] = self.slice(SectionKind::NodeOfProfile);
        let rows = RowCheck::new(node_of_profile);
        for (own, row) in (0..).zip(table.chunks_exact(self.neighbours)) {
            if !rows.is_good(own, row) {
                let (slot, problem) = rows.problem(own, row);
                return Err(content_error(kind, u64::from(own) * self.neighbours as u64 + slot, problem));
            }
        }
        Ok(())
    }

    fn map(&self) -> Result<(), OpenError> {
        let places: &[[u16; 2]] = self.slice(SectionKind::Map);
        let nodes: &[u32] = self.slice(SectionKind::NodeOfProfile);
        match places.iter().zip(nodes).position(|(&place, &node)| !is_good_place(place, node)) {
            None => Ok(()),
            Some(profile) => {
                let [x, y] = places.get(profile).copied().unwrap_or_default();
                let problem = match nodes.get(profile) {
                    Some(&NONE) => "the place of a zero vector",
                    _ if [x, y] == NO_PLACE => "no place of a profile that has a vector",
                    _ => "half a place",
                };
                Err(content_error(SectionKind::Map, profile as u64, problem))
            }
        }
    }
}

/// A place on the map for whoever has a node, and for nobody else.
fn is_good_place(place: [u16; 2], node: u32) -> bool {
    (place == NO_PLACE) == (node == NONE) && (place[0] == u16::MAX) == (place[1] == u16::MAX)
}

/// What a row of the neighbour table may hold.
struct RowCheck<'a> {
    node_of_profile: &'a [u32],
    profiles: u32,
    /// A bit for each profile without a vector, so that looking one up stays in the cache. Empty where all have one.
    without_vector: Vec<u64>,
}

impl<'a> RowCheck<'a> {
    fn new(node_of_profile: &'a [u32]) -> RowCheck<'a> {
        let mut without_vector = Vec::new();
        if node_of_profile.contains(&NONE) {
            without_vector = vec![0; node_of_profile.len().div_ceil(64)];
            for (profile, _) in node_of_profile.iter().enumerate().filter(|&(_, &node)| node == NONE) {
                without_vector[profile / 64] |= 1 << (profile % 64);
            }
        }
        // As many as the header says: the length of the section has been checked.
        RowCheck { node_of_profile, profiles: node_of_profile.len() as u32, without_vector }
    }

    /// The largest section by far: no branch within a row, so that many slots are checked at a time.
    fn is_good(&self, own: u32, row: &[u32]) -> bool {
        let mut wrong = false;
        for &slot in row {
            wrong |= ((slot >= self.profiles) & (slot != NONE)) | (slot == own);
        }
        for (&slot, &next) in row.iter().zip(row.get(1..).unwrap_or_default()) {
            wrong |= (slot == NONE) & (next != NONE);
        }
        if self.without_vector.is_empty() || wrong {
            return !wrong;
        }
        let is_empty = row.first() == Some(&NONE);
        is_empty || !self.is_without_vector(own) && !row.iter().any(|&slot| self.is_without_vector(slot))
    }

    fn is_without_vector(&self, profile: u32) -> bool {
        let word = self.without_vector.get(profile as usize / 64);
        word.is_some_and(|word| word >> (profile % 64) & 1 == 1)
    }

    /// The first slot of a row that is wrong, and why.
    fn problem(&self, own: u32, row: &[u32]) -> (u64, &'static str) {
        let mut ended = false;
        for (number, &slot) in (0..).zip(row) {
            let node = self.node_of_profile.get(slot as usize);
            let problem = match (slot == NONE, ended) {
                (true, _) => None,
                (false, true) => Some("a profile after the end of its row"),
                _ if slot == own => Some("the row's own profile"),
                _ if node.is_none() => Some("no profile"),
                _ if self.is_without_vector(own) => Some("a neighbour of a zero vector"),
                _ if node == Some(&NONE) => Some("a zero vector"),
                _ => None,
            };
            if let Some(problem) = problem {
                return (number, problem);
            }
            ended |= slot == NONE;
        }
        (0, "a row that is wrong")
    }
}

/// Starts begin at 0, never go back, and end at `end`.
fn ascending<T>(kind: SectionKind, starts: &[T], end: Option<T>) -> Result<(), OpenError>
where
    T: Copy + PartialOrd + Default + PartialEq,
{
    if starts.first() != Some(&T::default()) || starts.last().copied() != end {
        return Err(content_error(kind, 0, "does not run from the first to the last element"));
    }
    match starts.windows(2).position(|pair| pair[0] > pair[1]) {
        Some(element) => Err(content_error(kind, element as u64 + 1, "goes back")),
        None => Ok(()),
    }
}

fn content_error(kind: SectionKind, element: u64, problem: &'static str) -> OpenError {
    OpenError::Content { section: kind.name(), element, problem }
}
