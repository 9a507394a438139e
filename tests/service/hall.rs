//! The town hall without its doors: the real state machine and the real record, with a clock that the test moves, and a
//! list of what reached the outside. For stories of thousands of clicks.

use std::collections::BTreeMap;
use std::sync::Arc;

use hinan::app::{App, Picture};
use hinan::approve::authority::{Basis, Grant};
use hinan::approve::facts::Kind;
use hinan::approve::notice::NoticeId;
use hinan::approve::officer::{Officer, Role};
use hinan::clock::EventClock;
use hinan::config::{Config, Signing, WebhookConfig};
use hinan::desk::judge::Edit;
use hinan::desk::{self, Declined, Outcome, Reason};
use hinan::digest::Digest;
use hinan::engine::{Advice, Engine, Reference};
use hinan::publish::channel::area_mail::AreaMailChannel;
use hinan::publish::channel::l_alert::LAlertChannel;
use hinan::publish::channel::mqtt::MqttChannel;
use hinan::publish::channel::webhook::WebhookChannel;
use hinan::publish::dispatch::Dispatch;
use hinan::publish::outbox::{Attempt, ChannelName};
use hinan::publish::publication::Publication;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::recommend::proposal::{ConcernedDistrict, Proposal, ProposalKey};
use hinan::recommend::told::{ShelterState, ShelterWord};
use hinan::store::Store;
use hinan::store::drafts::StoredDraft;
use hinan::town;
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A reason that is always acceptable.
pub(crate) const REASON: Reason<'static> = Reason {
    code: "own",
    words: "現地と電話で確認した",
};

/// A town hall in an hour of 2016.
pub(crate) struct Hall {
    pub(crate) app: App,
    /// What reached the outside, by channel, in order.
    pub(crate) outside: BTreeMap<ChannelName, Vec<(NoticeId, Vec<u8>)>>,
    /// Where the record is. A test that starts the house again takes it out first.
    pub(crate) home: TempDir,
    proposals: u32,
}

/// The built-in town without models, read once and shared.
pub(crate) fn reference() -> Reference {
    let mut config = Config::defaults();
    config.models.enabled = false;
    town::load(&config).unwrap()
}

pub(crate) fn officer(name: &str, role: Role, second_factor: bool) -> Officer {
    Officer {
        name: name.to_owned(),
        display: format!("{name} 職員"),
        role,
        second_factor,
    }
}

/// Where there is one, a record in memory: a million clicks are a million commits.
fn fresh_home() -> TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    }
    .unwrap()
}

fn hour() -> Timestamp {
    "2016-08-30T18:00:00Z".parse().unwrap()
}

impl Hall {
    /// Opens a town hall of this realm with a duty officer (duty), three approvers (ando, baba and chiba, whose authority
    /// ends at level 3), one whose session showed no second factor (wada), a viewer and an auditor.
    pub(crate) fn opens(reference: &Reference, realm: Realm) -> Self {
        let hall = Self::at(reference, realm, fresh_home(), hour());
        hall.staffed()
    }

    /// The same with this advice before its officers, at its moment.
    pub(crate) fn opens_with(reference: &Reference, advice: Advice) -> Self {
        Self::beside(reference, Realm::Actual, fresh_home(), advice).staffed()
    }

    /// The same house with an empty record, of this realm, at the first hour. (Drawing a town's maps takes seconds; a
    /// record takes none.)
    pub(crate) fn begins_anew(self, reference: &Reference, realm: Realm) -> Self {
        let Self { mut app, .. } = self;
        let home = fresh_home();
        app.store = Store::open(home.path(), realm, &reference.town.code).unwrap();
        app.config.service.realm = realm;
        app.config.service.data_dir = home.path().to_owned();
        app.config.publish = Config::defaults().publish;
        app.dispatch = Dispatch::plain();
        app.clock.set(hour(), 1.0);
        let hall = Self {
            app,
            outside: BTreeMap::new(),
            home,
            proposals: 0,
        };
        hall.staffed()
    }

