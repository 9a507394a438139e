//! Units as devices write them, and what a name and a unit together mean.

use crate::observation::Quantity;

/// A unit: what it measures and how it becomes ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    kind: Kind,
    factor: f64,
    /// Added before the factor.
    shift: f64,
}

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Length,
    Pressure,
    Temperature,
    Humidity,
    Charge,
    Percent,
    Voltage,
    Speed,
    Angle,
    RainRate,
}

/// The units of SenML (RFC 8428, RFC 8798), and how makers write the same ones.
#[rustfmt::skip]
const UNITS: [(&[&str], Kind, f64, f64); 30] = [
    (&["m", "metre", "meter", "metres", "meters"], Kind::Length, 1.0, 0.0),
    (&["cm", "centimetre", "centimeter"], Kind::Length, 0.01, 0.0),
    (&["mm", "millimetre", "millimeter"], Kind::Length, 0.001, 0.0),
    (&["km"], Kind::Length, 1000.0, 0.0),
    (&["ft", "feet", "foot"], Kind::Length, 0.3048, 0.0),
    (&["in", "inch", "inches"], Kind::Length, 0.0254, 0.0),
    (&["Pa", "pascal"], Kind::Pressure, 1.0, 0.0),
    (&["hPa", "mbar"], Kind::Pressure, 100.0, 0.0),
    (&["kPa"], Kind::Pressure, 1000.0, 0.0),
    (&["bar"], Kind::Pressure, 100_000.0, 0.0),
    (&["MPa"], Kind::Pressure, 1_000_000.0, 0.0),
    (&["psi"], Kind::Pressure, 6_894.757_293_168, 0.0),
    (&["Cel", "°C", "℃", "degC", "Celsius", "C"], Kind::Temperature, 1.0, 0.0),
    (&["K", "kelvin"], Kind::Temperature, 1.0, -273.15),
    (&["°F", "℉", "degF", "Fahrenheit", "F"], Kind::Temperature, 5.0 / 9.0, -32.0),
    (&["%RH"], Kind::Humidity, 1.0, 0.0),
    (&["%EL"], Kind::Charge, 1.0, 0.0),
    (&["%", "percent"], Kind::Percent, 1.0, 0.0),
    (&["V", "volt", "volts"], Kind::Voltage, 1.0, 0.0),
    (&["mV"], Kind::Voltage, 0.001, 0.0),
    (&["m/s", "m s-1", "m⋅s⁻¹"], Kind::Speed, 1.0, 0.0),
    (&["km/h"], Kind::Speed, 1.0 / 3.6, 0.0),
    (&["m/h"], Kind::Speed, 1.0 / 3600.0, 0.0),
    (&["kn", "kt", "knot", "knots"], Kind::Speed, 1852.0 / 3600.0, 0.0),
    (&["deg", "°", "degree", "degrees"], Kind::Angle, 1.0, 0.0),
    (&["rad"], Kind::Angle, 180.0 / std::f64::consts::PI, 0.0),
    (&["mm/h", "mm/hr"], Kind::RainRate, 1.0, 0.0),
    (&["mm/min"], Kind::RainRate, 60.0, 0.0),
    (&["in/h"], Kind::RainRate, 25.4, 0.0),
    (&["cm/h"], Kind::RainRate, 10.0, 0.0),
];

/// What a length is multiplied by to be rain.
pub(crate) const MM_PER_M: f64 = 1000.0;

/// Words that have one of ours in them and mean something else. After a space: only where a word begins, for
/// `eventrain` is rain.
const OTHER_WORDS: [&str; 21] = [
    "terrain",
    "drain",
    " train",
    " strain",
    " grain",
    " brain",
    "district",
    "distribut",
    "distinct",
    "disturb",
    " orange",
    " grange",
    "arrange",
    "strange",
    " snowy",
    " summer",
    " summit",
    " fair",
    " stair",
    " repair",
    "treatment",
];

/// A name in small letters, a space before each of its words, without [`OTHER_WORDS`].
pub(crate) fn telling_words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut before = ' ';
    for c in name.chars() {
        let begins = if c.is_alphabetic() {
            !before.is_alphabetic() || (before.is_lowercase() && c.is_uppercase())
        } else {
            before.is_alphabetic()
        };
        if begins {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
        before = c;
    }
    for other in OTHER_WORDS {
        if words.contains(other) {
            words = words.replace(other, " ");
        }
    }
    words
}

