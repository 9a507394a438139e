//! One feature after the other: from the numbers of the file to a checked place in Japan and typed facts.

use geo::{Coord, MultiLineString, Point};

use super::interpret::Interpreter;
use super::raw::{RawFeature, RawShape};
use super::refusal::{ImportError, Refuse};
use super::report::{FileReport, Notice, REFUSALS_LISTED_MAX};
use super::settings::Settings;
use crate::bundle::snapped;
use crate::crs::{Axes, Crs, CrsError, Datum, Projector};
use crate::map_file::is_in_japan;
use crate::repair::{self, Fault, Found};
use crate::{Facts, Feature, Layer, LayerKind, Shape, area_m2};

/// Most features and points of one file. All Japan's flood zones have 746,301 and 6.6 million.
pub(crate) const FEATURES_MAX: u32 = 5_000_000;
const POINTS_MAX: u64 = 100_000_000;
/// Most points of one feature.
pub(crate) const FEATURE_POINTS_MAX: usize = 10_000_000;
/// Most values of one feature.
pub(crate) const FIELDS_MAX: usize = 10_000;

/// What a reader knows about its file before the first feature.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// The coordinate system the file states, if it does.
    pub(crate) crs: Option<Result<Crs, CrsError>>,
    /// Where it states it.
    pub(crate) crs_from: String,
    /// Axis order by the habit of the format.
    pub(crate) axes: Option<Axes>,
    /// What the file says its features are.
    pub(crate) kind: Option<LayerKind>,
    /// Encoding, and where it was stated.
    pub(crate) encoding: Option<(String, String)>,
}

/// Called with the bytes that are done.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(u64);

pub(crate) struct Collector<'a> {
    pub(crate) refuse: Refuse<'a>,
    settings: &'a Settings,
    progress: Progress<'a>,
    report: FileReport,
    begun: Option<Begun>,
    features: Vec<Feature>,
    bounds: Option<[f64; 4]>,
    /// Pairs out of Japan that would be in it with their numbers exchanged, and pairs that are where they should be.
    swapped: u32,
    in_place: u32,
    first_swapped: Option<(u32, Coord<f64>)>,
    /// The largest number of any pair in the file.
    largest: f64,
    /// Points of all features, refused ones included.
    looked_at: u64,
    tell_at: u32,
}

/// Everything that is fixed once the file has said what it has to say.
struct Begun {
    kind: LayerKind,
    crs: Crs,
    axes: Axes,
    projector: Projector,
    interpreter: Interpreter,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(
        file: &'a str,
        format: &'static str,
        settings: &'a Settings,
        progress: Progress<'a>,
    ) -> Self {
        Self {
            refuse: Refuse(file),
            settings,
            progress,
            report: FileReport {
                file: file.to_owned(),
                format,
                ..FileReport::default()
            },
            begun: None,
            features: Vec::new(),
            bounds: None,
            swapped: 0,
            in_place: 0,
            first_swapped: None,
            largest: 0.0,
            looked_at: 0,
            tell_at: 0,
        }
    }

    pub(crate) fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// What the reader learned; to be called before the first feature.
    pub(crate) fn declare(&mut self, declared: Declared) -> Result<(), ImportError> {
        let kind = self.kind(declared.kind)?;
        let (crs, stated) = self.crs(&declared)?;
        let (axes, axes_from) = match (self.settings.axes, declared.axes) {
            (Some(said), _) => (said, "--axes"),
            (None, Some(habit)) => (habit, "the habit of the format"),
            (None, None) => (Axes::EastFirst, "the habit of all formats but GML"),
        };
        axes_from.clone_into(&mut self.report.axes_from);
        self.report.axes = match axes {
            Axes::EastFirst => "east-first".to_owned(),
            Axes::NorthFirst => "north-first".to_owned(),
        };
        self.report.kind = kind.key().to_owned();
        self.report.crs = crs.to_string();
        self.report.crs_from = stated;
        if let Some((name, from)) = declared.encoding {
            self.report.encoding = Some(name);
            self.report.encoding_from = Some(from);
        }
        let projector = Projector::new(crs).map_err(|why| {
            self.refuse
                .refused("crs", crs, format!("a system that can be computed: {why}"))
        })?;
        self.begun = Some(Begun {
            kind,
            crs,
            axes,
            projector,
            interpreter: Interpreter::new(kind, self.settings),
        });
        Ok(())
    }

