//! Ground heights: the national elevation models in GML, and PLATEAU's terrain of triangles put on the same kind of grid.

mod dem;
mod tin;

use super::refusal::{ImportError, Refuse};
use super::report::FileReport;
use super::settings::Settings;
use super::text::Decoded;
use crate::LayerKind;
use crate::crs::{Crs, Datum};
use crate::import::collect::moved_in_2011;

pub(super) use dem::{DEM, read_dem};
pub(super) use tin::{TIN, read_tin};

const NO_HEIGHT: f64 = -9_000.0;

fn report(refuse: Refuse, format: &'static str) -> FileReport {
    FileReport {
        file: refuse.0.to_owned(),
        kind: LayerKind::Elevation.key().to_owned(),
        format,
        ..FileReport::default()
    }
}

/// Which system its places are in, and writes into the report what was used and where it was stated.
fn declare(
    report: &mut FileReport,
    refuse: Refuse,
    settings: &Settings,
    srs: Option<&str>,
    text: &Decoded<'_>,
) -> Result<Crs, ImportError> {
    let stated = srs
        .map(Crs::from_name)
        .transpose()
        .map_err(|why| ImportError::Crs {
            file: refuse.0.to_owned(),
            why,
        })?;
    let (crs, from) = match (settings.crs, stated) {
        (Some(said), _) => (said, "--crs"),
        (None, Some((crs, _))) => (crs, "srsName"),
        (None, None) => {
            return Err(ImportError::NeedsCrs {
                file: refuse.0.to_owned(),
                hint: String::new(),
            });
        }
    };
    if !crs.is_geographic() {
        return Err(refuse.refused(
            "crs",
            crs,
            "longitude and latitude: elevation grids are cut by degrees",
        ));
    }
    report.crs = crs.to_string();
    from.clone_into(&mut report.crs_from);
    report.encoding = Some(text.encoding.name().to_owned());
    report.encoding_from = Some(text.from.clone());
    Ok(crs)
}

fn finish(
    report: &mut FileReport,
    crs: Crs,
    read: usize,
    heights_cm: &[Option<i32>],
    bounds: [f64; 4],
) {
    let known = heights_cm.iter().filter(|height| height.is_some()).count();
    report.read = u32::try_from(read).unwrap_or(u32::MAX);
    report.accepted = report.read;
    report.points = known as u64;
    report.bounds = Some(bounds);
    report.by_class.insert(
        "標高あり height known".into(),
        u32::try_from(known).unwrap_or(u32::MAX),
    );
    report.by_class.insert(
        "標高なし no height".into(),
        u32::try_from(heights_cm.len() - known).unwrap_or(u32::MAX),
    );
    if crs.datum() == Datum::Jgd2000 && moved_in_2011(bounds) {
        report.warnings.push(
            "測地成果2000の標高をそのまま使いました。2011年の地震で動いた地域では位置が最大数m、標高が1mほどまで異なります \
             / heights of JGD2000 are used as they are; where the ground moved in 2011 their places differ by up to some metres \
             and the heights by up to about one: much of the coast of Tohoku lies lower now"
                .into(),
        );
    }
    if known == 0 {
        report
            .warnings
            .push("標高が一つもありません / there is not one height in it".into());
    }
}

fn centimetres(height_m: f64) -> Option<i32> {
    let known = height_m.is_finite() && height_m > NO_HEIGHT && height_m < 9_000.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below a million centimetres"
    )]
    known.then(|| (height_m * 100.0).round() as i32)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers have checked that it is whole and small"
)]
fn whole(number: f64) -> u32 {
    number as u32
}
