//! GET /plain/shelters: how the shelters are, who is sent where, now and if they set out later, which to open next. GET and
//! POST /plain/shelters/{id}: the shelter desk says how one is.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{SlipField, SlipForm, SlipList, SlipTable, SlipText, SlipView};
use hinan_dashboard::{form, page};
use hinan_recommend::shelters::{FillAdvice, FillForecast};

use super::posted::Posted;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{frame, later};
use crate::app::App;
use crate::approve::officer::{Act, Officer};
use crate::clock::spoken;
use crate::desk::{self, Declined};
use crate::recommend::refuge::{Refuge, ShelterOutlook};
use crate::recommend::told::ShelterState;

const SAY: &str = "say";
/// Fields of this form only.
const STATE: &str = "state";
const INSIDE: &str = "inside";
const PLACES: &str = "places";

/// The page of all.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let picture = app.picture();
    let refuge = &picture.advice.refuge;
    let view = SlipView {
        title: "避難所".to_owned(),
        title_en: "Shelters".to_owned(),
        lead: vec![
            format!("{}時点。{}", spoken(picture.advice.outlook.as_of), refuge.ways),
            "開設状況と人数は、避難所担当が記録したものです。記録がない場所は「報告なし」で、開いているとはみなしません。".to_owned(),
        ],
        lists: vec![
            SlipList {
                title: "いま開けるとよい避難所".to_owned(),
                title_en: "To open now".to_owned(),
                lines: to_open(app, refuge),
                none: "発令中・推奨中の地区から来る人の見込みに、開設中の避難所の空きで足りるか、来る人の見込みがありません。".to_owned(),
            },
            SlipList {
                title: "満員が近い避難所".to_owned(),
                title_en: "Filling".to_owned(),
                lines: filling(app, refuge),
                none: "80%に達する見込みの避難所はありません(開設中で人数が数えられている場所について)。".to_owned(),
            },
            SlipList {
                title: "行き先のない人".to_owned(),
                title_en: "Without a place".to_owned(),
                lines: without_place(app, refuge),
                none: "行き先のない人の見込みはありません。".to_owned(),
            },
            SlipList {
                title: "後で出発した場合(+1・+3・+6時間)".to_owned(),
                title_en: "If people set out later (+1, +3, +6 h)".to_owned(),
                lines: later::lines(app, refuge, picture.advice.outlook.as_of),
                none: "発令中・推奨中の地区がないので、計算していません。".to_owned(),
            },
        ],
        table: SlipTable {
            caption: "避難所の状況(指定緊急避難場所の一覧)".to_owned(),
            head: ["名称", "状態", "人数/定員", "空き", "いつ・誰が", "送られる見込み", "使えない理由"]
                .map(str::to_owned)
                .to_vec(),
            rows: refuge.shelters.iter().map(|one| row(app, one)).collect(),
        },
        links: refuge
            .shelters
            .iter()
            .map(|one| [format!("/plain/shelters/{}", one.id), name(app, &one.id)])
            .collect(),
        ..SlipView::default()
    };
    Ok(Html(page::slip(
        &frame::officers(app, &who, Some(30))?,
        &view,
    )))
}

