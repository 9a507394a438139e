//! Whether layers lie where the town lies. A wrong zone of the plane rectangular system, or X and Y exchanged, gives places that
//! are in Japan but not here; no file can tell, only the town's border can.

use super::refusal::{ImportError, Refuse};
use super::report::FileReport;

/// How far from the border of the town a layer may still be meant, degrees: about 10 km.
const NEAR_DEGREES: f64 = 0.1;

/// Checks every file against the town's own border, `[west, south, east, north]` in degrees (see
/// [`Bundle::own_bounds`](crate::Bundle::own_bounds)): a national file of boundaries holds a whole prefecture, in which another
/// town's files would lie as well. Without a border nothing can be said.
///
/// # Errors
/// The first file that lies nowhere near it.
pub fn check_fit(reports: &[FileReport], town: Option<[f64; 4]>) -> Result<(), ImportError> {
    let Some([w, s, e, n]) = town else {
        return Ok(());
    };
    for report in reports {
        let Some([west, south, east, north]) = report.bounds else {
            continue;
        };
        let meets = west <= e + NEAR_DEGREES
            && east >= w - NEAR_DEGREES
            && south <= n + NEAR_DEGREES
            && north >= s - NEAR_DEGREES;
        if !meets {
            return Err(Refuse(&report.file).wrong_place(format!(
                "市区町村から離れています。座標系の系番号か、X・Yの順を確かめてください / it lies at {west:.4} to {east:.4} east and \
                 {south:.4} to {north:.4} north, the town at {w:.4} to {e:.4} and {s:.4} to {n:.4}; accepted: files of the town; \
                 check the zone of {} and the order of X and Y",
                report.crs
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::check_fit;
    use crate::import::FileReport;

    fn report(kind: &str, bounds: [f64; 4]) -> FileReport {
        FileReport {
            file: format!("{kind}.zip"),
            kind: kind.into(),
            bounds: Some(bounds),
            ..FileReport::default()
        }
    }

    #[test]
    fn roads_of_another_town_are_not_the_towns() {
        let town = Some([143.0, 42.6, 143.3, 43.0]);
        let roads = "<osm><node id='1' lat='36.08' lon='140.11'/><node id='2' lat='36.09' lon='140.12'/>\
                     <way id='1'><nd ref='1'/><nd ref='2'/><tag k='highway' v='path'/></way></osm>";
        let (_, there) =
            crate::import::roads::read(super::Refuse("tsukuba.osm"), roads.as_bytes()).unwrap();
        let said = check_fit(&[there], town).unwrap_err().to_string();
        assert!(
            said.contains("tsukuba.osm") && said.contains("140.11"),
            "{said}"
        );
        let helsinki = roads.replace("36.0", "60.1").replace("140.1", "24.9");
        let said = crate::import::roads::read(super::Refuse("a.osm"), helsinki.as_bytes());
        assert!(said.unwrap_err().to_string().contains("日本の外"));
    }

    #[test]
    fn zones_in_another_prefecture_are_not_the_towns() {
        let town = Some([139.5, 35.5, 139.8, 35.65]);
        let near = report("flood_max", [139.4, 35.4, 139.9, 35.8]);
        let far = report("flood_max", [137.1, 35.5, 137.3, 35.6]);
        assert_eq!(check_fit(std::slice::from_ref(&near), town), Ok(()));
        assert_eq!(check_fit(&[near.clone(), far.clone()], None), Ok(()));
        let said = check_fit(&[near, far], town).unwrap_err().to_string();
        assert!(
            said.contains("flood_max.zip") && said.contains("137.1"),
            "{said}"
        );
    }
}