impl Unit {
    /// The unit that is written like this, if we know it. Case counts: `mPa` is not `MPa`.
    pub(crate) fn named(text: &str) -> Option<Self> {
        let text = text.trim();
        UNITS
            .iter()
            .find(|(names, ..)| names.contains(&text))
            .map(|&(_, kind, factor, shift)| Self {
                kind,
                factor,
                shift,
            })
    }

    /// A number of this unit, in metres, pascals, degrees Celsius and so on.
    pub(crate) fn to_ours(self, number: f64) -> f64 {
        // Thousandths are divided, not multiplied: 35.33 mm has to be the same number from every device.
        if self.factor < 1.0 && self.shift == 0.0 {
            let per_unit = 1.0 / self.factor;
            if (per_unit - per_unit.round()).abs() < 1e-9 {
                return number / per_unit.round();
            }
        }
        (number + self.shift) * self.factor
    }

    /// Whether its numbers become metres.
    pub(crate) fn is_length(self) -> bool {
        self.kind == Kind::Length
    }

    /// What a number of this unit is, when its name says so too; and by how much it is multiplied on top.
    pub(crate) fn quantity(self, name: &str) -> (Quantity, f64) {
        let name = telling_words(name);
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let one = |quantity| (quantity, 1.0);
        match self.kind {
            Kind::Length if says(&["rain", "precip"]) => {
                if says(&["total", "cumul", "counter", "sum"]) {
                    (Quantity::RainTotal, MM_PER_M)
                } else {
                    (Quantity::Rain, MM_PER_M)
                }
            }
            // Snow on the ground is no river.
            Kind::Length if says(&["snow"]) => one(Quantity::Other),
            Kind::Length if says(&["dist", "ullage", "range"]) => one(Quantity::DistanceToWater),
            Kind::Length if says(&["depth"]) => one(Quantity::WaterDepth),
            Kind::Length if says(&["level", "stage"]) => one(Quantity::WaterLevel),
            Kind::Length => one(Quantity::Length),
            Kind::Pressure if says(&["air", "baro", "atm"]) => one(Quantity::AirPressure),
            Kind::Pressure => one(Quantity::Pressure),
            Kind::Temperature => one(Quantity::Temperature),
            Kind::Humidity => one(Quantity::Humidity),
            Kind::Percent if says(&["humid"]) => one(Quantity::Humidity),
            Kind::Charge => one(Quantity::BatteryCharge),
            Kind::Percent if says(&["bat"]) => one(Quantity::BatteryCharge),
            Kind::Voltage if says(&["bat"]) => one(Quantity::BatteryVoltage),
            Kind::Speed if says(&["wind"]) => one(Quantity::WindSpeed),
            Kind::Angle if says(&["wind"]) => one(Quantity::WindDirection),
            Kind::RainRate => one(Quantity::RainRate),
            Kind::Percent | Kind::Voltage | Kind::Speed | Kind::Angle => one(Quantity::Other),
        }
    }

    /// Whether a number of this unit can be `quantity` at all: metres are no temperature.
    pub(crate) fn fits(self, quantity: Quantity) -> bool {
        matches!(
            (self.kind, quantity),
            (
                Kind::Length,
                Quantity::WaterLevel
                    | Quantity::DistanceToWater
                    | Quantity::WaterDepth
                    | Quantity::Rain
                    | Quantity::RainTotal
                    | Quantity::Length
            ) | (Kind::Pressure, Quantity::Pressure | Quantity::AirPressure)
                | (Kind::Temperature, Quantity::Temperature)
                | (Kind::Humidity | Kind::Percent, Quantity::Humidity)
                | (Kind::Charge | Kind::Percent, Quantity::BatteryCharge)
                | (Kind::Voltage, Quantity::BatteryVoltage)
                | (Kind::Speed, Quantity::WindSpeed)
                | (Kind::Angle, Quantity::WindDirection)
                | (Kind::RainRate, Quantity::RainRate)
        )
    }
}

