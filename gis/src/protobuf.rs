//! The wire format of protocol buffers, as far as OpenStreetMap files, tiles and our own networks need it.
//!
//! Reading never allocates more than the bytes it was given, knows no recursion and refuses what does not end where it
//! says it ends. A generated reader would build one message per element first: a block of 32 MiB can ask for gigabytes.

/// A field of a message: its number and its value.
pub(crate) type Field<'a> = (u32, Value<'a>);

/// The value of a field. Groups are obsolete and refused; a string, a message and a packed list are all bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// A whole number.
    Number(u64),
    /// Bytes with a length before them.
    Bytes(&'a [u8]),
    /// Four or eight bytes of fixed size, which neither format uses where we look.
    Fixed,
}

/// The bytes are not what they say they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    /// The bytes end inside a value.
    #[error("the bytes end inside a value")]
    Truncated,
    /// A number has more than ten bytes.
    #[error("a number is longer than ten bytes")]
    Overlong,
    /// A kind of field that no current writer makes.
    #[error("a field of wire type {0}; accepted: 0, 1, 2, 5")]
    Kind(u8),
    /// A field is of another kind than the format says.
    #[error("field {0} is of another kind than the format says")]
    Unexpected(u32),
}

/// Writes a whole number, seven bits at a time, the lowest first.
pub(crate) fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "less than 0x80")]
    bytes.push(number as u8);
}

/// The fields of a message, one after the other. After an error it ends.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    left: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn of(message: &'a [u8]) -> Self {
        Self { left: message }
    }

    fn read(&mut self) -> Result<Field<'a>, WireError> {
        let key = number(&mut self.left)?;
        let field = u32::try_from(key >> 3).map_err(|_| WireError::Overlong)?;
        let value = match key & 7 {
            0 => Value::Number(number(&mut self.left)?),
            1 => self.fixed(8)?,
            2 => {
                let length = number(&mut self.left)?;
                let length = usize::try_from(length).map_err(|_| WireError::Truncated)?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.fixed(4)?,
            #[expect(clippy::cast_possible_truncation, reason = "three bits")]
            other => return Err(WireError::Kind(other as u8)),
        };
        Ok((field, value))
    }

    fn fixed(&mut self, length: usize) -> Result<Value<'a>, WireError> {
        self.take(length).map(|_| Value::Fixed)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (taken, left) = self
            .left
            .split_at_checked(length)
            .ok_or(WireError::Truncated)?;
        self.left = left;
        Ok(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let read = self.read();
        if read.is_err() {
            self.left = &[];
        }
        Some(read)
    }
}

impl<'a> Value<'a> {
    pub(crate) fn bytes(self, field: u32) -> Result<&'a [u8], WireError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Number(_) | Self::Fixed => Err(WireError::Unexpected(field)),
        }
    }

    pub(crate) fn number(self, field: u32) -> Result<u64, WireError> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Bytes(_) | Self::Fixed => Err(WireError::Unexpected(field)),
        }
    }
}

/// The numbers of a packed list.
#[derive(Clone, Debug)]
pub(crate) struct Packed<'a> {
    left: &'a [u8],
}

impl<'a> Packed<'a> {
    pub(crate) fn of(list: &'a [u8]) -> Self {
        Self { left: list }
    }
}

impl Iterator for Packed<'_> {
    type Item = Result<u64, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let read = number(&mut self.left);
        if read.is_err() {
            self.left = &[];
        }
        Some(read)
    }
}

/// A number of seven bits a byte, low bits first.
fn number(left: &mut &[u8]) -> Result<u64, WireError> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = left.split_first().ok_or(WireError::Truncated)?;
        *left = rest;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return Err(WireError::Overlong);
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(WireError::Overlong)
}

/// A signed number that was folded so that small ones stay short: 0, -1, 1, -2 became 0, 1, 2, 3.
pub(crate) fn unfolded(folded: u64) -> i64 {
    (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{Fields, Packed, Value, WireError, unfolded};

    proptest! {
        #[test]
        fn any_bytes_end_in_fields_or_an_error_and_never_in_more_fields_than_bytes(bytes: Vec<u8>) {
            let read = Fields::of(&bytes).count();
            prop_assert_eq!(read.min(bytes.len()), read);
        }
    }

    #[test]
    fn fields_are_read_in_their_order() {
        // 300 in field 1, "ab" in field 2, the list 1, 2, 300 in field 3.
        let bytes = [0x08, 0xac, 2, 0x12, 2, b'a', b'b', 0x1a, 4, 1, 2, 0xac, 2];
        let read: Result<Vec<_>, _> = Fields::of(&bytes).collect();
        let expected = vec![
            (1, Value::Number(300)),
            (2, Value::Bytes(b"ab")),
            (3, Value::Bytes(&[1, 2, 0xac, 2])),
        ];
        assert_eq!(read, Ok(expected));
        let list: Result<Vec<u64>, _> = Packed::of(&[1, 2, 0xac, 2]).collect();
        assert_eq!(list, Ok(vec![1, 2, 300]));
    }

    #[test]
    fn folded_numbers_unfold() {
        let unfolded: Vec<i64> = [0, 1, 2, 3, u64::MAX].map(unfolded).to_vec();
        assert_eq!(unfolded, [0, -1, 1, -2, i64::MIN]);
    }

    #[test]
    fn bytes_that_end_too_early_are_refused() {
        let read: Vec<_> = Fields::of(&[0x0a, 0x05, 0x01]).collect();
        assert_eq!(read, [Err(WireError::Truncated)]);
        let read: Vec<_> = Fields::of(&[0x08, 0xff]).collect();
        assert_eq!(read, [Err(WireError::Truncated)]);
    }

    #[test]
    fn a_number_that_does_not_fit_is_refused() {
        let mut bytes = vec![0x08];
        bytes.extend([0xff; 9]);
        bytes.push(0x02);
        let read: Vec<_> = Fields::of(&bytes).collect();
        assert_eq!(read, [Err(WireError::Overlong)]);
    }

    #[test]
    fn an_obsolete_group_is_refused() {
        let read: Vec<_> = Fields::of(&[0x0b]).collect();
        assert_eq!(read, [Err(WireError::Kind(3))]);
    }
}