    /// The service is stopped and started on the same record; what reached the outside before is not counted again.
    pub(crate) fn starts_again(&mut self, reference: &Reference) {
        let aside = fresh_home();
        let realm = self.app.config.service.realm;
        let code = &reference.town.code;
        self.app.store = Store::open(aside.path(), realm, code).unwrap();
        self.app.store = Store::open(self.home.path(), realm, code).unwrap();
        self.outside.clear();
    }

    fn staffed(self) -> Self {
        let hall = self;
        let staff = Self::staff();
        hall.app
            .store
            .write(|tx| {
                for person in &staff {
                    tx.put_officer(person, "no password opens this")?;
                    if person.role == Role::Approver {
                        let level_max = if person.name == "chiba" {
                            OrderLevel::ElderlyEvacuation
                        } else {
                            OrderLevel::EmergencySafety
                        };
                        tx.put_grant(&grant(&person.name, level_max), "console", hour())?;
                    }
                }
                Ok(())
            })
            .unwrap();
        hall
    }

    /// Everybody who has an account.
    pub(crate) fn staff() -> Vec<Officer> {
        vec![
            officer("duty", Role::DutyOfficer, false),
            officer("ando", Role::Approver, true),
            officer("baba", Role::Approver, true),
            officer("chiba", Role::Approver, true),
            officer("wada", Role::Approver, false),
            officer("viewer", Role::Viewer, true),
            officer("auditor", Role::Auditor, true),
        ]
    }

    pub(crate) fn person(name: &str) -> Officer {
        Self::staff().into_iter().find(|p| p.name == name).unwrap()
    }

    /// A house around the record in `home`, at this hour.
    fn at(reference: &Reference, realm: Realm, home: TempDir, hour: Timestamp) -> Self {
        let engine = Engine::new(reference.clone());
        let advice = engine.preview(hour).unwrap();
        Self::beside(reference, realm, home, advice)
    }

    /// The same house with this advice before its officers.
    fn beside(reference: &Reference, realm: Realm, home: TempDir, advice: Advice) -> Self {
        let mut config = Config::defaults();
        config.service.realm = realm;
        config.service.data_dir = home.path().to_owned();
        config.models.enabled = false;
        let store = Store::open(home.path(), realm, &reference.town.code).unwrap();
        let hour = advice.outlook.as_of;
        let engine = Engine::new(reference.clone());
        let first = Picture {
            advice,
            situation: engine.situation().clone(),
            official: engine.official().clone(),
            external: engine.external().clone(),
        };
        // A minute of officers' time is a minute of the event; the test moves the clock.
        let clock = EventClock::recorded(hour, 1.0);
        let app = App::new(
            config,
            clock,
            store,
            reference.clone(),
            first,
            None,
            Dispatch::plain(),
        );
        Self {
            app,
            outside: BTreeMap::new(),
            home,
            proposals: 0,
        }
    }

