//! The rules of Mapbox Vector Tile 2.1, checked on the bytes. Written from the specification; shares no code with the
//! writer.

use std::collections::BTreeSet;

/// A feature as its tile tells it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) id: Option<u64>,
    pub(crate) kind: u64,
    /// Rings, lines or points, in steps of the tile.
    pub(crate) parts: Vec<Vec<[i64; 2]>>,
    /// Index into keys and values.
    pub(crate) tags: Vec<(String, Vec<u8>)>,
}

/// A tile's only layer.
#[derive(Debug)]
pub(crate) struct SeenLayer {
    pub(crate) name: String,
    pub(crate) features: Vec<Seen>,
}

/// Steps around a tile that may be drawn.
const MARGIN: i64 = 64;

/// Reads a tile and asserts every rule on the way.
pub(crate) fn checked(tile: &[u8]) -> SeenLayer {
    let layers: Vec<_> = fields(tile);
    assert_eq!(layers.len(), 1, "one layer");
    assert_eq!(layers[0].0, 3, "field 3 of a tile is its layers");
    let layer = fields(layers[0].1.bytes());
    let one = |number: u64| {
        let mut found = layer.iter().filter(|(n, _)| *n == number);
        let value = found
            .next()
            .unwrap_or_else(|| panic!("field {number} of the layer is missing"))
            .1;
        assert!(found.next().is_none(), "field {number} stands twice");
        value
    };
    assert_eq!(one(15).number(), 2, "version 2");
    assert_eq!(one(5).number(), 4096, "extent");
    let all = |number: u64| -> Vec<&[u8]> {
        layer
            .iter()
            .filter(|(n, _)| *n == number)
            .map(|(_, v)| v.bytes())
            .collect()
    };
    let (keys, values) = (all(3), all(4));
    assert_eq!(
        keys.iter().collect::<BTreeSet<_>>().len(),
        keys.len(),
        "keys are unique"
    );
    assert_eq!(
        values.iter().collect::<BTreeSet<_>>().len(),
        values.len(),
        "values are unique"
    );
    for value in &values {
        assert_eq!(fields(value).len(), 1, "a value has exactly one kind");
    }
    let features = all(2)
        .into_iter()
        .map(|bytes| feature(bytes, &keys, &values))
        .collect::<Vec<_>>();
    assert!(!features.is_empty(), "a layer has a feature");
    let ids: Vec<u64> = features.iter().filter_map(|f| f.id).collect();
    assert_eq!(
        ids.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "ids are unique"
    );
    SeenLayer {
        name: String::from_utf8(one(1).bytes().to_vec()).unwrap(),
        features,
    }
}

fn feature(bytes: &[u8], keys: &[&[u8]], values: &[&[u8]]) -> Seen {
    let mut seen = Seen {
        id: None,
        kind: 0,
        parts: Vec::new(),
        tags: Vec::new(),
    };
    let mut geometry = Vec::new();
    for (number, value) in fields(bytes) {
        match number {
            1 => seen.id = Some(value.number()),
            2 => {
                let tags = packed(value.bytes());
                assert_eq!(tags.len() % 2, 0, "tags come in pairs");
                let mut used = BTreeSet::new();
                for pair in tags.chunks(2) {
                    let key = keys[usize::try_from(pair[0]).unwrap()];
                    assert!(used.insert(key), "a key stands once in a feature");
                    let value = values[usize::try_from(pair[1]).unwrap()];
                    seen.tags
                        .push((String::from_utf8(key.to_vec()).unwrap(), value.to_vec()));
                }
            }
            3 => seen.kind = value.number(),
            4 => geometry = packed(value.bytes()),
            other => panic!("field {other} of a feature"),
        }
    }
    assert!(!geometry.is_empty(), "a feature has a geometry");
    seen.parts = parts(seen.kind, &geometry);
    seen
}