    fn kind(&self, declared: Option<LayerKind>) -> Result<LayerKind, ImportError> {
        match (self.settings.kind, declared) {
            (None, None) => Err(self.refuse.refused(
                "kind",
                "auto",
                "the kind of layer, because this file does not say what it shows",
            )),
            (Some(said), Some(declared)) if said != declared => Err(self.refuse.refused(
                "kind",
                said,
                format!(
                    "{declared} (the file itself says that it shows {}, {})",
                    declared.words_ja(),
                    declared.words_en()
                ),
            )),
            (Some(kind), _) | (None, Some(kind)) => Ok(kind),
        }
    }

    fn crs(&mut self, declared: &Declared) -> Result<(Crs, String), ImportError> {
        let file = self.refuse.0.to_owned();
        let said = self.settings.crs;
        match (said, &declared.crs) {
            (Some(said), None) => Ok((said, "--crs".to_owned())),
            (Some(said), Some(stated)) => {
                if *stated != Ok(said) {
                    let stated = match stated {
                        Ok(crs) => crs.to_string(),
                        Err(why) => why.to_string(),
                    };
                    self.warn(format!(
                        "指定された座標系 {said} を使い、ファイルの記載は使いません \
                         / the system given is used instead of what the file states: {stated}"
                    ));
                }
                Ok((said, "--crs".to_owned()))
            }
            (None, Some(Ok(crs))) => Ok((*crs, declared.crs_from.clone())),
            (None, Some(Err(why))) => Err(ImportError::Crs {
                file,
                why: why.clone(),
            }),
            (None, None) => Err(ImportError::NeedsCrs {
                file,
                hint: declared.crs_from.clone(),
            }),
        }
    }

    /// Tells how far it has come.
    pub(crate) fn done(&mut self, bytes: u64) {
        if self.report.read >= self.tell_at {
            (self.progress)(bytes);
            self.tell_at = self.report.read + 500;
        }
    }

    pub(crate) fn warn(&mut self, text: String) {
        const WARNINGS_MAX: usize = 100;
        if self.report.warnings.len() < WARNINGS_MAX && !self.report.warnings.contains(&text) {
            self.report.warnings.push(text);
        }
    }

    /// Takes in one feature: accepted, repaired, or refused with its reason.
    pub(crate) fn feature(&mut self, raw: RawFeature) -> Result<(), ImportError> {
        self.report.read += 1;
        if self.report.read > FEATURES_MAX {
            return Err(self.refuse.too_large("features", u64::from(FEATURES_MAX)));
        }
        let number = raw.number;
        match self.place(raw) {
            Ok(feature) => self.accept(feature),
            Err(Left::File(why)) => return Err(why),
            Err(Left::Feature(why, at)) => self.refuse_feature(number, why, at),
        }
        if self.report.points > POINTS_MAX {
            return Err(self.refuse.too_large("points", POINTS_MAX));
        }
        Ok(())
    }

    /// Counts a feature that its reader could not even read.
    pub(crate) fn refuse_read(&mut self, number: u32, why: String) -> Result<(), ImportError> {
        self.report.read += 1;
        if self.report.read > FEATURES_MAX {
            return Err(self.refuse.too_large("features", u64::from(FEATURES_MAX)));
        }
        self.refuse_feature(number, why, None);
        Ok(())
    }

    fn refuse_feature(&mut self, feature: u32, why: String, at: Option<Coord<f64>>) {
        self.report.refused += 1;
        if self.report.refusals.len() < REFUSALS_LISTED_MAX {
            let at = at.map(|at| [at.x, at.y]);
            self.report.refusals.push(Notice { feature, why, at });
        }
    }

