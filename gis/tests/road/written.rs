//! Small maps written by the tests themselves, as XML and as PBF.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

/// A map of nodes and ways.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    nodes: Vec<Node>,
    ways: Vec<Way>,
}

#[derive(Clone, Debug)]
struct Node {
    id: i64,
    lon_e7: i64,
    lat_e7: i64,
    tags: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Way {
    id: i64,
    nodes: Vec<i64>,
    tags: Vec<(String, String)>,
}

/// A corner of the maps: Obihiro.
pub(crate) const ORIGIN_E7: [i64; 2] = [1_432_000_000, 429_000_000];
/// About a metre east and north there, ten-millionths of a degree.
const METRE_E7: [f64; 2] = [122.38, 90.02];

impl Written {
    /// A node so many metres east and north of the corner.
    #[expect(clippy::cast_possible_truncation, reason = "a town is small")]
    pub(crate) fn node(
        mut self,
        id: i64,
        east_m: f64,
        north_m: f64,
        tags: &[(&str, &str)],
    ) -> Self {
        self.nodes.push(Node {
            id,
            lon_e7: ORIGIN_E7[0] + (east_m * METRE_E7[0]).round() as i64,
            lat_e7: ORIGIN_E7[1] + (north_m * METRE_E7[1]).round() as i64,
            tags: owned(tags),
        });
        self
    }

    pub(crate) fn way(mut self, id: i64, nodes: &[i64], tags: &[(&str, &str)]) -> Self {
        self.ways.push(Way {
            id,
            nodes: nodes.to_vec(),
            tags: owned(tags),
        });
        self
    }

    pub(crate) fn xml(&self) -> String {
        let tags = |tags: &[(String, String)]| -> String {
            let one = |(k, v): &(String, String)| format!("<tag k='{k}' v='{v}'/>");
            tags.iter().map(one).collect()
        };
        let mut text = "<?xml version='1.0' encoding='UTF-8'?>\n<osm version='0.6'>\n".to_owned();
        for node in &self.nodes {
            let place = format!(
                "lat='{}' lon='{}'",
                degrees(node.lat_e7),
                degrees(node.lon_e7)
            );
            text += &format!(
                "<node id='{}' {place}>{}</node>\n",
                node.id,
                tags(&node.tags)
            );
        }
        for way in &self.ways {
            let nodes: String = way
                .nodes
                .iter()
                .map(|n| format!("<nd ref='{n}'/>"))
                .collect();
            text += &format!("<way id='{}'>{nodes}{}</way>\n", way.id, tags(&way.tags));
        }
        text + "</osm>\n"
    }

    pub(crate) fn xml_gz(&self) -> Vec<u8> {
        gz(self.xml().as_bytes())
    }

    /// PBF with dense nodes when `dense`, else with plain ones; packed by zlib when `packed`.
    pub(crate) fn pbf(&self, dense: bool, packed: bool) -> Vec<u8> {
        let header = message(&[field(4, b"OsmSchema-V0.6"), field(4, b"DenseNodes")]);
        let mut file = blob("OSMHeader", &header, packed);
        file.extend(blob("OSMData", &self.block(dense), packed));
        file
    }

    fn block(&self, dense: bool) -> Vec<u8> {
        let mut strings: Vec<String> = vec![String::new()];
        let mut text = |text: &str| {
            let at = strings
                .iter()
                .position(|one| one == text)
                .unwrap_or_else(|| {
                    strings.push(text.to_owned());
                    strings.len() - 1
                });
            at as u64
        };
        let mut groups = Vec::new();
        if dense {
            let (mut ids, mut lats, mut lons, mut words) = (vec![], vec![], vec![], vec![]);
            let mut before = [0_i64; 3];
            for node in &self.nodes {
                let now = [node.id, node.lat_e7, node.lon_e7];
                for (list, n) in [&mut ids, &mut lats, &mut lons].into_iter().zip(0..3) {
                    list.extend(varint(zigzag(now[n] - before[n])));
                }
                before = now;
                for (key, value) in &node.tags {
                    words.extend(varint(text(key)));
                    words.extend(varint(text(value)));
                }
                words.push(0);
            }
            let nodes = message(&[
                field(1, &ids),
                field(8, &lats),
                field(9, &lons),
                field(10, &words),
            ]);
            groups.push(field(2, &nodes));
        } else {
            for node in &self.nodes {
                let (keys, values) = lists(&node.tags, &mut text);
                let one = message(&[
                    number(1, zigzag(node.id)),
                    field(2, &keys),
                    field(3, &values),
                    number(8, zigzag(node.lat_e7)),
                    number(9, zigzag(node.lon_e7)),
                ]);
                groups.push(field(1, &one));
            }
        }
        for way in &self.ways {
            let (keys, values) = lists(&way.tags, &mut text);
            let mut nodes = Vec::new();
            let mut before = 0;
            for node in &way.nodes {
                nodes.extend(varint(zigzag(node - before)));
                before = *node;
            }
            let one = message(&[
                number(1, way.id.cast_unsigned()),
                field(2, &keys),
                field(3, &values),
                field(8, &nodes),
            ]);
            groups.push(field(3, &one));
        }
        let table: Vec<Vec<u8>> = strings.iter().map(|s| field(1, s.as_bytes())).collect();
        message(&[field(1, &message(&table)), field(2, &message(&groups))])
    }
}

fn owned(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

fn degrees(e7: i64) -> String {
    format!("{}.{:07}", e7 / 10_000_000, e7 % 10_000_000)
}

fn lists(tags: &[(String, String)], text: &mut impl FnMut(&str) -> u64) -> (Vec<u8>, Vec<u8>) {
    let keys = tags.iter().flat_map(|(key, _)| varint(text(key))).collect();
    let values = tags
        .iter()
        .flat_map(|(_, value)| varint(text(value)))
        .collect();
    (keys, values)
}

/// A blob with its header.
pub(crate) fn blob(kind: &str, data: &[u8], packed: bool) -> Vec<u8> {
    let data = if packed {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
        packer.write_all(data).unwrap();
        message(&[
            number(2, data.len() as u64),
            field(3, &packer.finish().unwrap()),
        ])
    } else {
        message(&[field(1, data)])
    };
    let header = message(&[field(1, kind.as_bytes()), number(3, data.len() as u64)]);
    let mut bytes = u32::try_from(header.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(header);
    bytes.extend(data);
    bytes
}

pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

pub(crate) fn message(fields: &[Vec<u8>]) -> Vec<u8> {
    fields.concat()
}

pub(crate) fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = varint(number << 3 | 2);
    out.extend(varint(bytes.len() as u64));
    out.extend_from_slice(bytes);
    out
}

pub(crate) fn number(field: u64, number: u64) -> Vec<u8> {
    let mut out = varint(field << 3);
    out.extend(varint(number));
    out
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap());
    out
}

pub(crate) fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}
