//! Taking numbers off the front of a frame.

use crate::payload::Unreadable;

/// What is left of a frame.
pub(super) struct Bytes<'f> {
    all: usize,
    rest: &'f [u8],
}

impl<'f> Bytes<'f> {
    pub(super) fn of(frame: &'f [u8]) -> Self {
        Self {
            all: frame.len(),
            rest: frame,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes have been taken.
    pub(super) fn taken(&self) -> usize {
        self.all - self.rest.len()
    }

    pub(super) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Unreadable> {
        let Some((taken, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(Unreadable::WrongBytes(format!(
                "it is truncated: {what} needs {N} bytes at byte {}, and {} are left",
                self.taken(),
                self.rest.len()
            )));
        };
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn slice(&mut self, count: usize, what: &str) -> Result<&'f [u8], Unreadable> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(Unreadable::WrongBytes(format!(
                "it is truncated: {what} needs {count} bytes at byte {}, and {} are left",
                self.taken(),
                self.rest.len()
            )));
        };
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn u8(&mut self, what: &str) -> Result<u8, Unreadable> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    pub(super) fn u16_be(&mut self, what: &str) -> Result<u16, Unreadable> {
        self.array(what).map(u16::from_be_bytes)
    }

    pub(super) fn i16_be(&mut self, what: &str) -> Result<i16, Unreadable> {
        self.array(what).map(i16::from_be_bytes)
    }

    pub(super) fn u16_le(&mut self, what: &str) -> Result<u16, Unreadable> {
        self.array(what).map(u16::from_le_bytes)
    }

    pub(super) fn i16_le(&mut self, what: &str) -> Result<i16, Unreadable> {
        self.array(what).map(i16::from_le_bytes)
    }

    pub(super) fn u32_le(&mut self, what: &str) -> Result<u32, Unreadable> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// Nothing may be left: what nobody reads could be what matters.
    pub(super) fn end(&self, device: &str) -> Result<(), Unreadable> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Unreadable::WrongBytes(format!(
                "it has {} bytes; this frame of {device} has {}",
                self.all,
                self.taken()
            )))
        }
    }
}
