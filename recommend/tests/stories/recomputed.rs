//! A stranger with the printed derivation and nothing else works the chance, the arrival and the deadline out again.

use hinan_recommend::{Limit, UnitAdvice, Workings, explain_from};
use jiff::{SignedDuration, Timestamp};

use super::made::{ask_by, forecast, gauge, japan, one_unit, outlook, rising};

/// Lead in hours, median, chances with their levels.
type Lead = (f64, f64, Vec<(f64, f64)>);

/// What stands in the text, as a reader without the program reads it.
#[derive(Debug, Default)]
struct Read {
    made_at: Option<Timestamp>,
    observed_m: Option<f64>,
    rise: Option<f64>,
    leads: Vec<Lead>,
    arrives_m: Option<f64>,
    early: Option<Timestamp>,
    middle: Option<Timestamp>,
    chance_percent: Option<f64>,
    /// Of level 4: until when everybody is safe, the terms, and the deadline.
    deadline: Option<(Timestamp, Vec<f64>, Timestamp)>,
    /// Sum of the middles.
    middle_min: Option<f64>,
    /// Moment of deciding and the chance to be too late, per cent.
    waits: Vec<(Timestamp, f64)>,
}

fn moment(of: &str) -> Option<Timestamp> {
    let (day, rest) = of.trim().split_at_checked(10)?;
    let time: String = rest.trim().chars().take(8).collect();
    // To the second, or to the minute with whatever follows.
    let has_seconds = time.as_bytes().get(6).is_some_and(u8::is_ascii_digit);
    let time = if has_seconds {
        time
    } else {
        format!("{}:00", time.get(..5)?)
    };
    format!("{day}T{time}+09:00").parse().ok()
}

fn after<'t>(line: &'t str, words: &str) -> Option<&'t str> {
    line.split_once(words).map(|(_, rest)| rest)
}

fn number(of: &str) -> Option<f64> {
    let own: String = of
        .trim()
        .chars()
        .take_while(|c| c.is_ascii_digit() || "+-.".contains(*c))
        .collect();
    own.parse().ok()
}

fn read(text: &str) -> Read {
    let mut read = Read::default();
    for line in text.lines() {
        if let Some(rest) = after(line, "予測 forecast ") {
            read.made_at = moment(rest);
        }
        if let Some(rest) = after(line, "観測 observed ") {
            read.observed_m = number(rest);
        }
        if let Some(rest) = after(line, "上昇 rise ") {
            read.rise = number(rest);
        }
        if let Some(rest) = after(line, "lead_h=") {
            let points = after(rest, "quantiles ").unwrap_or("");
            let points = points
                .split_whitespace()
                .filter_map(|pair| {
                    let (p, level_m) = pair.split_once(':')?;
                    Some((p.parse().ok()?, number(level_m)?))
                })
                .collect();
            let median = after(rest, "median ").and_then(number).expect("a median");
            read.leads
                .push((number(rest).expect("hours"), median, points));
        }
        if let Some(rest) = after(line, "到達: 早い側") {
            read.early = after(rest, ") ").and_then(moment);
            read.middle = after(rest, "中央 ").and_then(moment);
        }
        if let Some((before, _)) = line.split_once(" mに達した時を到達とし") {
            read.arrives_m = before.rsplit(' ').next().and_then(number);
        }
        if let Some(rest) = after(line, "見通せる時間内に来る確率 ") {
            read.chance_percent = number(rest);
        }
        if let Some(rest) = after(line, "警戒レベル4の期限 ") {
            let terms = after(rest, "[").unwrap_or("");
            let terms = terms.split(" + ").filter_map(|term| {
                let minutes = term.split_once('分').map(|(before, _)| before)?;
                minutes.rsplit(' ').next().and_then(number)
            });
            read.deadline = moment(rest)
                .zip(after(rest, "= ").and_then(moment))
                .map(|(by, safe_by)| (safe_by, terms.collect(), by));
        }
        if let Some(rest) = after(line, "middle sum ") {
            read.middle_min = number(rest);
        }
        if let Some((wait, chance)) = line.split_once("間に合わない確率 ")
            && let Some((at, percent)) = after(wait, "分後 ").and_then(moment).zip(number(chance))
        {
            read.waits.push((at, percent));
        }
    }
    read
}

/// By the rules of the text: straight lines between the points, and beyond them a tail that loses nine tenths on the way to the median.
struct Curve {
    points: Vec<(f64, f64)>,
    fades: (f64, f64),
}

