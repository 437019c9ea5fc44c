//! Where everything of a new compound file lies. [MS-CFB] 2

use std::io;

use mapi_props::LargeSource;

use super::plan::Piece;
use super::tree::{Node, Storage};
use super::{
    DIFAT_SECTOR, END_OF_CHAIN, ENTRY, FAT_SECTOR, FREE, HEADER_FAT_SECTORS, MINI_CUTOFF,
    MINI_SECTOR, NO_ENTRY, SIGNATURE,
};

/// Files of more data than this have sectors of 4096 bytes.
const SMALL_SECTORS_UP_TO: u64 = 512 << 20;
/// Longest name in UTF-16 units, without its terminator.
const NAME_MAX: usize = 31;

/// Lays a file out: everything that describes it, then the mini stream, then the larger streams.
pub(super) fn layout(root: Storage) -> io::Result<Vec<Piece>> {
    let mut directory = Directory::default();
    directory.add("Root Entry", root)?;
    let data: u64 = directory.streams.iter().map(|(_, s)| s.size()).sum();
    let shift = if data > SMALL_SECTORS_UP_TO { 12 } else { 9 };
    Layout::new(directory, shift).finish()
}

/// An entry as it will stand.
struct Entry {
    name: Vec<u16>,
    kind: u8,
    black: bool,
    left: u32,
    right: u32,
    child: u32,
    class: [u8; 16],
    state: u32,
    created: u64,
    modified: u64,
    first: u32,
    size: u64,
}

/// All entries, and the streams of those that are streams.
#[derive(Default)]
struct Directory {
    entries: Vec<Entry>,
    streams: Vec<(usize, LargeSource)>,
}

impl Directory {
    /// Adds a storage and all below it; gives its number.
    fn add(&mut self, name: &str, mut storage: Storage) -> io::Result<u32> {
        let is_root = self.entries.is_empty();
        let at = self.push(name, if is_root { 5 } else { 1 })?;
        storage.sort();
        if let Some(entry) = self.entries.last_mut() {
            entry.class = storage.class.0;
            entry.state = storage.state;
            // Of the root there is no time of making (2.6.2).
            entry.created = if is_root { 0 } else { storage.created };
            entry.modified = storage.modified;
        }
        let mut numbers = Vec::with_capacity(storage.nodes.len());
        for (name, node) in storage.nodes {
            numbers.push(match node {
                Node::Storage(below) => self.add(&name, below)?,
                Node::Stream(bytes) => {
                    let number = self.push(&name, 2)?;
                    self.streams.push((place(number), bytes));
                    number
                }
            });
        }
        let child = self.join(&numbers, 0, full_levels(numbers.len()));
        if let Some(entry) = self.entries.get_mut(place(at)) {
            entry.child = child;
        }
        Ok(at)
    }

    fn push(&mut self, name: &str, kind: u8) -> io::Result<u32> {
        let units: Vec<u16> = name.encode_utf16().collect();
        if units.is_empty() || units.len() > NAME_MAX {
            let detail = format!("`{}` is no name of a stream", name.escape_debug());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, detail));
        }
        let number = u32::try_from(self.entries.len()).map_err(|_| too_large())?;
        self.entries.push(Entry {
            name: units,
            kind,
            black: true,
            left: NO_ENTRY,
            right: NO_ENTRY,
            child: NO_ENTRY,
            class: [0; 16],
            state: 0,
            created: 0,
            modified: 0,
            first: if kind == 2 { END_OF_CHAIN } else { 0 },
            size: 0,
        });
        Ok(number)
    }

    /// Joins sorted siblings to a balanced tree and gives its root. All levels but the last are full, so that with the
    /// last one red the tree is red-black.
    fn join(&mut self, siblings: &[u32], level: u32, full: u32) -> u32 {
        let middle = siblings.len() / 2;
        let Some(root) = siblings.get(middle).copied() else {
            return NO_ENTRY;
        };
        let left = self.join(siblings.get(..middle).unwrap_or_default(), level + 1, full);
        let right = siblings.get(middle + 1..).unwrap_or_default();
        let right = self.join(right, level + 1, full);
        if let Some(entry) = self.entries.get_mut(place(root)) {
            entry.left = left;
            entry.right = right;
            entry.black = level < full;
        }
        root
    }
}