/// The page of one.
pub(super) async fn one(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, Refusal> {
    let view = view(&doors.app, &who.officer, &id, None)?;
    Ok(Html(page::slip(
        &frame::officers(&doors.app, &who, None)?,
        &view,
    )))
}

/// What the desk says.
pub(super) async fn handler(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    Posted { who, fields }: Posted,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let number = |name: &str| match super::decide::half_width(fields.text(name)).as_str() {
        "" => Ok(None),
        digits => digits
            .parse::<u32>()
            .map(Some)
            .map_err(|_| Declined::Incomplete(format!("人数は数字で入力してください({digits})"))),
    };
    let people = number(INSIDE).and_then(|inside| Ok((inside, number(PLACES)?)));
    let state = ShelterState::from_word(fields.text(STATE))
        .ok_or_else(|| Declined::Incomplete("状態を選んでください".to_owned()));
    let done = people.and_then(|people| {
        let (occupancy, places) = people;
        let said = desk::told::ShelterSaid {
            state: state?,
            occupancy,
            places,
            at: None,
            note: fields.text(form::REASON_TEXT),
        };
        desk::told::shelter(app, &who.officer, &id, said)
    });
    match done {
        Ok(()) => Ok(Redirect::to("/plain/shelters").into_response()),
        Err(Declined::Incomplete(why) | Declined::NoLongerOpen(why)) => {
            let view = view(app, &who.officer, &id, Some(why))?;
            let page = Html(page::slip(&frame::officers(app, &who, None)?, &view));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

fn view(
    app: &App,
    officer: &Officer,
    id: &str,
    error: Option<String>,
) -> Result<SlipView, Refusal> {
    let site = app.town().shelter(id).ok_or(Refusal::Unknown)?;
    let word = app.store.read(|view| view.shelter_words())?.remove(id);
    let mut fields: Vec<SlipField> = ShelterState::ALL
        .into_iter()
        .map(|state| SlipField::Choice {
            name: STATE.to_owned(),
            value: state.word().to_owned(),
            label: state.japanese().to_owned(),
        })
        .collect();
    let text = |name: &str, label: &str, kind| SlipField::Text {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        value: String::new(),
    };
    fields.push(text(
        INSIDE,
        "いま中にいる人数(数えていなければ空) People inside",
        SlipText::Digits,
    ));
    fields.push(text(
        PLACES,
        "収容人数(一覧と違う、または一覧にないときだけ) Places",
        SlipText::Digits,
    ));
    fields.push(text(form::REASON_TEXT, "補足 Remarks", SlipText::Words));
    let said = word.map_or_else(
        || "報告なし".to_owned(),
        |word| {
            format!(
                "{}、{}({} {})",
                word.state.japanese(),
                word.occupancy
                    .map_or_else(|| "人数は未報告".to_owned(), |people| format!("{people}人")),
                spoken(word.at),
                word.by
            )
        },
    );
    let forms = if officer.role.may(Act::Shelters) {
        vec![SlipForm {
            post_to: format!("/plain/shelters/{id}"),
            legend: "いまの状況を記録する".to_owned(),
            fields,
            buttons: vec![[SAY.to_owned(), "記録する".to_owned()]],
        }]
    } else {
        Vec::new()
    };
    Ok(SlipView {
        title: site.name.clone(),
        title_en: site.name_en.clone().unwrap_or_else(|| "Shelter".to_owned()),
        error,
        facts: vec![
            ["いまの記録".to_owned(), said],
            ["住所".to_owned(), site.address.clone()],
            [
                "収容人数".to_owned(),
                site.capacity
                    .map_or_else(|| "分からない".to_owned(), |places| format!("{places}人")),
            ],
        ],
        forms,
        links: vec![["/plain/shelters".to_owned(), "避難所の一覧へ".to_owned()]],
        ..SlipView::default()
    })
}

pub(super) fn name(app: &App, id: &str) -> String {
    app.town()
        .shelter(id)
        .map_or_else(|| id.to_owned(), |shelter| shelter.name.clone())
}

pub(super) fn district(app: &App, id: &str) -> String {
    app.town()
        .district(id)
        .map_or_else(|| id.to_owned(), |district| district.name.clone())
}

fn row(app: &App, of: &ShelterOutlook) -> Vec<String> {
    let places = of
        .places
        .map_or_else(|| "定員不明".to_owned(), |places| places.to_string());
    let (state, inside, said) = match &of.word {
        None => ("報告なし".to_owned(), "未報告".to_owned(), String::new()),
        Some(word) => (
            word.state.japanese().to_owned(),
            word.occupancy
                .map_or_else(|| "未報告".to_owned(), |people| people.to_string()),
            format!(
                "{} {}{}",
                spoken(word.at),
                word.by,
                if of.old {
                    "(60分より前の記録: 古い)"
                } else {
                    ""
                }
            ),
        ),
    };
    vec![
        name(app, &of.id),
        state,
        format!("{inside}/{places}"),
        of.free
            .map_or_else(|| "分からない".to_owned(), |free| format!("{free}人")),
        said,
        format!("{}人", of.planned),
        of.not_usable.clone().unwrap_or_default(),
    ]
}

/// Shelters to open, the one that takes most first.
pub(super) fn to_open(app: &App, refuge: &Refuge) -> Vec<String> {
    refuge
        .to_open
        .iter()
        .take(10)
        .map(|(id, people)| format!("{}: {people}人の行き先になります", name(app, id)))
        .collect()
}

fn filling(app: &App, refuge: &Refuge) -> Vec<String> {
    refuge
        .shelters
        .iter()
        .filter_map(|one| {
            let words = fill_words(app, one.fill.as_ref()?)?;
            Some(format!("{}: {words}", name(app, &one.id)))
        })
        .collect()
}

/// What to do about a filling shelter; nothing where it stays below 80 %.
pub(super) fn fill_words(app: &App, fill: &FillForecast) -> Option<String> {
    let by = |minutes: Option<u32>| {
        minutes.map_or_else(
            || "見通しの中では達しない".to_owned(),
            |m| format!("{m}分後"),
        )
    };
    let when = format!(
        "いま{}%。80%は、多く来た場合{}、ふつうで{}",
        fill.percent_now,
        by(fill.to_80_percent_min[0]),
        by(fill.to_80_percent_min[1])
    );
    let advice = match &fill.advice {
        FillAdvice::Nothing => return None,
        FillAdvice::OpenNext { next, within_min } => {
            format!(
                "{within_min}分以内に{}の開設を指示してください",
                name(app, next.as_str())
            )
        }
        FillAdvice::OpenNextNow { next } => {
            format!("いま{}の開設を指示してください", name(app, next.as_str()))
        }
        FillAdvice::NoneLeft => {
            "次に開けられる避難所が歩ける範囲にありません。別の行き先を探してください".to_owned()
        }
    };
    Some(format!("{when}。{advice}"))
}

fn without_place(app: &App, refuge: &Refuge) -> Vec<String> {
    if let Some(why) = &refuge.no_plan {
        return vec![format!("割り当てを計算できません: {why}")];
    }
    refuge
        .without_place
        .iter()
        .map(|(district, (people, why))| {
            let name = self::district(app, district);
            format!("{name}: {people}人(多く来た場合)。{why}")
        })
        .collect()
}
