//! Telegrams written by hand, in the forms of the agency's description.

use hinan_sensors::official::{
    Applied, AreaCode, Grade, Hazard, JmaLevel, Lanes, Live, OfficialMessage, decode,
};
use jiff::Timestamp;

pub(crate) const OBIHIRO: &str = "0120700";
pub(crate) const OTOFUKE: &str = "0163100";

/// A telegram in the making.
#[derive(Clone)]
pub(crate) struct Written {
    kind: &'static str,
    title: &'static str,
    office: &'static str,
    scope: &'static str,
    head_title: String,
    status: &'static str,
    info_type: &'static str,
    event_id: String,
    serial: String,
    report: String,
    sent: String,
    valid: String,
    items: Vec<(String, String, String, String)>,
}

/// A telegram of that type, issued by Kushiro for Tokachi at that hour and minute of 30 August 2026, Japan time.
pub(crate) fn telegram(kind: &'static str, report: &str) -> Written {
    let title = match kind {
        "VPWW55" => "気象警報・注意報（Ｒ０６）（大雨）",
        "VPWW56" => "気象警報・注意報（Ｒ０６）（土砂）",
        "VPWW54" => "気象警報・注意報（Ｈ２７）",
        "VPWW53" => "気象特別警報・警報・注意報",
        "VXWW50" => "土砂災害警戒情報",
        "VPNO50" => "気象特別警報報知",
        "VPHW51" => "竜巻注意情報（目撃情報付き）",
        other => panic!("{other}"),
    };
    Written {
        kind,
        title,
        office: "釧路地方気象台",
        scope: "014030",
        head_title: "十勝地方".to_owned(),
        status: "通常",
        info_type: "発表",
        event_id: String::new(),
        serial: String::new(),
        report: report.to_owned(),
        sent: report.to_owned(),
        valid: String::new(),
        items: Vec::new(),
    }
}

impl Written {
    /// A kind for a municipality: code, name, status.
    pub(crate) fn says(mut self, area: &str, code: &str, name: &str, status: &str) -> Self {
        self.items.push((
            area.to_owned(),
            code.to_owned(),
            name.to_owned(),
            status.to_owned(),
        ));
        self
    }

    /// Speaks of a municipality and says that there is nothing.
    pub(crate) fn nothing(self, area: &str) -> Self {
        self.says(area, "", "", "発表警報・注意報はなし")
    }

    pub(crate) fn corrects(mut self) -> Self {
        self.info_type = "訂正";
        self
    }

    pub(crate) fn retracts(mut self) -> Self {
        self.info_type = "取消";
        self.items.clear();
        self
    }

    pub(crate) fn event(mut self, event_id: &str, serial: &str) -> Self {
        event_id.clone_into(&mut self.event_id);
        serial.clone_into(&mut self.serial);
        self
    }

    pub(crate) fn sent(mut self, sent: &str) -> Self {
        sent.clone_into(&mut self.sent);
        self
    }

    pub(crate) fn valid_until(mut self, valid: &str) -> Self {
        valid.clone_into(&mut self.valid);
        self
    }

    pub(crate) fn of(mut self, office: &'static str, scope: &'static str) -> Self {
        self.office = office;
        self.scope = scope;
        self.head_title = scope.to_owned();
        self
    }

    pub(crate) fn drill(mut self) -> Self {
        self.status = "訓練";
        self
    }

    pub(crate) fn message(&self) -> OfficialMessage {
        let name = format!("20260830000000_0_{}_010000.xml", self.kind);
        decode(Some(&name), self.text().as_bytes()).unwrap()
    }