/// Levels of a balanced tree of `n` that are full.
fn full_levels(n: usize) -> u32 {
    (n + 1).ilog2()
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Sector numbers are given in the order in which the sectors are written.
struct Layout {
    directory: Directory,
    /// Bytes of a sector.
    sector: u64,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
}

impl Layout {
    fn new(directory: Directory, shift: u32) -> Self {
        Self {
            directory,
            sector: 1 << shift,
            fat: Vec::new(),
            mini_fat: Vec::new(),
        }
    }

    fn finish(mut self) -> io::Result<Vec<Piece>> {
        let streams = std::mem::take(&mut self.directory.streams);
        let is_mini = |s: &LargeSource| s.size() < MINI_CUTOFF;
        let (mini, large): (Vec<_>, Vec<_>) = streams.into_iter().partition(|(_, s)| is_mini(s));
        let mini_bytes = self.place_mini(&mini)?;
        let sector = self.sector;
        let sectors = |bytes: u64| bytes.div_ceil(sector);
        let directory = sectors(bytes_of(self.directory.entries.len(), 128));
        let mini_fat = sectors(bytes_of(self.mini_fat.len(), 4));
        let data: u64 = large.iter().map(|(_, s)| sectors(s.size())).sum();
        let described = directory + mini_fat + sectors(mini_bytes);
        let (fat, difat) = self.fat_sectors(described + data);
        if fat + difat + described + data >= u64::from(DIFAT_SECTOR) {
            return Err(too_large());
        }
        self.mark(fat, FAT_SECTOR);
        self.mark(difat, DIFAT_SECTOR);
        let first_directory = self.chain(directory)?;
        let first_mini_fat = self.chain(mini_fat)?;
        let first_mini = self.chain(sectors(mini_bytes))?;
        self.set_stream(0, first_mini, mini_bytes);
        for (at, bytes) in &large {
            let first = self.chain(bytes.size().div_ceil(self.sector))?;
            self.set_stream(*at, first, bytes.size());
        }
        let head = Head {
            fat,
            difat,
            directory,
            first_directory,
            first_mini_fat,
            mini_fat,
        };
        Ok(self.pieces(&head, mini, mini_bytes, large))
    }

    /// Gives places in the mini stream; its bytes in all.
    fn place_mini(&mut self, mini: &[(usize, LargeSource)]) -> io::Result<u64> {
        for (at, bytes) in mini {
            let count = bytes.size().div_ceil(MINI_SECTOR);
            let first = chain_in(&mut self.mini_fat, count)?;
            self.set_stream(*at, first, bytes.size());
        }
        Ok(bytes_of(self.mini_fat.len(), 64))
    }

    fn set_stream(&mut self, at: usize, first: u32, size: u64) {
        if let Some(entry) = self.directory.entries.get_mut(at) {
            entry.first = first;
            entry.size = size;
        }
    }

    /// How many sectors of FAT and DIFAT a file of `others` sectors needs.
    fn fat_sectors(&self, others: u64) -> (u64, u64) {
        let per_fat = self.sector / 4;
        let in_header = u64::try_from(HEADER_FAT_SECTORS).unwrap_or(0);
        let (mut fat, mut difat) = (0, 0);
        loop {
            let needed = (others + fat + difat).div_ceil(per_fat);
            let more = needed.saturating_sub(in_header).div_ceil(per_fat - 1);
            if (needed, more) == (fat, difat) {
                return (fat, difat);
            }
            (fat, difat) = (needed, more);
        }
    }

    fn mark(&mut self, sectors: u64, what: u32) {
        self.fat.extend((0..sectors).map(|_| what));
    }

    fn chain(&mut self, sectors: u64) -> io::Result<u32> {
        chain_in(&mut self.fat, sectors)
    }

    fn pieces(
        self,
        head: &Head,
        mini: Vec<(usize, LargeSource)>,
        mini_bytes: u64,
        large: Vec<(usize, LargeSource)>,
    ) -> Vec<Piece> {
        let sector = self.sector;
        let to_full = move |bytes: u64, unit: u64| bytes.next_multiple_of(unit) - bytes;
        let mut pieces = vec![Piece {
            bytes: self.description(head).into(),
            padding: 0,
        }];
        pieces.extend(mini.into_iter().map(|(_, bytes)| Piece {
            padding: to_full(bytes.size(), MINI_SECTOR),
            bytes,
        }));
        if let Some(last) = pieces.last_mut() {
            last.padding += to_full(mini_bytes, sector);
        }
        pieces.extend(large.into_iter().map(|(_, bytes)| Piece {
            padding: to_full(bytes.size(), sector),
            bytes,
        }));
        pieces
    }

    /// Header, FAT, DIFAT, directory and mini FAT, one after another.
    fn description(&self, head: &Head) -> Vec<u8> {
        let sector = usize::try_from(self.sector).unwrap_or(512);
        let mut out = Vec::new();
        head.write(self.sector, &mut out);
        out.resize(sector, 0);
        let numbers = |numbers: &[u32], out: &mut Vec<u8>| {
            numbers
                .iter()
                .for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
            while !out.len().is_multiple_of(sector) {
                out.extend_from_slice(&FREE.to_le_bytes());
            }
        };
        numbers(&self.fat, &mut out);
        head.write_difat(self.sector, &mut out);
        for entry in &self.directory.entries {
            entry.write(&mut out);
        }
        while !out.len().is_multiple_of(sector) {
            unused_entry(&mut out);
        }
        numbers(&self.mini_fat, &mut out);
        out
    }
}

fn bytes_of(count: usize, each: u64) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX) * each
}

