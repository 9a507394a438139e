//! Packed files: gzip and zip, unpacked in memory within limits. Nothing is ever written to a path that an archive names.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::refusal::{ImportError, Refuse};
use super::settings::TextEncoding;
use super::text::strict;

/// Most bytes of one file, packed or not.
pub(crate) const BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Up to this size anything may unpack; beyond it not further than text and maps do.
const FREE_BYTES: u64 = 64 * 1024 * 1024;
const RATIO_MAX: u64 = 100;
const MEMBERS_MAX: usize = 10_000;

/// A file that came out of an archive, or the file itself.
pub(crate) struct Member<'a> {
    pub(crate) name: String,
    pub(crate) bytes: Cow<'a, [u8]>,
}

/// The files in it: itself where it is not packed.
pub(crate) fn unpack<'a>(
    refuse: Refuse,
    name: &str,
    bytes: &'a [u8],
) -> Result<Vec<Member<'a>>, ImportError> {
    if bytes.len() as u64 > BYTES_MAX {
        return Err(refuse.too_large("bytes", BYTES_MAX));
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let name = name.strip_suffix(".gz").unwrap_or(name).to_owned();
        let unpacked = read(
            refuse,
            "gzip",
            MultiGzDecoder::new(bytes),
            bytes.len() as u64,
            0,
        )?;
        return Ok(vec![Member {
            name,
            bytes: Cow::Owned(unpacked),
        }]);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return unzip(refuse, bytes);
    }
    Ok(vec![Member {
        name: name.to_owned(),
        bytes: Cow::Borrowed(bytes),
    }])
}

fn unzip<'a>(refuse: Refuse, bytes: &[u8]) -> Result<Vec<Member<'a>>, ImportError> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|why| refuse.unreadable("zip", why))?;
    if archive.len() > MEMBERS_MAX {
        return Err(refuse.too_large("files in a zip", MEMBERS_MAX as u64));
    }
    let mut members = Vec::new();
    let mut unpacked_so_far = 0;
    for n in 0..archive.len() {
        let file = archive
            .by_index(n)
            .map_err(|why| refuse.unreadable("zip", why))?;
        let name = member_name(file.name_raw());
        if !is_safe(&name) {
            return Err(refuse.refused(
                "a name in the zip",
                format!("{name:?}"),
                "names that stay inside the archive, without .., drive letters and leading slashes",
            ));
        }
        if file.is_dir() || !is_wanted(&name) {
            continue;
        }
        let unpacked = read(refuse, "zip", file, bytes.len() as u64, unpacked_so_far)?;
        unpacked_so_far += unpacked.len() as u64;
        members.push(Member {
            name,
            bytes: Cow::Owned(unpacked),
        });
    }
    Ok(members)
}

/// Reads to the end or to the limit. A file that unpacks a hundredfold is a bomb, whatever it says about itself.
fn read(
    refuse: Refuse,
    format: &'static str,
    from: impl Read,
    packed: u64,
    before: u64,
) -> Result<Vec<u8>, ImportError> {
    let limit = FREE_BYTES
        .saturating_add(packed.saturating_mul(RATIO_MAX))
        .min(BYTES_MAX);
    let left = limit.saturating_sub(before);
    let mut unpacked = Vec::new();
    from.take(left + 1)
        .read_to_end(&mut unpacked)
        .map_err(|why| refuse.unreadable(format, why))?;
    if unpacked.len() as u64 > left {
        return Err(refuse.too_large("bytes after unpacking", limit));
    }
    Ok(unpacked)
}

/// Names in archives are UTF-8 or, from Japanese Windows, CP932.
fn member_name(raw: &[u8]) -> String {
    strict(raw, TextEncoding::Utf8)
        .or_else(|| strict(raw, TextEncoding::Cp932))
        .unwrap_or_else(|| String::from_utf8_lossy(raw))
        .replace('\\', "/")
}

fn is_safe(name: &str) -> bool {
    !name.starts_with('/')
        && !name.contains(['\0', ':'])
        && name.split('/').all(|part| part != "..")
        && name.len() < 1_000
}

/// What can be part of geodata; previews, manuals and the like are not even unpacked.
fn is_wanted(name: &str) -> bool {
    const WANTED: [&str; 14] = [
        "shp", "dbf", "prj", "cpg", "geojson", "json", "gml", "xml", "fgb", "gpkg", "csv", "txt",
        "osm", "pbf",
    ];
    let lower = name.to_ascii_lowercase();
    let base = lower.rsplit('/').next().unwrap_or_default();
    let extension = base.rsplit_once('.').map(|(_, extension)| extension);
    !base.starts_with('.')
        && !lower.starts_with("__macosx/")
        && extension.is_some_and(|extension| WANTED.contains(&extension))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::{Refuse, is_safe, unpack};

    fn zipped(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(name, options).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn an_archive_whose_names_lead_out_of_it_is_refused_by_name() {
        for name in [
            "../../etc/passwd.csv",
            "a/../../b.csv",
            "/etc/cron.d/x.csv",
            "C:/x.csv",
            "..\\..\\x.csv",
        ] {
            let said = unpack(Refuse("x.zip"), "x.zip", &zipped(name, b"a"))
                .err()
                .unwrap()
                .to_string();
            assert!(said.contains("names that stay inside"), "{name}: {said}");
        }
        assert!(is_safe("A31a-24_23_GML/A31a..shp"));
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit_whether_gzip_or_zip() {
        let zeros = vec![0; 300 * 1024 * 1024];
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(&zeros).unwrap();
        for (name, bomb) in [
            ("x.gz", packer.finish().unwrap()),
            ("x.zip", zipped("x.csv", &zeros)),
        ] {
            let allowed = bomb.len() as u64 * super::RATIO_MAX + super::FREE_BYTES;
            assert!(
                allowed < zeros.len() as u64,
                "{name} is packed too loosely to be a bomb"
            );
            let said = unpack(Refuse(name), name, &bomb)
                .err()
                .map(|why| why.to_string());
            assert!(
                said.as_ref()
                    .is_some_and(|said| said.contains("bytes after unpacking")),
                "{name}: {said:?}"
            );
        }
    }

    #[test]
    fn a_cut_archive_is_told() {
        let whole = zipped("x.csv", &[b'a'; 10_000]);
        assert!(unpack(Refuse("x.zip"), "x.zip", &whole[..whole.len() / 2]).is_err());
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(&[b'a'; 10_000]).unwrap();
        let packed = packer.finish().unwrap();
        assert!(unpack(Refuse("x.gz"), "x.gz", &packed[..packed.len() / 2]).is_err());
    }
}