impl Curve {
    fn of((_, median, points): &(f64, f64, Vec<(f64, f64)>)) -> Self {
        let fade = |end: f64| ((end - median).abs() / 10f64.ln()).max(0.001);
        Self {
            fades: (fade(points[0].1), fade(points[points.len() - 1].1)),
            points: points.clone(),
        }
    }

    /// Part of the way from this one to a later one.
    fn towards(&self, later: &Self, share: f64) -> Self {
        let mix = |a: f64, b: f64| a + share * (b - a);
        let pairs = self.points.iter().zip(&later.points);
        Self {
            points: pairs.map(|(a, b)| (a.0, mix(a.1, b.1))).collect(),
            fades: (
                mix(self.fades.0, later.fades.0),
                mix(self.fades.1, later.fades.1),
            ),
        }
    }

    fn chance(&self, level_m: f64) -> f64 {
        let (low, high) = (self.points[0], self.points[self.points.len() - 1]);
        if level_m > high.1 {
            return (1.0 - high.0) * (-(level_m - high.1) / self.fades.1).exp();
        }
        if level_m <= low.1 {
            return 1.0 - low.0 * (-(low.1 - level_m) / self.fades.0).exp();
        }
        let pair = self.points.windows(2).find(|pair| level_m <= pair[1].1);
        let pair = pair.expect("between the ends");
        let share = (level_m - pair[0].1) / (pair[1].1 - pair[0].1);
        1.0 - (pair[0].0 + share * (pair[1].0 - pair[0].0))
    }

    fn level_m(&self, p: f64) -> f64 {
        let pair = self.points.windows(2).find(|pair| p <= pair[1].0);
        let pair = pair.expect("no tail is asked for here");
        let share = (p - pair[0].0) / (pair[1].0 - pair[0].0);
        pair[0].1 + share * (pair[1].1 - pair[0].1)
    }
}

impl Read {
    fn later(&self, hours: f64) -> Timestamp {
        let made_at = self.made_at.expect("the forecast's moment");
        made_at + SignedDuration::from_secs_f64((hours * 3600.0).round())
    }

    fn arrival(&self, p: f64) -> Option<Timestamp> {
        let arrives_m = self.arrives_m?;
        let mut before = (0.0, self.observed_m?);
        for lead in &self.leads {
            let there = (lead.0, Curve::of(lead).level_m(p));
            if there.1 >= arrives_m {
                let share = (arrives_m - before.1) / (there.1 - before.1);
                return Some(self.later(before.0 + share * (there.0 - before.0)));
            }
            before = there;
        }
        None
    }

    fn chance_until(&self, when: Timestamp) -> f64 {
        let (level_m, now_m) = (self.arrives_m.expect("m"), self.observed_m.expect("m"));
        let made_at = self.made_at.expect("the forecast's moment");
        let hours = when.duration_since(made_at).as_secs_f64() / 3600.0;
        let (mut chance, mut before): (f64, Option<&Lead>) = (0.0, None);
        for lead in &self.leads {
            let from = before.map_or(0.0, |before| before.0);
            let share = (hours - from) / (lead.0 - from);
            if share < 1.0 {
                chance = chance.max(match before {
                    Some(before) => Curve::of(before)
                        .towards(&Curve::of(lead), share)
                        .chance(level_m),
                    None => Curve::of(lead).chance(now_m + (level_m - now_m) / share),
                });
                break;
            }
            chance = chance.max(Curve::of(lead).chance(level_m));
            before = Some(lead);
        }
        chance.min(0.999)
    }
}

fn near(one: Timestamp, other: Timestamp, what: &str) {
    let apart_s = one.duration_since(other).abs().as_secs();
    assert!(apart_s <= 5, "{what}: {one} and {other}");
}

fn advised(rise: f64, with_forecast: bool) -> (UnitAdvice, String) {
    let town = one_unit("mabi", 22_000, 9_000);
    let policy = hinan_recommend::Policy::national();
    let now = japan("2018-07-06T13:05");
    let seen = if with_forecast {
        let mut seen = gauge(now, 5.62, rise);
        // No figure is round, and the water slows down.
        seen.forecast = Some(forecast(now, 0.437, |ahead| {
            5.62 + rise * ahead * (1.0 - ahead / 20.0)
        }));
        seen
    } else {
        let mut seen = rising(now, 5.62, rise, 0.1);
        seen.forecast = None;
        seen
    };
    let outlook = outlook(now, [("yakage", seen)]);
    let (advice, _) = ask_by(&town, &outlook, &policy);
    let one = advice
        .units
        .values()
        .next()
        .expect("advice")
        .as_ref()
        .clone();
    let workings = Workings::of(&town, &outlook, &policy, &one).expect("the unit is there");
    let text = explain_from(&town, &policy, now, &one, &workings);
    (one, text)
}