    /// The shelter desk says how a site is, now; nothing = nobody has said anything.
    pub(crate) fn shelter_is(&self, id: &str, state: Option<ShelterState>) {
        let before = self.app.picture();
        let mut advice = before.advice.clone();
        let mut told = (*advice.told).clone();
        told.shelters.remove(id);
        if let Some(state) = state {
            let word = ShelterWord {
                state,
                occupancy: None,
                places: None,
                at: advice.outlook.as_of,
                by: "hayashi".to_owned(),
                note: String::new(),
            };
            told.shelters.insert(id.to_owned(), word);
        }
        advice.told = Arc::new(told);
        self.app.show(Picture {
            advice,
            situation: before.situation.clone(),
            official: Arc::clone(&before.official),
            external: Arc::clone(&before.external),
        });
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    pub(crate) fn seconds_pass(&self, seconds: i64) {
        let later = self.now() + SignedDuration::from_secs(seconds);
        self.app.clock.set(later, 1.0);
    }

    /// The service recommends.
    pub(crate) fn recommends(&mut self, river: &str, level: OrderLevel) -> String {
        let proposal = proposal(river, level, self.now());
        self.recommends_this(&proposal)
    }

    /// The service recommends this.
    pub(crate) fn recommends_this(&mut self, proposal: &Proposal) -> String {
        self.proposals += 1;
        let id = format!("r-{}", self.proposals);
        let now = self.now();
        self.app
            .store
            .write(|tx| tx.open_proposal(&id, proposal, now))
            .unwrap();
        id
    }

    /// An officer prepares the text of this level for a recommendation, as they read it.
    pub(crate) fn prepares(
        &self,
        who: &Officer,
        proposal: &str,
        level: OrderLevel,
    ) -> Result<StoredDraft, Declined> {
        let read = self
            .app
            .store
            .read(|view| view.proposal(proposal))
            .unwrap()
            .map_or_else(|| Digest::of(b""), |stored| stored.proposal.substance());
        desk::prepare_issue(&self.app, who, proposal, level, REASON, &read)
    }

    /// The same with other districts or another time than were asked about.
    pub(crate) fn prepares_edited(
        &self,
        who: &Officer,
        proposal: &str,
        level: OrderLevel,
        edit: &Edit,
    ) -> Result<StoredDraft, Declined> {
        let stored = self.app.store.read(|view| view.proposal(proposal)).unwrap();
        let read = stored.map_or_else(|| Digest::of(b""), |stored| stored.proposal.substance());
        desk::prepare_edited(&self.app, who, proposal, (level, edit), REASON, &read)
    }

    pub(crate) fn ends(
        &self,
        who: &Officer,
        notice: &str,
        kind: Kind,
    ) -> Result<StoredDraft, Declined> {
        self.ends_because(who, notice, kind, REASON)
    }

    /// The same for another reason. The officer has the grounds of now on screen.
    pub(crate) fn ends_because(
        &self,
        who: &Officer,
        notice: &str,
        kind: Kind,
        reason: Reason<'_>,
    ) -> Result<StoredDraft, Declined> {
        let read = self
            .app
            .store
            .read(|view| {
                let found = view.notice(notice)?;
                let river = found.map(|n| n.content().facts().river.clone());
                desk::lifting::substance(&self.app, view, &river.unwrap_or_default())
            })
            .unwrap();
        desk::prepare_end(&self.app, who, notice, kind, reason, &read)
    }

    pub(crate) fn approves(&self, who: &Officer, draft: &StoredDraft) -> Result<Outcome, Declined> {
        let id = draft.notice.id().as_str();
        desk::approve(&self.app, who, id, &draft.notice.content().digest())
    }

    /// Issues an order as the rules want it: duty first, ando second. Returns its draft.
    pub(crate) fn two_issue(&mut self, river: &str, level: OrderLevel) -> StoredDraft {
        let proposal = self.recommends(river, level);
        let draft = self
            .prepares(&Self::person("duty"), &proposal, level)
            .unwrap();
        let id = draft.notice.id().as_str().to_owned();
        let read = draft.notice.content().digest();
        self.approves(&Self::person("duty"), &draft).unwrap();
        let ando = Self::person("ando");
        let choice = hinan::approve::rule::Choice::Issue(level);
        desk::second::choose(&self.app, &ando, &id, choice).unwrap();
        desk::second::approve(&self.app, &ando, &id, &read).unwrap();
        draft
    }

    /// Every channel takes what it is owed, as the delivering loops do it.
    pub(crate) fn delivers(&mut self) {
        let now = self.now();
        for channel in self.app.dispatch.channels().to_vec() {
            let owed = self
                .app
                .store
                .read(|view| view.owed(&channel, 1000))
                .unwrap();
            for delivery in owed {
                // What the loops send: loading it holds every byte against the approval.
                let publication = self
                    .app
                    .store
                    .read(|view| view.publication(&delivery.notice))
                    .unwrap()
                    .unwrap();
                assert_eq!(
                    publication.facts().realm,
                    self.app.config.service.realm,
                    "what leaves is of this realm"
                );
                let attempt = Attempt::Delivered {
                    receipt: "taken".to_owned(),
                };
                self.app
                    .store
                    .write(|tx| tx.record_attempt(delivery.id, &attempt, now))
                    .unwrap();
                let what = (
                    publication.notice().id().clone(),
                    bytes(&channel, &publication),
                );
                self.outside.entry(channel.clone()).or_default().push(what);
            }
        }
    }

    /// Opens the public doors of the house on this machine. Where they are; they close when the second is dropped or told so.
    pub(crate) async fn opens_its_doors(app: &Arc<App>) -> (String, watch::Sender<bool>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = watch::channel(false);
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let doors = hinan::web::Doors::new(Arc::clone(app), metrics, stopped);
        tokio::spawn(hinan::web::serve(listener, None, doors));
        (base, stop)
    }

    /// The town signs with this key and certificate, and has a channel of every kind.
    pub(crate) fn sends_everywhere(&mut self, (key, certificate): &(String, String)) {
        let publish = &mut self.app.config.publish;
        publish.sign = Signing::Required;
        publish.sign_key_file = key.into();
        publish.sign_certificate_file = certificate.into();
        publish.mail.host = "127.0.0.1".to_owned();
        publish.area_mail.dir = self.home.path().to_owned();
        publish.l_alert.dir = self.home.path().to_owned();
        publish.webhook = vec![WebhookConfig {
            name: "app".to_owned(),
            url: "http://127.0.0.1:9/".to_owned(),
            secret_env: String::new(),
            realm: self.app.config.service.realm,
        }];
        self.app.dispatch = Dispatch::of(publish).unwrap();
        assert_eq!(self.app.dispatch.channels().len(), 6);
    }

    /// How many messages reached the outside.
    pub(crate) fn reached_outside(&self) -> usize {
        self.outside.values().map(Vec::len).sum()
    }
}

/// What this channel makes of a publication; where that is several things, its document.
fn bytes(channel: &ChannelName, publication: &Publication) -> Vec<u8> {
    match channel {
        ChannelName::Feed => publication.document().to_vec(),
        ChannelName::Mqtt => {
            let messages = MqttChannel::messages(publication);
            messages[0].payload.clone().into_bytes()
        }
        ChannelName::Webhook(_) => WebhookChannel::body(publication),
        ChannelName::Mail => {
            let mail = &publication.texts().unwrap().mail;
            format!("{}\n{}", mail.subject, mail.body).into_bytes()
        }
        ChannelName::AreaMail => AreaMailChannel::text(publication).unwrap(),
        ChannelName::LAlert => LAlertChannel::reports(publication).unwrap().unwrap().0,
    }
}

pub(crate) fn grant(officer: &str, level_max: OrderLevel) -> Grant {
    Grant {
        id: 0,
        officer: officer.to_owned(),
        basis: Basis::Delegated,
        document: "避難情報発令規則第3条".to_owned(),
        condition: String::new(),
        level_max,
        rank: 1,
        from: Timestamp::UNIX_EPOCH,
        until: "2100-01-01T00:00:00Z".parse().unwrap(),
    }
}

pub(crate) fn proposal(river: &str, level: OrderLevel, now: Timestamp) -> Proposal {
    // Units of the town, others for each river: a text about none of them is held up.
    let town = &crate::town_reference::plain().town;
    let first: usize = river.bytes().map(usize::from).sum::<usize>() % (town.districts.len() - 2);
    let district = |n: u32| ConcernedDistrict {
        id: town.districts[first + usize::try_from(n).unwrap()]
            .id
            .clone(),
        name: format!("{river}{n}区"),
        name_en: format!("District {n}"),
        people_in_zone: 100 * n,
    };
    Proposal {
        key: ProposalKey {
            river: river.to_owned(),
            level,
            judgement: None,
        },
        river_en: "River".to_owned(),
        as_of: now,
        gauge: "301081281107050".to_owned(),
        districts: vec![district(1), district(2)],
        met: Vec::new(),
        counter: Vec::new(),
        shelters: Vec::new(),
        reach_between: None,
        urgent: None,
        supported_at: None,
        beside: Vec::new(),
        names: Vec::new(),
        left_out: Vec::new(),
        ways: Vec::new(),
        waiting: Vec::new(),
        people: None,
        grounds: Vec::new(),
        examined_then: Vec::new(),
        derivation: None,
        judgement: None,
    }
}