    fn place(&mut self, mut raw: RawFeature) -> Result<Feature, Left> {
        let number = raw.number;
        let Some(begun) = &mut self.begun else {
            return Err(Left::File(self.refuse.refused(
                "kind",
                "nothing",
                "a file that says what it is before its first feature",
            )));
        };
        // A cell of the regional mesh is in degrees whatever the file is in.
        let (mut shape, is_cell) = match raw.shape.take() {
            Some(shape) => (shape, false),
            None => match begun.interpreter.shape_of_fields(&raw) {
                Some(cell) => (cell, true),
                None => return Err(Left::feature("位置がありません", "it has no place", None)),
            },
        };
        self.looked_at += shape.points() as u64;
        if self.looked_at > POINTS_MAX {
            return Err(Left::File(self.refuse.too_large("points", POINTS_MAX)));
        }
        if shape.points() > FEATURE_POINTS_MAX {
            let why = format!("more than {FEATURE_POINTS_MAX} points");
            return Err(Left::feature("点が多すぎます", &why, None));
        }
        let mut wrong: Option<(Coord<f64>, Coord<f64>)> = None;
        let (axes, projector) = (begun.axes, &begun.projector);
        let mut largest = self.largest;
        shape.for_each(|pair| {
            largest = largest.max(pair.x.abs()).max(pair.y.abs());
            let east_first = match axes {
                Axes::NorthFirst if !is_cell => Coord {
                    x: pair.y,
                    y: pair.x,
                },
                _ => *pair,
            };
            let projected = if is_cell {
                Some(east_first)
            } else {
                projector.to_degrees(east_first)
            };
            match projected.filter(|at| is_in_japan(*at)) {
                Some(at) => *pair = snapped(at),
                None => {
                    wrong.get_or_insert((*pair, projected.unwrap_or(east_first)));
                }
            }
        });
        self.largest = largest;
        if let Some((pair, at)) = wrong {
            return Err(self.outside(number, pair, at));
        }
        self.in_place += 1;
        let shape = self.sound(number, shape)?;
        let Some(begun) = &mut self.begun else {
            return Err(Left::feature("未開始", "not begun", None));
        };
        let facts = begun
            .interpreter
            .facts(&raw, &shape, &mut self.report)
            .map_err(|why| match why {
                super::interpret::Unclear::File {
                    key,
                    value,
                    accepted,
                } => Left::File(self.refuse.refused(&key, value, accepted)),
                super::interpret::Unclear::Feature(why) => Left::Feature(why, middle(&shape)),
            })?;
        Ok(Feature {
            number,
            shape,
            facts,
        })
    }

    /// Why a pair is not in Japan, as far as it can be told.
    fn outside(&mut self, number: u32, pair: Coord<f64>, at: Coord<f64>) -> Left {
        let Some(begun) = &self.begun else {
            return Left::feature("未開始", "not begun", None);
        };
        let exchanged = match begun.axes {
            Axes::EastFirst => Coord {
                x: pair.y,
                y: pair.x,
            },
            Axes::NorthFirst => pair,
        };
        if begun.crs.is_geographic() && is_in_japan(exchanged) {
            self.swapped += 1;
            self.first_swapped.get_or_insert((number, pair));
            let why = format!(
                "{} {} would be in Japan the other way round",
                pair.x, pair.y
            );
            return Left::feature("経度と緯度が逆です", &why, None);
        }
        let why = format!(
            "{} {} is {:.6} {:.6} in {}; accepted: longitude 122 to 154.5 and latitude 20 to 46.5",
            pair.x, pair.y, at.x, at.y, begun.crs
        );
        Left::feature("日本の外です", &why, None)
    }