    fn text(&self) -> String {
        let layer = match self.kind {
            "VXWW50" => "土砂災害警戒情報",
            "VPNO50" => "気象特別警報報知（市町村等）",
            "VPHW51" => "竜巻注意情報（市町村等）",
            _ => "気象警報・注意報（市町村等）",
        };
        let valid = if self.valid.is_empty() {
            String::new()
        } else {
            format!("<ValidDateTime>{}</ValidDateTime>", japan(&self.valid))
        };
        let items: String = self
            .items
            .iter()
            .map(|(area, code, name, status)| {
                let kind = if code.is_empty() {
                    String::new()
                } else {
                    format!("<Name>{name}</Name><Code>{code}</Code>")
                };
                format!(
                    "<Item><Kind>{kind}<Status>{status}</Status></Kind><Area><Name>{area}</Name><Code>{area}</Code></Area></Item>"
                )
            })
            .collect();
        let scope = self.scope;
        let body = match (self.info_type, self.kind) {
            ("取消", _) => "<Text>先ほどの電文を取り消します。</Text>".to_owned(),
            (_, "VXWW50") => format!(
                "<TargetArea><Name>{scope}</Name><Code>{scope}</Code></TargetArea><Warning type='{layer}'>{items}</Warning>"
            ),
            _ => format!(
                "<Warning type='気象警報・注意報（府県予報区等）'><Item><Kind><Status>-</Status></Kind><Area><Name>{scope}</Name>\
                 <Code>{scope}</Code></Area></Item></Warning><Warning type='{layer}'>{items}</Warning>"
            ),
        };
        format!(
            "<Report xmlns='http://xml.kishou.go.jp/jmaxml1/'><Control><Title>{}</Title><DateTime>{}</DateTime>\
             <Status>{}</Status><EditorialOffice>{}</EditorialOffice><PublishingOffice>{}</PublishingOffice></Control>\
             <Head xmlns='http://xml.kishou.go.jp/jmaxml1/informationBasis1/'><Title>{}</Title>\
             <ReportDateTime>{}</ReportDateTime><TargetDateTime>{}</TargetDateTime>{valid}<EventID>{}</EventID>\
             <InfoType>{}</InfoType><Serial>{}</Serial></Head>\
             <Body xmlns='http://xml.kishou.go.jp/jmaxml1/body/meteorology1/'>{body}</Body></Report>",
            self.title,
            japan(&self.sent),
            self.status,
            self.office,
            self.office,
            self.head_title,
            japan(&self.report),
            japan(&self.report),
            self.event_id,
            self.info_type,
            self.serial,
        )
    }
}

fn japan(clock: &str) -> String {
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    format!("2026-08-30T{clock}{seconds}+09:00")
}

/// A moment of 30 August 2026, Japan time.
pub(crate) fn at(clock: &str) -> Timestamp {
    japan(clock).parse().unwrap()
}

/// The town's state, and how it comes about.
pub(crate) struct Town {
    pub(crate) lanes: Lanes<Live>,
    pub(crate) last: Option<Applied>,
}

impl Town {
    pub(crate) fn new() -> Self {
        Self {
            lanes: Lanes::default(),
            last: None,
        }
    }

    /// A telegram arrives when it was sent.
    pub(crate) fn hears(&mut self, telegram: &Written) -> &Applied {
        let applied = self.lanes.apply(&telegram.message(), at(&telegram.sent));
        self.last.insert(applied)
    }

    /// The level in force in Obihiro; 0 when there is none.
    pub(crate) fn level(&self, hazard: Hazard, clock: &str) -> u8 {
        self.grade(hazard, clock).level.map_or(0, JmaLevel::number)
    }

    pub(crate) fn grade(&self, hazard: Hazard, clock: &str) -> Grade {
        let view = self.lanes.view(at(clock));
        view.holdings
            .iter()
            .find(|holding| holding.area == code(OBIHIRO) && holding.hazard == hazard)
            .map_or(Grade::NONE, |holding| holding.grade)
    }

    /// How often an officer was alerted by the last telegram.
    pub(crate) fn rings(&self) -> usize {
        self.last.as_ref().map_or(0, |applied| {
            applied.changes.iter().filter(|change| change.rings).count()
        })
    }
}

pub(crate) fn code(text: &str) -> AreaCode {
    AreaCode::read(text).unwrap()
}
