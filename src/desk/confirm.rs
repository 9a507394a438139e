//! What no instrument can say before a lifting, found out by a call or on the spot, confirmed under a name.

use hinan_recommend::{Answer, Gate, GateName};
use serde_json::json;

use super::{Declined, checked_reason, may, on_record};
use crate::app::App;
use crate::approve::officer::{Act, Officer};
use crate::recommend::confirmed::Confirmed;
use crate::store::confirmed::{CONFIRMED, WITHDRAWN, subject};

/// One gate over all districts that are ordered for one river or hazard.
#[derive(Clone, Debug, PartialEq)]
pub struct GateNow {
    /// River, or the word of the hazard.
    pub about: String,
    /// The gate of the district where it is shut, else of any.
    pub gate: Gate,
    /// Whether an officer may confirm it now, or has.
    pub for_officers: bool,
    /// What was confirmed and still counts.
    pub confirmed: Option<Confirmed>,
}

/// Every gate of every order in force, by river or hazard.
#[must_use]
pub fn gates(app: &App) -> Vec<GateNow> {
    let picture = app.picture();
    let advice = &picture.advice;
    let mut found: Vec<GateNow> = Vec::new();
    for lift in &advice.core.lifts {
        let abouts = advice
            .told
            .orders
            .iter()
            .filter(|order| order.unit == lift.unit)
            .filter(|order| crate::recommend::cause::hazard(&order.river) == lift.hazard)
            .filter(|order| lift.river.as_deref().is_none_or(|of| of == order.river))
            .map(|order| order.river.as_str());
        for about in abouts {
            for gate in &lift.gates {
                let known = found
                    .iter_mut()
                    .find(|known| known.about == about && known.gate.name == gate.name);
                match known {
                    None => found.push(GateNow {
                        about: about.to_owned(),
                        for_officers: gate.may_be_confirmed(),
                        confirmed: advice
                            .told
                            .confirmed
                            .iter()
                            .find(|one| one.about == about && one.gate == gate.name)
                            .filter(|one| one.holds(advice.outlook.as_of))
                            .cloned(),
                        gate: gate.clone(),
                    }),
                    Some(known) => {
                        known.for_officers |= gate.may_be_confirmed();
                        if known.gate.answer == Answer::Met && gate.answer != Answer::Met {
                            known.gate = gate.clone();
                        }
                    }
                }
            }
        }
    }
    found.sort_by(|a, b| (&a.about, a.gate.name).cmp(&(&b.about, b.gate.name)));
    found
}

/// Confirms a gate for all orders of a river or hazard. Only one that no instrument can say: a river above its mark stays above it.
///
/// # Errors
/// [`Declined`]
pub fn confirm(
    app: &App,
    officer: &Officer,
    about: &str,
    gate: GateName,
    words: &str,
) -> Result<(), Declined> {
    on_record(app, officer, "confirm_gate", &subject(about), || {
        may(officer, Act::Report)?;
        let words = checked_reason(words)?;
        let now = gates(app);
        if !now.iter().any(|one| one.about == about) {
            return Err(Declined::Unknown("発令中の川・災害"));
        }
        let asked = now
            .iter()
            .find(|one| one.about == about && one.gate.name == gate);
        let open = asked.is_some_and(|one| one.for_officers || one.confirmed.is_some());
        if !open {
            return Err(Declined::Incomplete(format!(
                "「{}」は、いまは職員の確認では変えられません。水位計・警報・報告が示しているか、この発令では問われません",
                gate.japanese()
            )));
        }
        write(app, officer, about, gate, CONFIRMED, &words)
    })
}

/// Takes a confirmation back.
///
/// # Errors
/// [`Declined`]
pub fn withdraw(
    app: &App,
    officer: &Officer,
    about: &str,
    gate: GateName,
    words: &str,
) -> Result<(), Declined> {
    on_record(app, officer, "withdraw_gate", &subject(about), || {
        may(officer, Act::Report)?;
        let words = checked_reason(words)?;
        let stands = app
            .store
            .read(|view| view.confirmed(about))?
            .iter()
            .any(|one| one.gate == gate);
        if !stands {
            return Err(Declined::NoLongerOpen(
                "取り消す確認がありません".to_owned(),
            ));
        }
        write(app, officer, about, gate, WITHDRAWN, &words)
    })
}

fn write(
    app: &App,
    officer: &Officer,
    about: &str,
    gate: GateName,
    action: &str,
    words: &str,
) -> Result<(), Declined> {
    let detail = json!({ "gate": gate.code(), "words": words });
    app.store.write(|tx| {
        tx.audit(
            app.clock.now(),
            &officer.name,
            action,
            &subject(about),
            &detail,
        )
    })?;
    app.told.notify_one();
    Ok(())
}