    fn sound(&mut self, number: u32, shape: RawShape) -> Result<Shape, Left> {
        let mended = match shape {
            RawShape::Point(at) => return Ok(Shape::Point(Point::from(at))),
            RawShape::Lines(lines) => return sound_lines(lines),
            RawShape::Polygons(polygons) => repair::mend(&polygons),
            RawShape::Patches(patches) => repair::join(&patches),
            RawShape::Rings(rings) => {
                let nested = repair::nested(rings)
                    .ok_or_else(|| Left::feature("環が多すぎます", "too many rings", None))?;
                repair::mend(&nested.polygons).map(|mut mended| {
                    // Which way a loose ring winds is a matter of the format, not of the file.
                    mended.found.retain(|found| found.fault != Fault::Winding);
                    mended.found.extend(nested.unclear.map(|at| Found {
                        fault: Fault::RoleByPlace,
                        at,
                    }));
                    mended.found.sort_by_key(|found| found.fault);
                    mended
                })
            }
        };
        let mended = mended.map_err(|found| {
            let (ja, en) = found.fault.words();
            *self.report.faults.entry(found.fault).or_default() += 1;
            Left::feature(ja, en, Some(found.at))
        })?;
        for found in &mended.found {
            *self.report.faults.entry(found.fault).or_default() += 1;
        }
        let grave = mended
            .found
            .iter()
            .rev()
            .find(|found| !found.fault.is_untidy());
        if let Some(found) = grave {
            self.report.repaired += 1;
            if self.report.repairs.len() < REFUSALS_LISTED_MAX {
                let (ja, en) = found.fault.words();
                self.report.repairs.push(Notice {
                    feature: number,
                    why: format!("{ja} / {en}"),
                    at: Some([found.at.x, found.at.y]),
                });
            }
        } else if !mended.found.is_empty() {
            self.report.tidied += 1;
        }
        Ok(Shape::Area(mended.area))
    }

    fn accept(&mut self, feature: Feature) {
        self.report.accepted += 1;
        let points = match &feature.shape {
            Shape::Point(_) => 1,
            Shape::Lines(lines) => lines.iter().map(|l| l.0.len()).sum(),
            Shape::Area(area) => {
                let m2 = area_m2(area);
                *self.report.area_m2.get_or_insert(0.0) += m2;
                if let Some(class) = class(&feature.facts) {
                    *self.report.area_by_class_m2.entry(class).or_default() += m2;
                }
                area.iter()
                    .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
                    .map(|ring| ring.0.len())
                    .sum::<usize>()
            }
        };
        let rect = feature.shape.bounds();
        self.report.points += points as u64;
        if let Some(class) = class(&feature.facts) {
            *self.report.by_class.entry(class).or_default() += 1;
        }
        if let Some(people) = people(&feature.facts) {
            *self.report.people.get_or_insert(0) += u64::from(people);
        }
        if let Some(rect) = rect {
            let [w, s, e, n] = self
                .bounds
                .unwrap_or([f64::MAX, f64::MAX, f64::MIN, f64::MIN]);
            self.bounds = Some([
                w.min(rect.min().x),
                s.min(rect.min().y),
                e.max(rect.max().x),
                n.max(rect.max().y),
            ]);
        }
        self.features.push(feature);
    }

