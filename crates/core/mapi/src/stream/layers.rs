//! A large value and what was written over it: changed pages in memory, more of them staged, the rest as it was.

use std::collections::BTreeMap;

use mapi_spi::{Call, LargeReader, Result, Staged};

use super::body::{Desk, PIECE, copy_out, len, len_of};

/// Bytes of a page.
const PAGE: usize = 64 * 1024;
/// Changed pages that memory holds; beyond that they are staged together.
const PAGES: usize = 64;

pub(super) struct Layers {
    base: Base,
    /// Bytes of the base that still count; what lies behind them and in no page is zeros.
    kept: u64,
    size: u64,
    pages: BTreeMap<u64, Vec<u8>>,
    /// Pages that were staged: in which value, and from where on.
    spilled: BTreeMap<u64, (usize, u64)>,
    values: Vec<Staged>,
    /// The one of them that was read last.
    open: Option<(usize, Box<dyn LargeReader>)>,
    changed: bool,
}

/// What lies below all.
enum Base {
    Nothing,
    Stored(Box<dyn LargeReader>),
    Staged(Staged, Option<Box<dyn LargeReader>>),
}

impl Layers {
    /// Over a value that an object holds.
    pub(super) fn over_stored(value: Box<dyn LargeReader>) -> Self {
        let size = value.size();
        Self::over(Base::Stored(value), size)
    }

    /// Over a value that was just staged.
    pub(super) fn over_staged(value: Staged) -> Self {
        let size = value.size();
        Self::over(Base::Staged(value, None), size)
    }

    /// Over these bytes, which are taken.
    pub(super) fn over_bytes(bytes: &mut Vec<u8>) -> Self {
        let bytes = std::mem::take(bytes);
        let mut layers = Self::over(Base::Nothing, len(&bytes));
        for (n, piece) in (0..).zip(bytes.chunks(PAGE)) {
            let mut page = piece.to_vec();
            page.resize(PAGE, 0);
            layers.pages.insert(n, page);
        }
        layers.kept = 0;
        layers.changed = true;
        layers
    }