fn parts(kind: u64, numbers: &[u64]) -> Vec<Vec<[i64; 2]>> {
    let mut parts: Vec<Vec<[i64; 2]>> = Vec::new();
    let mut cursor = [0_i64; 2];
    let mut at = 0;
    let mut expected = 1;
    while at < numbers.len() {
        let (command, count) = (numbers[at] & 7, numbers[at] >> 3);
        at += 1;
        assert_eq!(command, expected, "commands come in their order");
        assert!(count > 0, "a command is done at least once");
        if command == 7 {
            assert_eq!(count, 1);
            close(parts.last().unwrap(), parts.len());
            expected = 1;
            continue;
        }
        match (kind, command) {
            (1, 1) => assert_eq!(parts.len(), 0, "all points stand under one command"),
            (2, 1) => assert_eq!(count, 1),
            (2, 2) => assert!(count >= 1),
            (3, 1) => assert_eq!(count, 1),
            (3, 2) => assert!(count >= 2, "a ring has at least three corners"),
            other => panic!("kind and command {other:?}"),
        }
        if command == 1 {
            parts.push(Vec::new());
        }
        for _ in 0..count {
            let step = [0, 1].map(|n| {
                let folded = numbers[at + n];
                (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed()
            });
            at += 2;
            assert!(command != 2 || step != [0, 0], "a line goes somewhere");
            cursor = [cursor[0] + step[0], cursor[1] + step[1]];
            for n in cursor {
                assert!(
                    (-MARGIN..=4096 + MARGIN).contains(&n),
                    "{n} lies outside tile and margin"
                );
            }
            parts.last_mut().unwrap().push(cursor);
        }
        expected = match (kind, command) {
            (1, _) | (2, 2) => 1,
            (_, 1) => 2,
            _ => 7,
        };
    }
    assert!(expected == 1 || kind == 1, "the last part is whole");
    if kind == 3 {
        enclosed(&parts);
    }
    parts
}

fn close(ring: &[[i64; 2]], number: usize) {
    assert_ne!(ring.first(), ring.last(), "closing goes somewhere");
    assert_ne!(area2(ring), 0, "ring {number} encloses something: {ring:?}");
}

/// The first ring is an outer one; every hole lies in the box of the outer ring before it.
fn enclosed(rings: &[Vec<[i64; 2]>]) {
    assert!(area2(&rings[0]) > 0, "the first ring is an outer one");
    let mut outer = &rings[0];
    for ring in rings {
        if area2(ring) > 0 {
            outer = ring;
        }
        for n in 0..2 {
            let range = |ring: &[[i64; 2]]| {
                let all = ring.iter().map(|at| at[n]);
                (all.clone().min().unwrap(), all.max().unwrap())
            };
            let (inner, around) = (range(ring), range(outer));
            assert!(
                around.0 <= inner.0 && inner.1 <= around.1,
                "a hole lies in its outer ring"
            );
        }
        assert!(area2(ring).abs() <= area2(outer));
    }
}

/// Twice the area by the surveyor's formula, positive for outer rings.
pub(crate) fn area2(ring: &[[i64; 2]]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
        .sum()
}

#[derive(Clone, Copy, Debug)]
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Double,
}

impl<'a> Field<'a> {
    fn number(self) -> u64 {
        match self {
            Field::Number(number) => number,
            other => panic!("{other:?} is no number"),
        }
    }

    fn bytes(self) -> &'a [u8] {
        match self {
            Field::Bytes(bytes) => bytes,
            other => panic!("{other:?} is no list of bytes"),
        }
    }
}

fn fields(mut left: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !left.is_empty() {
        let key = varint(&mut left);
        let value = match key & 7 {
            0 => Field::Number(varint(&mut left)),
            1 => {
                left = &left[8..];
                Field::Double
            }
            2 => {
                let length = usize::try_from(varint(&mut left)).unwrap();
                let (bytes, rest) = left.split_at(length);
                left = rest;
                Field::Bytes(bytes)
            }
            other => panic!("wire type {other}"),
        };
        fields.push((key >> 3, value));
    }
    fields
}

fn packed(mut left: &[u8]) -> Vec<u64> {
    let mut numbers = Vec::new();
    while !left.is_empty() {
        numbers.push(varint(&mut left));
    }
    numbers
}

fn varint(left: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = left[0];
        *left = &left[1..];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return number;
        }
    }
    panic!("a number without end")
}