    /// The layer and what became of the file.
    pub(crate) fn finish(mut self) -> Result<(Layer, FileReport), ImportError> {
        let Some(begun) = self.begun.take() else {
            return Err(self.refuse.unreadable("features", "there are none in it"));
        };
        if let Some((number, pair)) = self.first_swapped
            && self.swapped > self.in_place
        {
            let (axes, other) = match begun.axes {
                Axes::EastFirst => ("経度・緯度 longitude first", "north-first"),
                Axes::NorthFirst => ("緯度・経度 latitude first", "east-first"),
            };
            return Err(self.refuse.wrong_place(format!(
                "{axes} として読むと日本の外です。経度と緯度が逆です / read so, {} features lie outside Japan, and inside with \
                 their numbers exchanged; the first is feature {number} at {} {}; accepted: --axes {other} if the file is right",
                self.swapped, pair.x, pair.y
            )));
        }
        if !begun.crs.is_geographic() && !self.features.is_empty() && self.largest <= 180.0 {
            return Err(self.refuse.wrong_place(format!(
                "座標の値は度のようです（最大 {}）が、座標系は {} です / its numbers look like degrees, none is above {}, but the system \
                 is one of metres; accepted: --crs with a system of longitude and latitude",
                self.largest, begun.crs, self.largest
            )));
        }
        if self.report.read > 0 && self.features.is_empty() {
            let why = self
                .report
                .refusals
                .first()
                .map_or_else(String::new, |first| {
                    format!("; feature {}: {}", first.feature, first.why)
                });
            return Err(self.refuse.wrong_place(format!(
                "{}件すべてを取り込めません / none of its {} features can be used{why}",
                self.report.read, self.report.read
            )));
        }
        if begun.crs.datum() == Datum::Jgd2000 && self.bounds.is_some_and(moved_in_2011) {
            self.warn(
                "測地成果2000の座標をそのまま2011として使いました。2011年の地震で動いた地域では差があります（東北の太平洋岸では数m） \
                 / coordinates of JGD2000 are used as JGD2011; where the ground moved in 2011 they differ, on the Pacific coast \
                 of Tohoku by metres"
                    .to_owned(),
            );
        }
        let codes: Vec<String> = self
            .report
            .unknown_codes
            .iter()
            .map(|(code, count)| format!("{code} × {count}"))
            .collect();
        if !codes.is_empty() {
            self.warn(format!(
                "意味の分からないコードがあります。区域は残し、深さ・種別は「不明」とします / codes that no list explains; the \
                 zones stay, their class is unknown: {}",
                codes.join(", ")
            ));
        }
        self.report.bounds = self.bounds;
        let layer = Layer {
            kind: begun.kind,
            source: self.report.file.clone(),
            attribution: self.settings.attribution.clone(),
            features: self.features,
        };
        Ok((layer, self.report))
    }
}

/// Why a feature, or the whole file, is left out.
enum Left {
    Feature(String, Option<Coord<f64>>),
    File(ImportError),
}

impl Left {
    fn feature(ja: &str, en: &str, at: Option<Coord<f64>>) -> Self {
        Self::Feature(format!("{ja} / {en}"), at)
    }
}

fn sound_lines(lines: Vec<Vec<Coord<f64>>>) -> Result<Shape, Left> {
    let lines: MultiLineString<f64> = lines
        .into_iter()
        .map(|mut line| {
            line.dedup();
            line
        })
        .filter(|line| line.len() >= 2)
        .map(geo::LineString::new)
        .collect();
    if lines.0.is_empty() {
        return Err(Left::feature(
            "長さのない線です",
            "a line without length",
            None,
        ));
    }
    Ok(Shape::Lines(lines))
}

fn middle(shape: &Shape) -> Option<Coord<f64>> {
    shape.bounds().map(|rect| rect.center())
}

fn class(facts: &Facts) -> Option<String> {
    let unknown = || "不明 unknown".to_owned();
    match facts {
        Facts::Depth(zone) => Some(zone.depth.map_or_else(unknown, |depth| depth.words_ja())),
        Facts::Duration(zone) => Some(
            zone.duration
                .map_or_else(unknown, |d| d.words_ja().to_owned()),
        ),
        Facts::Landslide(area) => {
            let zone = area
                .zone
                .map_or_else(unknown, |zone| zone.words().0.to_owned());
            let what = area
                .phenomenon
                .map_or_else(unknown, |what| what.words().0.to_owned());
            Some(format!("{zone}・{what}"))
        }
        _ => None,
    }
}

fn people(facts: &Facts) -> Option<u32> {
    match facts {
        Facts::Population(cell) => Some(cell.people),
        Facts::District(district) => district.people,
        _ => None,
    }
}

/// Whether any of it may lie in the twenty prefectures whose positions were revised in 2011.
pub(super) fn moved_in_2011([_, south, east, north]: [f64; 4]) -> bool {
    east > 135.4 && north > 34.8 && south < 41.6
}
