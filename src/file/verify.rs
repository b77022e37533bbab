//! What opening checks beyond the sections' content: where they are, their checksums, and the counts of the header.

use super::error::OpenError;
use super::format::{
    ENTRY_LENGTH, Entry, HEADER_LENGTH, Header, M_RANGE, MAX_DIMENSION, MAX_LEVELS, NONE, align,
};
use super::metadata::Metadata;
use super::to_usize;

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
        let gap = bytes.get(to_usize(end)..to_usize(entry.offset)).unwrap_or_default();
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
        let section = bytes.get(to_usize(entry.offset)..to_usize(entry.offset + entry.length));
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

/// The counts of the header are possible together.
pub(super) fn counts(header: &Header) -> Result<(), OpenError> {
    let Header { profiles, nodes, dimension, m, levels, entry_point, .. } = *header;
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

/// What the metadata say of codes is possible: bounds are computed from it.
pub(super) fn codes_metadata(header: &Header, metadata: &Metadata) -> Result<(), OpenError> {
    let Some(codes) = &metadata.codes else { return Ok(()) };
    if codes.mean.len() != header.dimension as usize {
        let (mean, dimension) = (codes.mean.len(), header.dimension);
        let message = format!("the mean of the codes has {mean} numbers, and a vector has {dimension}");
        return Err(OpenError::Metadata(message));
    }
    let are_possible = codes.mean.iter().all(|number| number.is_finite())
        && codes.scale.is_normal()
        && codes.scale > 0.0
        && codes.residual >= 0.0;
    if !are_possible {
        return Err(OpenError::Metadata("the numbers of the codes are not possible".to_owned()));
    }
    Ok(())
}
