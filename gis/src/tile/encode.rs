//! Vector tiles (Mapbox Vector Tile 2.1) as bytes.

use std::collections::HashMap;

use super::mercator::EXTENT;
use super::theme::Value;
use crate::protobuf::push_number;

/// Steps of a geometry: commands and folded differences, ready to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Geometry {
    numbers: Vec<u32>,
    cursor: [i32; 2],
}

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

impl Geometry {
    /// Points, all under one command.
    pub(super) fn points(&mut self, points: &[[i32; 2]]) {
        self.command(MOVE_TO, points.len());
        for at in points {
            self.step(*at);
        }
    }

    /// A line of at least two corners.
    pub(super) fn line(&mut self, corners: &[[i32; 2]]) {
        self.command(MOVE_TO, 1);
        self.step(corners[0]);
        self.command(LINE_TO, corners.len() - 1);
        for at in &corners[1..] {
            self.step(*at);
        }
    }

    /// A ring of at least three corners, the first not repeated.
    pub(super) fn ring(&mut self, corners: &[[i32; 2]]) {
        self.line(corners);
        self.command(CLOSE_PATH, 1);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Numbers written so far, a measure of its size.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    fn command(&mut self, id: u32, count: usize) {
        let count = u32::try_from(count).expect("a tile holds fewer corners than 2^29");
        self.numbers.push(count << 3 | id);
    }

    fn step(&mut self, to: [i32; 2]) {
        for (before, to) in self.cursor.iter().zip(to) {
            let step = to - before;
            self.numbers.push((step << 1 ^ step >> 31).cast_unsigned());
        }
        self.cursor = to;
    }
}

/// Kind of a geometry, as the format numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Points = 1,
    Lines = 2,
    Areas = 3,
}

/// The one layer of a tile.
pub(super) struct Layer {
    message: Message,
    keys: Vec<&'static str>,
    key_index: HashMap<&'static str, u32>,
    values: Vec<Vec<u8>>,
    value_index: HashMap<Vec<u8>, u32>,
}

impl Layer {
    pub(super) fn named(name: &str) -> Self {
        let mut message = Message::default();
        message.number(15, 2);
        message.bytes(1, name.as_bytes());
        Self {
            message,
            keys: Vec::new(),
            key_index: HashMap::new(),
            values: Vec::new(),
            value_index: HashMap::new(),
        }
    }

    /// Adds a feature. What is unknown has no tag.
    pub(super) fn feature<'a>(
        &mut self,
        id: Option<u32>,
        kind: Kind,
        geometry: &Geometry,
        tags: impl Iterator<Item = (&'static str, &'a Value)>,
    ) {
        let mut pairs = Vec::new();
        for (key, value) in tags {
            if let Some(value) = encoded(value) {
                pairs.extend([self.key(key), self.value(value)]);
            }
        }
        let mut feature = Message::default();
        if let Some(id) = id {
            feature.number(1, id.into());
        }
        if !pairs.is_empty() {
            feature.packed(2, &pairs);
        }
        feature.number(3, kind as u64);
        feature.packed(4, &geometry.numbers);
        self.message.bytes(2, &feature.0);
    }

    /// The tile with this layer.
    pub(super) fn tile(mut self) -> Vec<u8> {
        for key in &self.keys {
            self.message.bytes(3, key.as_bytes());
        }
        for value in &self.values {
            self.message.bytes(4, value);
        }
        self.message.number(5, EXTENT.unsigned_abs().into());
        let mut tile = Message::default();
        tile.bytes(3, &self.message.0);
        tile.0
    }

    fn key(&mut self, key: &'static str) -> u32 {
        *self.key_index.entry(key).or_insert_with(|| {
            self.keys.push(key);
            small(self.keys.len() - 1)
        })
    }

    fn value(&mut self, value: Vec<u8>) -> u32 {
        if let Some(known) = self.value_index.get(&value) {
            return *known;
        }
        let index = small(self.values.len());
        self.values.push(value.clone());
        self.value_index.insert(value, index);
        index
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("a tile holds fewer values than 2^32")
}

fn encoded(value: &Value) -> Option<Vec<u8>> {
    let mut message = Message::default();
    match value {
        Value::Unknown => return None,
        Value::Text(text) => message.bytes(1, text.as_bytes()),
        Value::Measure(number) => message.double(3, *number),
        Value::Whole(number) => message.number(6, (number << 1 ^ number >> 63).cast_unsigned()),
        Value::Flag(flag) => message.number(7, u64::from(*flag)),
    }
    Some(message.0)
}

/// Writes the wire format of protocol buffers. A message inside another is written on its own first, because its length
/// stands before it.
#[derive(Clone, Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(&mut self, field: u32, number: u64) {
        self.varint(u64::from(field << 3));
        self.varint(number);
    }

    fn double(&mut self, field: u32, number: f64) {
        self.varint(u64::from(field << 3 | 1));
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.varint(u64::from(field << 3 | 2));
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn packed(&mut self, field: u32, numbers: &[u32]) {
        let length: usize = numbers.iter().map(|n| varint_length(*n)).sum();
        self.varint(u64::from(field << 3 | 2));
        self.varint(length as u64);
        self.0.reserve(length);
        for number in numbers {
            self.varint(u64::from(*number));
        }
    }

    fn varint(&mut self, number: u64) {
        push_number(&mut self.0, number);
    }
}

fn varint_length(number: u32) -> usize {
    let bits = (u32::BITS - number.leading_zeros()).max(1);
    bits.div_ceil(7) as usize
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{Geometry, Message};
    use crate::protobuf::{Fields, Packed, Value};

    proptest! {
        #[test]
        fn what_is_written_is_read_again(number: u64, bytes: Vec<u8>, list: Vec<u32>) {
            let mut message = Message::default();
            message.number(1, number);
            message.bytes(2, &bytes);
            message.packed(3, &list);
            message.double(16, 1.5);
            let read: Vec<_> = Fields::of(&message.0).collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(read[0], (1, Value::Number(number)));
            prop_assert_eq!(read[1], (2, Value::Bytes(&bytes)));
            let packed = read[2].1.bytes(3).unwrap();
            let again: Vec<u64> = Packed::of(packed).collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(again, list.into_iter().map(u64::from).collect::<Vec<_>>());
            prop_assert_eq!(read[3], (16, Value::Fixed));
        }
    }

    /// The example of the specification: a polygon at 3,6 8,12 20,34.
    #[test]
    fn a_ring_is_written_as_in_the_specification() {
        let mut geometry = Geometry::default();
        geometry.ring(&[[3, 6], [8, 12], [20, 34]]);
        assert_eq!(geometry.numbers, [9, 6, 12, 18, 10, 12, 24, 44, 15]);
    }

    /// Another one: two lines, the second from where the first ended.
    #[test]
    fn the_cursor_goes_on_from_line_to_line() {
        let mut geometry = Geometry::default();
        geometry.line(&[[2, 2], [2, 10], [10, 10]]);
        geometry.line(&[[1, 1], [3, 5]]);
        assert_eq!(
            geometry.numbers,
            [9, 4, 4, 18, 0, 16, 16, 0, 9, 17, 17, 10, 4, 8]
        );
    }
}