/// Adds a chain of so many sectors and gives its first one.
fn chain_in(fat: &mut Vec<u32>, sectors: u64) -> io::Result<u32> {
    if sectors == 0 {
        return Ok(END_OF_CHAIN);
    }
    let first = u32::try_from(fat.len()).map_err(|_| too_large())?;
    let count = u32::try_from(sectors).map_err(|_| too_large())?;
    let last = first.checked_add(count - 1).ok_or_else(too_large)?;
    fat.extend(first + 1..=last);
    fat.push(END_OF_CHAIN);
    Ok(first)
}

fn too_large() -> io::Error {
    let detail = "the message is too large for a compound file";
    io::Error::new(io::ErrorKind::InvalidInput, detail)
}

/// What the header says, in sectors.
struct Head {
    fat: u64,
    difat: u64,
    directory: u64,
    mini_fat: u64,
    first_directory: u32,
    first_mini_fat: u32,
}

impl Head {
    /// [MS-CFB] 2.2
    fn write(&self, sector: u64, out: &mut Vec<u8>) {
        let large = sector > 512;
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        out.extend_from_slice(&SIGNATURE);
        out.extend_from_slice(&[0; 16]);
        let versions: [u16; 5] = [
            0x3E,
            if large { 4 } else { 3 },
            0xFFFE,
            if large { 12 } else { 9 },
            6,
        ];
        versions
            .iter()
            .for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        out.extend_from_slice(&[0; 6]);
        let numbers = [
            if large { count(self.directory) } else { 0 },
            count(self.fat),
            self.first_directory,
            0,
            count(MINI_CUTOFF),
            self.first_mini_fat,
            count(self.mini_fat),
            if self.difat == 0 {
                END_OF_CHAIN
            } else {
                count(self.fat)
            },
            count(self.difat),
        ];
        numbers
            .iter()
            .for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        for n in 0..u64::try_from(HEADER_FAT_SECTORS).unwrap_or(0) {
            let number = if n < self.fat { count(n) } else { FREE };
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    /// The sectors that name those of the FAT for which the header has no room (2.5). The FAT begins with sector 0, the
    /// DIFAT follows it.
    fn write_difat(&self, sector: u64, out: &mut Vec<u8>) {
        let mut named = u64::try_from(HEADER_FAT_SECTORS).unwrap_or(0);
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        for n in 1..=self.difat {
            for _ in 1..sector / 4 {
                let number = if named < self.fat { count(named) } else { FREE };
                out.extend_from_slice(&number.to_le_bytes());
                named += 1;
            }
            let next = if n < self.difat {
                count(self.fat + n)
            } else {
                END_OF_CHAIN
            };
            out.extend_from_slice(&next.to_le_bytes());
        }
    }
}

impl Entry {
    /// [MS-CFB] 2.6.1
    fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        self.name
            .iter()
            .for_each(|unit| out.extend_from_slice(&unit.to_le_bytes()));
        out.resize(start + 64, 0);
        let length = u16::try_from(2 * (self.name.len() + 1)).unwrap_or(64);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&[self.kind, u8::from(self.black)]);
        for number in [self.left, self.right, self.child] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.class);
        out.extend_from_slice(&self.state.to_le_bytes());
        out.extend_from_slice(&self.created.to_le_bytes());
        out.extend_from_slice(&self.modified.to_le_bytes());
        // An empty stream begins nowhere (2.6.3).
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.size.to_le_bytes());
    }
}

/// A place of the directory that is not used.
fn unused_entry(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0; 68]);
    (0..3).for_each(|_| out.extend_from_slice(&NO_ENTRY.to_le_bytes()));
    out.extend_from_slice(&[0; ENTRY - 80]);
}