#[test]
fn chance_arrival_and_deadline_come_out_of_the_printed_text_alone() {
    let (advice, text) = advised(0.613, true);
    let read = read(&text);
    println!("{text}\n{read:?}");
    let arrival = advice.deadlines.arrival.as_ref().expect("it comes");
    // The arrival, from the quantiles of the leads.
    near(read.arrival(0.9).expect("early"), arrival.early, "early");
    let middle = arrival.middle.expect("as likely as not");
    near(read.arrival(0.5).expect("middle"), middle, "middle");
    near(read.early.expect("printed"), arrival.early, "printed early");
    near(read.middle.expect("printed"), middle, "printed middle");
    // The chance, as the largest of the leads.
    let level_m = read.arrives_m.expect("the level that counts as arrival");
    let chances = read
        .leads
        .iter()
        .map(|lead| Curve::of(lead).chance(level_m));
    let chance = chances.fold(0.0, f64::max);
    let said = advice.deadlines.chance.expect("it is foreseen");
    assert!(
        (chance - said).abs() < 1e-3 && 0.1 < said && said < 0.9999,
        "{chance} and {said}"
    );
    assert!((read.chance_percent.expect("printed") / 100.0 - said).abs() < 1e-4);
    // The deadline: the early arrival less the slow ends.
    let deadline = advice.deadlines.everybody.as_ref().expect("a deadline");
    assert_eq!(deadline.limit, Limit::Hazard);
    let (safe_by, terms, decide_by) = read.deadline.clone().expect("it is printed");
    assert_eq!(terms.len(), deadline.terms.len(), "{terms:?}");
    let needs = SignedDuration::from_secs_f64(terms.iter().sum::<f64>() * 60.0);
    near(
        read.arrival(0.9).expect("early") - needs,
        deadline.decide_by,
        "T_last",
    );
    near(safe_by, arrival.early, "safe by");
    near(decide_by, deadline.decide_by, "printed");
    // What waiting costs: until the middle minutes have passed.
    let rows = advice.deadlines.waiting_of(advice.level);
    assert_eq!(read.waits.len(), rows.len());
    let middle = SignedDuration::from_secs_f64(read.middle_min.expect("a sum") * 60.0);
    for ((at, percent), row) in read.waits.iter().zip(rows) {
        let said = row.chance_too_late.expect("it is foreseen");
        let own = read.chance_until(*at + middle);
        assert!((own - said).abs() < 2e-3, "{own} and {said} at {at}");
        assert!((percent / 100.0 - said).abs() < 1e-4, "{percent}");
    }
    let largest = rows.iter().filter_map(|row| row.chance_too_late);
    assert!(largest.fold(0.0, f64::max) > 0.01, "something is at stake");
}

#[test]
fn without_a_forecast_the_arrival_comes_out_of_the_printed_rate_and_its_factors() {
    let (advice, text) = advised(0.613, false);
    let read = read(&text);
    let arrival = advice.deadlines.arrival.as_ref().expect("it comes");
    let to_go_m = read.arrives_m.expect("m") - read.observed_m.expect("m");
    let rise = read.rise.expect("m/h");
    let factors = after(&text, "早い側は").and_then(number).expect("a factor");
    let hours = to_go_m / (rise * factors);
    let early = advice.deadlines.as_of + SignedDuration::from_secs_f64(hours * 3600.0);
    near(early, arrival.early, "early");
}

#[test]
fn the_three_conditions_stand_with_their_facts_and_the_sun_with_its_hours() {
    let (advice, text) = advised(0.613, true);
    let of = advice
        .action
        .conditions
        .expect("a flood may be stayed through");
    for words in [
        "in a collapse zone 0人",
        "with a dry room 9000人",
        "最大浸水深 deepest 2.0 m",
        "isolation 24時間(耐えられるのは72時間まで)",
        "日没 sunset 2018-07-06 19:2",
        "日の出 sunrise 2018-07-06 04:5",
        "暴風 storm: 見込みなし",
        "項 term travel 移動: quick 10.0000 middle 20.0000 slow 40.0000分",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.contains(of.isolation.japanese()));
    assert_eq!(advice.action.may_stay, 9_000);
    assert_eq!(
        text.matches("lead_h=").count(),
        4,
        "every lead of the forecast"
    );
    // What is not used is not there: nobody looks for a rule that does not apply.
    let (_, without) = advised(0.613, false);
    assert!(!without.contains("(3) 到達の時刻") && text.contains("(3) 到達の時刻"));
}