/// A number with its unit in one text, as some decoders of makers write it: `1234 mm`, `3.3 V`, `25.00 °C`.
pub(super) fn number_with_unit(text: &str) -> Option<(f64, Unit)> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))
        .filter(|&end| end > 0)?;
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    number
        .is_finite()
        .then_some(())
        .and_then(|()| Some((number, Unit::named(unit)?)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ours(number: f64, unit: &str) -> f64 {
        Unit::named(unit).unwrap().to_ours(number)
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these are exact on purpose")]
    fn every_unit_becomes_ours() {
        assert_eq!(ours(1234.0, "mm"), 1.234);
        assert_eq!(ours(35.0, "cm"), 0.35);
        assert_eq!(ours(2.5, "m"), 2.5);
        assert_eq!(ours(10.0, "ft"), 3.048);
        assert_eq!(ours(1006.3, "hPa"), 100_630.0);
        assert_eq!(ours(3.3, "V"), 3.3);
        assert_eq!(ours(3300.0, "mV"), 3.3);
        assert!((ours(10.0, "inch") - 0.254).abs() < 1e-12);
        assert!((ours(212.0, "°F") - 100.0).abs() < 1e-9);
        assert!((ours(273.15, "K")).abs() < 1e-9);
        assert!((ours(36.0, "km/h") - 10.0).abs() < 1e-12);
    }

    #[test]
    fn a_unit_we_do_not_know_is_not_guessed() {
        for unknown in ["furlong", "M", "MM", "", "lon", "mPa"] {
            assert_eq!(Unit::named(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn metres_mean_what_their_name_says() {
        let metres = Unit::named("m").unwrap();
        for (name, quantity) in [
            ("water_level", Quantity::WaterLevel),
            ("Distance", Quantity::DistanceToWater),
            ("depth", Quantity::WaterDepth),
            ("snow_depth", Quantity::Other),
            ("rain", Quantity::Rain),
            ("Cumulative precipitation", Quantity::RainTotal),
            ("rain_m", Quantity::Rain),
            ("eventrain", Quantity::Rain),
            ("distance_m", Quantity::DistanceToWater),
            ("x", Quantity::Length),
        ] {
            assert_eq!(metres.quantity(name).0, quantity, "{name}");
        }
    }

    #[test]
    fn a_word_within_another_word_says_nothing() {
        let metres = Unit::named("m").unwrap();
        for (name, quantity) in [
            ("drain_level_m", Quantity::WaterLevel),
            ("Storm drain level", Quantity::WaterLevel),
            ("stormdrainLevel", Quantity::WaterLevel),
            ("Terrain level", Quantity::WaterLevel),
            ("train_station_level", Quantity::WaterLevel),
            ("trainLevel", Quantity::WaterLevel),
            ("District 3 level", Quantity::WaterLevel),
            ("distribution_canal_level", Quantity::WaterLevel),
            ("Grange Road level", Quantity::WaterLevel),
            ("Snowy River level", Quantity::WaterLevel),
            // What is said besides counts as before.
            ("Storm drain rain", Quantity::Rain),
            ("Summer rain", Quantity::Rain),
            ("District rain total", Quantity::RainTotal),
            ("drain_distance", Quantity::DistanceToWater),
        ] {
            assert_eq!(metres.quantity(name).0, quantity, "{name}");
        }
        let pascals = Unit::named("Pa").unwrap();
        for (name, quantity) in [
            ("Fairview pressure", Quantity::Pressure),
            ("treatment plant pressure", Quantity::Pressure),
            ("airPressure", Quantity::AirPressure),
            ("Fairview air pressure", Quantity::AirPressure),
        ] {
            assert_eq!(pascals.quantity(name).0, quantity, "{name}");
        }
    }

    #[test]
    fn strings_with_units_of_makers_decoders_are_read() {
        let read = |text| number_with_unit(text).map(|(number, unit)| unit.to_ours(number));
        assert_eq!(read("1234 mm"), Some(1.234));
        assert_eq!(read("3.3 V"), Some(3.3));
        assert_eq!(read("-25.00 °C"), Some(-25.0));
        assert_eq!(read("1234mm"), Some(1.234));
        for none in ["1234", "mm", "", "1..2 mm", "NULL", "1 parsec", "é 3 mm"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