    const fn over(base: Base, size: u64) -> Self {
        Self {
            base,
            kept: size,
            size,
            pages: BTreeMap::new(),
            spilled: BTreeMap::new(),
            values: Vec::new(),
            open: None,
            changed: false,
        }
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn read_at(&mut self, at: u64, buf: &mut [u8], call: &Call) -> Result<usize> {
        let rest = usize::try_from(self.size.saturating_sub(at)).unwrap_or(usize::MAX);
        let room = rest.min(buf.len());
        let buf = buf.get_mut(..room).unwrap_or_default();
        if buf.is_empty() {
            return Ok(0);
        }
        if self.pages.is_empty() && self.spilled.is_empty() {
            return self.read_base(at, buf, call);
        }
        let (n, inside) = place(at);
        let room = buf.len().min(PAGE - inside);
        let buf = buf.get_mut(..room).unwrap_or_default();
        if let Some(page) = self.pages.get(&n) {
            return Ok(copy_out(page, len_of(inside), buf));
        }
        match self.spilled.get(&n).copied() {
            Some((value, from)) => {
                self.spilled_value(value, call)?
                    .read_at(from + len_of(inside), buf, call)
            }
            None => self.read_base(at, buf, call),
        }
    }

    /// Reads what no page covers.
    fn read_base(&mut self, at: u64, buf: &mut [u8], call: &Call) -> Result<usize> {
        if at >= self.kept {
            buf.fill(0);
            return Ok(buf.len());
        }
        let rest = usize::try_from(self.kept - at).unwrap_or(usize::MAX);
        let room = rest.min(buf.len());
        let buf = buf.get_mut(..room).unwrap_or_default();
        match &mut self.base {
            Base::Nothing => Ok(0),
            Base::Stored(reader) | Base::Staged(_, Some(reader)) => reader.read_at(at, buf, call),
            Base::Staged(value, reader) => reader.insert(value.open(call)?).read_at(at, buf, call),
        }
    }

    fn spilled_value(&mut self, value: usize, call: &Call) -> Result<&mut Box<dyn LargeReader>> {
        let open = match self.open.take() {
            Some((at, reader)) if at == value => (at, reader),
            _ => {
                let staged = self.values.get(value).ok_or_else(lost)?;
                (value, staged.open(call)?)
            }
        };
        Ok(&mut self.open.insert(open).1)
    }

    /// Writes what goes into one page.
    pub(super) fn write_at(&mut self, at: u64, bytes: &[u8], desk: Desk<'_>) -> Result<usize> {
        if self.pages.len() >= PAGES {
            self.spill(desk)?;
        }
        let (n, inside) = place(at);
        let count = bytes.len().min(PAGE - inside);
        let page = self.page(n, count == PAGE, desk.call)?;
        for (to, from) in page.iter_mut().skip(inside).zip(bytes) {
            *to = *from;
        }
        self.size = self.size.max(at.saturating_add(len_of(count)));
        self.changed = true;
        Ok(count)
    }

    /// A page in memory, with what it holds unless all of it is about to be written.
    fn page(&mut self, n: u64, all: bool, call: &Call) -> Result<&mut Vec<u8>> {
        if !self.pages.contains_key(&n) {
            let mut page = vec![0; PAGE];
            let mut done = if all { PAGE } else { 0 };
            while let Some(rest) = page.get_mut(done..).filter(|r| !r.is_empty()) {
                let at = n.saturating_mul(len_of(PAGE)) + len_of(done);
                match self.read_at(at, rest, call)? {
                    0 => break,
                    count => done += count,
                }
            }
            self.spilled.remove(&n);
            self.pages.insert(n, page);
        }
        self.pages.get_mut(&n).ok_or_else(lost)
    }

    /// Stages the pages of memory as one value.
    fn spill(&mut self, desk: Desk<'_>) -> Result<()> {
        let mut stage = desk.store.stage(desk.call)?;
        for page in self.pages.values() {
            stage.write(page, desk.call)?;
        }
        let staged = stage.finish(desk.call)?;
        let value = self.values.len();
        let pages = std::mem::take(&mut self.pages).into_keys();
        let places = (0..).map(|at: u64| (value, at * len_of(PAGE)));
        self.spilled.extend(pages.zip(places));
        self.values.push(staged);
        Ok(())
    }

    pub(super) fn set_size(&mut self, size: u64, call: &Call) -> Result<()> {
        if size < self.size {
            let (n, inside) = place(size);
            if self.pages.contains_key(&n) || self.spilled.contains_key(&n) {
                // What is cut off must not come back when the value grows again.
                let page = self.page(n, false, call)?;
                page.truncate(inside);
                page.resize(PAGE, 0);
            }
            self.kept = self.kept.min(size);
            let gone = if inside == 0 { n } else { n + 1 };
            self.pages.split_off(&gone);
            self.spilled.split_off(&gone);
        }
        self.size = size;
        self.changed = true;
        Ok(())
    }

    /// The value as one that is staged, written anew unless it is one already.
    pub(super) fn whole(&mut self, desk: Desk<'_>) -> Result<Staged> {
        if let (Base::Staged(value, _), false) = (&self.base, self.changed) {
            return Ok(value.clone());
        }
        let mut stage = desk.store.stage(desk.call)?;
        let mut buf = vec![0; PIECE];
        let mut at = 0;
        loop {
            match self.read_at(at, &mut buf, desk.call)? {
                0 => break,
                n => {
                    stage.write(buf.get(..n).unwrap_or_default(), desk.call)?;
                    at += len_of(n);
                }
            }
        }
        let staged = stage.finish(desk.call)?;
        *self = Self::over_staged(staged.clone());
        Ok(staged)
    }
}

/// The page of an offset, and where in it.
fn place(at: u64) -> (u64, usize) {
    let page = len_of(PAGE);
    (at / page, usize::try_from(at % page).unwrap_or(0))
}

fn lost() -> mapi_spi::Error {
    mapi_spi::Error::new(
        mapi_props::Code::CALL_FAILED,
        "a changed part of the value is lost",
    )
}
