//! Issuing units from town points: each cell of the one-eighth mesh goes to the nearest town point, each town point to the
//! unit the rules name, and the cells of a unit melt into one outline, cut at the city's border.

use std::collections::BTreeMap;

use geo::{BooleanOps, BoundingRect, MultiPolygon, Point, unary_union};
use hinan_gis::projection::LocalPlane;

use crate::Failure;
use crate::blocks::block;
use crate::cells::Eighth;
use crate::rules::{Rules, UnitRule};
use crate::sources::Sources;

/// Which unit each cell belongs to, by the unit's position in the rules, and where the units' towns are.
pub(crate) struct Units {
    cells: BTreeMap<(i32, i32), usize>,
    pub(crate) outlines: Vec<MultiPolygon<f64>>,
    pub(crate) town_middles: Vec<Point<f64>>,
}

impl Units {
    /// The unit of a cell near the city.
    pub(crate) fn of(&self, cell: Eighth) -> Option<usize> {
        self.cells.get(&(cell.1, cell.0)).copied()
    }
}

pub(crate) fn units(
    rules: &Rules,
    sources: &Sources,
    plane: &LocalPlane,
) -> Result<Units, Failure> {
    let towns = sources
        .towns
        .iter()
        .map(|(name, at)| Ok((plane.metres((*at).into()), unit_of(&rules.units, name)?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    let bounds = sources
        .border
        .bounding_rect()
        .ok_or("the border encloses nothing")?;
    let (first, last) = Eighth::range(bounds);
    // Keyed by row and then column, so that the cells of a row follow each other.
    let mut cells = BTreeMap::new();
    for row in first.1..=last.1 {
        for column in first.0..=last.0 {
            let centre = plane.metres(Eighth(column, row).centre().into());
            let nearest = towns
                .iter()
                .map(|(town, unit)| ((town.x - centre.x).hypot(town.y - centre.y), *unit));
            let (_, unit) = nearest
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .ok_or("there is no town point")?;
            cells.insert((row, column), unit);
        }
    }
    let outlines = runs(&cells, rules.units.len())
        .iter()
        .map(|runs| {
            unary_union(
                runs.iter()
                    .map(|(from, to)| from.run_to(*to))
                    .collect::<Vec<_>>()
                    .iter(),
            )
        })
        .map(|melted| melted.intersection(&sources.border))
        .collect();
    let town_middles = (0..rules.units.len())
        .map(|unit| middle(rules, sources, unit))
        .collect::<Result<_, Failure>>()?;
    Ok(Units {
        cells,
        outlines,
        town_middles,
    })
}

/// Neighbouring cells of a row that belong to the same unit, by unit.
fn runs(cells: &BTreeMap<(i32, i32), usize>, units: usize) -> Vec<Vec<(Eighth, Eighth)>> {
    let mut runs: Vec<Vec<(Eighth, Eighth)>> = vec![Vec::new(); units];
    for (&(row, column), &unit) in cells {
        let cell = Eighth(column, row);
        match runs[unit].last_mut() {
            Some((_, last)) if *last == Eighth(column - 1, row) => *last = cell,
            _ => runs[unit].push((cell, cell)),
        }
    }
    runs
}

/// The one unit a town name belongs to.
fn unit_of(units: &[UnitRule], town: &str) -> Result<usize, Failure> {
    let owners: Vec<usize> = (0..units.len())
        .filter(|n| holds(&units[*n], town))
        .collect();
    match owners[..] {
        [only] => Ok(only),
        [] => Err(format!(
            "rules.toml: {town} belongs to no unit; each town point must belong to exactly one"
        )
        .into()),
        [a, b, ..] => Err(format!(
            "rules.toml: {town} belongs to {} and {}",
            units[a].id, units[b].id
        )
        .into()),
    }
}

fn holds(unit: &UnitRule, town: &str) -> bool {
    let by_block = block(town).is_some_and(|block| {
        unit.blocks
            .iter()
            .any(|(side, jo_min, jo_max, half, chome_min, chome_max)| {
                *side == block.side
                    && *half == block.half
                    && (*jo_min..=*jo_max).contains(&block.jo)
                    && (*chome_min..=*chome_max).contains(&block.chome)
            })
    });
    by_block
        || unit
            .towns
            .iter()
            .any(|beginning| town.starts_with(beginning.as_str()))
}

fn middle(rules: &Rules, sources: &Sources, unit: usize) -> Result<Point<f64>, Failure> {
    let rule = &rules.units[unit];
    let mine = sources.towns.iter().filter(|(name, _)| holds(rule, name));
    let (sum, n) = mine.fold((Point::new(0.0, 0.0), 0.0), |(sum, n), (_, at)| {
        (sum + *at, n + 1.0)
    });
    if n < 1.0 {
        return Err(format!("rules.toml: no town point belongs to {}", rule.id).into());
    }
    Ok(Point::new(sum.x() / n, sum.y() / n))
}
