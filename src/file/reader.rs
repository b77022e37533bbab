//! Bytes in, reader out: an index file that has been checked and is used where it lies.

use std::ops::Range;

use super::error::{Damaged, OpenError};
use super::format::{self, ENTRY_LENGTH, Entry, HEADER_LENGTH, Header, MAX_SECTIONS, NONE, header_checksum};
use super::metadata::Metadata;
use super::sections::{Check, Ranges, Section, Shape, at, slots_of_a_row};
use super::verify;
use super::{ids, to_usize};
use crate::search::codes::CodesMetadata;
use crate::search::codes::NodeCodes;
use crate::search::graph::{Graph, Level, Node};

/// A profile's place in one index file: its rank when ids are sorted bytewise. Valid for that file only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ordinal(pub u32);

/// An open index. `B` holds the bytes: a [`MappedFile`](super::MappedFile), or a vector in a test.
///
/// Opening copies nothing but the header and the metadata. Every access is checked again, because a mapped file can
/// change: what is no longer in bounds is [`Damaged`] or an empty list, never a panic.
#[derive(Debug)]
pub struct Index<B> {
    bytes: B,
    header: Header,
    metadata: Metadata,
    entries: Vec<Entry>,
    ranges: Ranges,
    /// Slots of a row of the neighbour table (K); 0 where there is none.
    row_slots: usize,
}

