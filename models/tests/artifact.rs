//! A model file is the same bytes for the same readings, and a doubtful one is not used.
#![allow(clippy::unwrap_used)]

mod basin;

use basin::{STORMS, basin, bridge};
use hinan_models::{
    ARTIFACT_FORMAT, ArtifactError, FloodModel, History, Hyper, ModelCard, ModelFile, Question,
    Unit, examine, leave_floods_out,
};
use proptest::prelude::{Just, any, prop, prop_assert, prop_oneof, proptest};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

fn question() -> Question {
    Question {
        case: bridge(),
        name: "橋".to_owned(),
        unit: Unit::Metre,
        threshold: Some(11.5),
        perfect_rain: false,
    }
}

fn water() -> History {
    basin(620, &STORMS, 7)
}

fn made(history: &History) -> ModelFile {
    let recipe = Hyper::default();
    let question = question();
    let model = FloodModel::new(recipe.clone()).unwrap();
    let examined = leave_floods_out(
        history,
        &question.case,
        &model,
        question.threshold,
        3,
        &mut |_, _| {},
    )
    .unwrap()
    .unwrap();
    ModelFile {
        card: ModelCard::of(
            &question,
            history,
            &recipe,
            ("CC0", "nobody"),
            Some((&examined, 3)),
        ),
        model: model.fit(history, &question.case).unwrap(),
    }
}

fn bytes() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| made(&water()).to_bytes().unwrap())
}

#[test]
fn two_fits_of_the_same_readings_are_one_string_of_bytes() {
    assert!(made(&water()).to_bytes().unwrap() == bytes());
    let other = made(&basin(620, &STORMS, 8)).to_bytes().unwrap();
    assert!(other != bytes(), "other noise, other bytes");
}

#[test]
fn a_file_read_back_says_the_same_to_the_last_bit() {
    let file = ModelFile::from_bytes(bytes()).unwrap();
    let (recent, fresh) = (water(), made(&water()));
    assert_eq!(file, fresh);
    let at = recent.time(300);
    assert_eq!(
        file.model.predict(&recent, at),
        fresh.model.predict(&recent, at)
    );
}

#[test]
fn the_card_tells_floods_figures_with_their_intervals_and_weak_spots_in_both_languages() {
    let card = ModelFile::card_of(bytes()).unwrap();
    assert_eq!((card.gauge.as_str(), card.groups), ("bridge", 3));
    assert_eq!(card.floods.len(), STORMS.len());
    assert_eq!(card.leads.len(), 4);
    for lead in &card.leads {
        let skill = lead.skill.unwrap();
        assert!(
            skill.low <= skill.value && skill.value <= skill.high,
            "{skill:?}"
        );
    }
    assert!(!card.weak_spots.is_empty());
    for spot in &card.weak_spots {
        assert!(!spot.ja.is_ascii() && spot.en.is_ascii(), "{spot:?}");
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let refusal = |bytes: &[u8]| ModelFile::from_bytes(bytes).unwrap_err();
    assert!(matches!(refusal(b"PK\x03\x04"), ArtifactError::NotAModel));
    assert!(matches!(
        refusal(&bytes()[..40]),
        ArtifactError::Size { .. }
    ));
    assert!(matches!(
        refusal(&bytes()[..bytes().len() - 1]),
        ArtifactError::Size { .. }
    ));
    let mut newer = bytes().to_vec();
    newer[8] = 2;
    assert_eq!(
        refusal(&newer).to_string(),
        format!(
            "format version 2 is not accepted: this program reads version {ARTIFACT_FORMAT}; fit the model again"
        )
    );
    let mut changed = bytes().to_vec();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    assert!(matches!(refusal(&changed), ArtifactError::Digest { .. }));
}

/// Signs again what was changed, as somebody would who means harm.
fn signed_again(mut bytes: Vec<u8>) -> Vec<u8> {
    let signed = bytes.len() - 32;
    let digest = Sha256::digest(&bytes[..signed]);
    bytes[signed..].copy_from_slice(&digest);
    bytes
}

#[test]
fn lengths_that_lie_are_refused_before_memory_is_asked_for() {
    for (place, value) in [(12, 0xFF_u8), (15, 0xFF), (16, 0xFF), (23, 0x7F)] {
        let mut lying = bytes().to_vec();
        lying[place] = value;
        let error = ModelFile::from_bytes(&signed_again(lying)).unwrap_err();
        assert!(
            matches!(error, ArtifactError::Size { .. }),
            "{place}: {error}"
        );
    }
}

proptest! {
    #[test]
    fn whatever_is_changed_and_signed_again_gives_an_error_or_a_model_and_never_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop_oneof![Just(0_usize), 1_usize..200],
    ) {
        let mut bytes = bytes().to_vec();
        let length = bytes.len() - cut;
        bytes.truncate(length);
        for (place, value) in changes {
            let place = place.index(length - 32);
            bytes[place] = value;
        }
        if let Ok(file) = ModelFile::from_bytes(&signed_again(bytes)) {
            let recent = water();
            let forecast = file.model.predict(&recent, recent.end());
            prop_assert!(forecast.leads.iter().all(|lead| lead.quantiles.len() <= 64));
        }
    }
}

#[test]
fn floods_are_left_out_whole_and_every_one_is_tried() {
    let history = water();
    let model = FloodModel::new(Hyper::default()).unwrap();
    let mut told = Vec::new();
    let examined = leave_floods_out(&history, &bridge(), &model, None, 3, &mut |done, of| {
        told.push((done, of));
    })
    .unwrap()
    .unwrap();
    assert_eq!(told, [(1, 3), (2, 3), (3, 3)]);
    let (_, trials) = &examined.leads[0];
    assert!(
        trials
            .windows(2)
            .all(|pair| pair[0].issued < pair[1].issued)
    );
    let tried: std::collections::BTreeSet<usize> =
        trials.iter().filter_map(|trial| trial.flood).collect();
    assert_eq!(tried.len(), STORMS.len());
    // A model that saw these floods does better: had a flood taught its own forecasts, the two would be alike.
    let seen = model.fit(&history, &bridge()).unwrap();
    let seen = examine(&mut &seen, &history, &history, &bridge(), None).unwrap();
    assert!(seen.scores()[3].rmse_m < examined.scores()[3].rmse_m);
}

#[test]
fn one_flood_cannot_be_left_out() {
    let history = basin(300, &STORMS[..1], 7);
    let model = FloodModel::new(Hyper::default()).unwrap();
    let found = leave_floods_out(&history, &bridge(), &model, None, 5, &mut |_, _| {}).unwrap();
    assert!(found.is_none());
}