impl<B: AsRef<[u8]>> Index<B> {
    /// Checks everything and gives the index. The bytes must start at a multiple of 8, as a map does.
    ///
    /// In this order: magic, format version, header checksum, file length, the sections' places (in range, aligned,
    /// one after the other, multiples of their element size, zeros between them), their checksums, the counts of the
    /// header, the lengths of sections, and then their content, section by section: vectors finite and of length 1,
    /// every list within its bounds, every neighbour a node, the entry point on the top level, ids sorted and unique,
    /// documents UTF-8, the id hash of the right size, every row of the neighbour table of other profiles that have a
    /// vector, and a place on the map for each profile that has a vector. Never panics. Reads every byte once or twice.
    ///
    /// # Errors
    /// The first [`OpenError`] that is found.
    ///
    /// ```
    /// use kindred::file::{Index, MappedFile};
    ///
    /// let index = Index::open(MappedFile::open("tests/golden/index/format-1.knd".as_ref())?)?;
    /// let ada = index.find("ada").ok_or("nobody is called so")?;
    /// assert!(index.document(ada)?.starts_with(br#"{"_id":"ada","name":"amber","age":20"#));
    /// assert!(Index::open(vec![0; 8]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(bytes: B) -> Result<Index<B>, OpenError> {
        Self::open_with(bytes, true)
    }

    /// Checks the header, the places of sections and the metadata, and gives the index: for who has seen the file
    /// verified and has it in a place where nothing changes it. Reads a few pages, however large the file is.
    ///
    /// What a damaged file leads to is [`Damaged`] or a wrong answer, never a panic: every access is checked in any
    /// case.
    ///
    /// # Errors
    /// The first [`OpenError`] that is found.
    pub fn open_unverified(bytes: B) -> Result<Index<B>, OpenError> {
        Self::open_with(bytes, false)
    }

    fn open_with(bytes: B, everything: bool) -> Result<Index<B>, OpenError> {
        let all = bytes.as_ref();
        let (header, entries) = read_entries(all)?;
        verify::layout(all, &header, &entries)?;
        let ranges = Ranges::of(&entries)?;
        if everything {
            verify::checksums(all, &entries)?;
        }
        let metadata = ranges.slice(at::Metadata, all).unwrap_or_default();
        let metadata: Metadata =
            serde_json::from_slice(metadata).map_err(|error| OpenError::Metadata(error.to_string()))?;
        let row_slots = slots_of_a_row(&entries, &metadata)?;
        let shape = Shape::new(&header, row_slots);
        let check = Check { bytes: all, header: &header, metadata: &metadata, ranges: &ranges, shape };
        if everything {
            verify::counts(&header)?;
            check.lengths()?;
        }
        verify::codes_metadata(&header, &metadata)?;
        if everything {
            check.content()?;
        }
        Ok(Index { header, metadata, entries, ranges, row_slots, bytes })
    }

    /// What holds the bytes.
    pub fn bytes(&self) -> &B {
        &self.bytes
    }

    /// Gives back what holds the bytes.
    pub fn into_bytes(self) -> B {
        self.bytes
    }

    /// The header, as it was when the file was opened.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The metadata, as they were when the file was opened.
    ///
    /// ```
    /// # use kindred::file::{Index, MappedFile};
    /// # let index = Index::open(MappedFile::open("tests/golden/index/format-1.knd".as_ref())?)?;
    /// let metadata = index.metadata();
    /// assert_eq!((metadata.id_field.as_str(), metadata.read), ("_id", 37));
    /// assert_eq!(metadata.vectorizer.name, "field:vector");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The section table, as it was when the file was opened.
    pub fn sections(&self) -> &[Entry] {
        &self.entries
    }

    /// The profile of that id. Costs a few accesses where the file has an id hash that is right, else a binary search.
    pub fn find(&self, id: &str) -> Option<Ordinal> {
        self.view().find(id)
    }

    /// The id of a profile.
    ///
    /// # Errors
    /// [`Damaged`] where the ordinal is not of this file, or the file has changed.
    pub fn id(&self, ordinal: Ordinal) -> Result<&[u8], Damaged> {
        self.view().id(ordinal).ok_or(Damaged("an id"))
    }

    /// The document of a profile: a JSON object.
    ///
    /// # Errors
    /// [`Damaged`] where the ordinal is not of this file, or the file has changed.
    pub fn document(&self, ordinal: Ordinal) -> Result<&[u8], Damaged> {
        self.view().document(ordinal).ok_or(Damaged("a document"))
    }

    /// The fitted state of the vectorizer; empty where the file has none.
    pub fn vectorizer_state(&self) -> &[u8] {
        self.slice(at::Vectorizer)
    }

    /// The places of all profiles on the map, by their ordinals, [`NO_PLACE`](format::NO_PLACE) for those that are not
    /// on it; none where the file has no map, or is too short by now to hold it. What stands there may be anything.
    pub fn map(&self) -> Option<&[[u16; 2]]> {
        let places = self.ranges.slice(at::Map, self.bytes.as_ref())?;
        (places.len() == self.header.profiles as usize).then_some(places)
    }

    /// How long the vector of each profile was before it was normalised, by ordinals; none where the file does not say
    /// it, or is too short by now. What stands there may be anything.
    pub fn vector_lengths(&self) -> Option<&[f32]> {
        let lengths = self.ranges.slice(at::VectorLengths, self.bytes.as_ref())?;
        (lengths.len() == self.header.profiles as usize).then_some(lengths)
    }

    /// Whether the file had a map when it was opened.
    pub fn has_map(&self) -> bool {
        self.ranges.get(at::Map::KIND).is_some()
    }

    /// A section as it is now; empty where the file has none.
    fn slice<S: Section>(&self, section: S) -> &[S::Number] {
        self.ranges.slice(section, self.bytes.as_ref()).unwrap_or_default()
    }

    /// The sections as slices, for many accesses in a row.
    pub fn view(&self) -> View<'_> {
        View {
            dimension: self.header.dimension as usize,
            m: self.header.m as usize,
            entry_point: self.header.entry_point.map(Node),
            vectors: self.slice(at::Vectors),
            node_of_profile: self.slice(at::NodeOfProfile),
            node_starts: self.slice(at::NodeStarts),
            node_profiles: self.slice(at::NodeProfiles),
            level0: self.slice(at::Level0),
            upper_starts: self.slice(at::UpperStarts),
            upper_levels: self.slice(at::UpperLevels),
            id_starts: self.slice(at::IdStarts),
            ids: self.slice(at::Ids),
            document_starts: self.slice(at::DocumentStarts),
            documents: self.slice(at::Documents),
            id_hash: self.slice(at::IdHash),
            row_slots: self.row_slots,
            neighbour_rows: self.slice(at::Neighbours),
            codes: self.slice(at::Codes),
            codes_metadata: self.metadata.codes.as_ref(),
        }
    }
}

/// The sections of an index as slices. Every accessor checks its bounds.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    dimension: usize,
    m: usize,
    entry_point: Option<Node>,
    vectors: &'a [f32],
    node_of_profile: &'a [u32],
    node_starts: &'a [u32],
    node_profiles: &'a [u32],
    level0: &'a [u32],
    upper_starts: &'a [u32],
    upper_levels: &'a [u32],
    id_starts: &'a [u64],
    ids: &'a [u8],
    document_starts: &'a [u64],
    documents: &'a [u8],
    id_hash: &'a [u64],
    row_slots: usize,
    neighbour_rows: &'a [u32],
    codes: &'a [i8],
    codes_metadata: Option<&'a CodesMetadata>,
}

impl<'a> View<'a> {
    /// The node of a profile; none for a zero vector, which has none.
    ///
    /// # Errors
    /// [`Damaged`] where the ordinal is not of this file, or the file has changed.
    pub fn node_of(&self, ordinal: Ordinal) -> Result<Option<Node>, Damaged> {
        let node = *self.node_of_profile.get(ordinal.0 as usize).ok_or(Damaged("a profile's node"))?;
        Ok((node != NONE).then_some(Node(node)))
    }

    /// The profiles of a node, ascending.
    pub fn profiles_of(&self, node: Node) -> &'a [u32] {
        between(self.node_starts, node.index(), |start| start as usize)
            .and_then(|range| self.node_profiles.get(range))
            .unwrap_or_default()
    }

    /// How many profiles have a vector.
    pub fn profiles_with_vector(&self) -> usize {
        self.node_profiles.len()
    }

    /// The profile of that id, see [`Index::find`].
    pub fn find(&self, id: &str) -> Option<Ordinal> {
        let id = id.as_bytes();
        let found = ids::probe(self.id_hash, id, |ordinal| self.id(Ordinal(ordinal)) == Some(id));
        found.map(Ordinal).or_else(|| self.search_id(id))
    }

    fn search_id(&self, id: &[u8]) -> Option<Ordinal> {
        self.first_from(id).filter(|&ordinal| self.id(ordinal) == Some(id))
    }

    /// The first profile whose id is this one or comes after it bytewise; where there is none, the ordinal behind the
    /// last. None where an id cannot be read.
    pub fn first_from(&self, id: &[u8]) -> Option<Ordinal> {
        let (mut low, mut high) = (0, self.profiles());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.id(Ordinal(middle))? < id {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some(Ordinal(low))
    }

    /// How many profiles there are.
    pub fn profiles(&self) -> u32 {
        u32::try_from(self.node_of_profile.len()).unwrap_or(u32::MAX)
    }

    /// The row of a profile in the neighbour table: K ordinals, the rest `u32::MAX` from the first on. None where there
    /// is no table or no such profile. What stands in a row may be anything: it is judged where it is used.
    ///
    /// ```
    /// # use kindred::file::{Index, MappedFile, Ordinal};
    /// # use kindred::file::format::NONE;
    /// # let index = Index::open(MappedFile::open("tests/golden/index/table.knd".as_ref())?)?;
    /// let view = index.view();
    /// let ada = view.find("ada").ok_or("nobody is called so")?;
    /// let row = view.table_row(ada).ok_or("the file has no neighbour table")?;
    /// let nearest = row.iter().take_while(|&&other| other != NONE).map(|&other| Ordinal(other));
    /// for neighbour in nearest {
    ///     assert_ne!(view.id(neighbour), view.id(ada));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn table_row(&self, ordinal: Ordinal) -> Option<&'a [u32]> {
        let start = (ordinal.0 as usize).checked_mul(self.row_slots)?;
        self.neighbour_rows.get(start..start.checked_add(self.row_slots)?).filter(|row| !row.is_empty())
    }

    /// Slots of a row of the neighbour table (K); 0 where there is none.
    pub fn row_slots(&self) -> usize {
        self.row_slots
    }

    /// The id of a profile; none where the file has changed.
    pub fn id(&self, ordinal: Ordinal) -> Option<&'a [u8]> {
        self.ids.get(between(self.id_starts, ordinal.0 as usize, to_usize)?)
    }

    /// The vector of a node; empty where there is no such node.
    #[inline]
    pub fn vector_of(&self, node: Node) -> &'a [f32] {
        let start = node.index().saturating_mul(self.dimension);
        self.vectors.get(start..start.saturating_add(self.dimension)).unwrap_or_default()
    }

    /// The document of a profile; none where the file has changed.
    pub fn document(&self, ordinal: Ordinal) -> Option<&'a [u8]> {
        self.documents.get(between(self.document_starts, ordinal.0 as usize, to_usize)?)
    }
}

impl Graph for View<'_> {
    fn nodes(&self) -> usize {
        self.node_starts.len().saturating_sub(1)
    }

    fn entry_point(&self) -> Option<Node> {
        self.entry_point
    }

    fn level_of(&self, node: Node) -> Level {
        let levels = between(self.upper_starts, node.index(), |start| start as usize);
        levels.map_or(Level::BASE, |levels| Level(u32::try_from(levels.len()).unwrap_or(u32::MAX)))
    }

    fn vector(&self, node: Node) -> &[f32] {
        self.vector_of(node)
    }

    fn codes(&self) -> Option<NodeCodes<'_>> {
        Some(NodeCodes::new(self.codes, self.dimension)?.with_metadata(self.codes_metadata))
    }

    fn neighbours(&self, node: Node, level: Level) -> &[u32] {
        if level == Level::BASE {
            let m0 = 2 * self.m;
            let start = node.index().saturating_mul(m0);
            return self.level0.get(start..start.saturating_add(m0)).unwrap_or_default();
        }
        let Some(levels) = between(self.upper_starts, node.index(), |start| start as usize) else {
            return &[];
        };
        if level.index() > levels.len() {
            return &[];
        }
        let start = (levels.start + level.index() - 1).saturating_mul(self.m);
        self.upper_levels.get(start..start.saturating_add(self.m)).unwrap_or_default()
    }
}

/// The range from one start to the next; `None` where it is not there or runs backwards.
fn between<T: Copy>(starts: &[T], index: usize, to_usize: impl Fn(T) -> usize) -> Option<Range<usize>> {
    let range = to_usize(*starts.get(index)?)..to_usize(*starts.get(index.checked_add(1)?)?);
    (range.start <= range.end).then_some(range)
}

/// Magic, format version, header checksum, file length.
fn read_entries(bytes: &[u8]) -> Result<(Header, Vec<Entry>), OpenError> {
    let header = Header::parse(bytes)?;
    if header.sections > MAX_SECTIONS {
        return Err(OpenError::field("section count", header.sections));
    }
    let end = HEADER_LENGTH + header.sections as usize * ENTRY_LENGTH;
    let Some(header_and_table) = bytes.get(..end) else {
        return Err(OpenError::Incomplete { needed: end as u64, there: bytes.len() as u64 });
    };
    let computed = header_checksum(header_and_table);
    if computed != header.checksum {
        return Err(OpenError::HeaderChecksum { stored: header.checksum, computed });
    }
    let there = bytes.len() as u64;
    if there < header.file_length {
        return Err(OpenError::Incomplete { needed: header.file_length, there });
    }
    if there > header.file_length {
        return Err(OpenError::TooLong { declared: header.file_length, there });
    }
    if format::reserved_header_bytes(header_and_table).iter().any(|&byte| byte != 0) {
        return Err(OpenError::field("a reserved byte", 1u8));
    }
    let entries = header_and_table.get(HEADER_LENGTH..).unwrap_or_default().chunks_exact(ENTRY_LENGTH);
    let table = entries
        .enumerate()
        .map(|(entry, bytes)| {
            Entry::parse(bytes).ok_or(OpenError::Table { entry, problem: "a reserved bit is not zero" })
        })
        .collect::<Result<_, _>>()?;
    Ok((header, table))
}
