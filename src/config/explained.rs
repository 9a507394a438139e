//! What a configuration means, in plain words, for `hinan check-config`.

use super::{Broker, Config, DevicesRule, Recommend, RemoteBroker, TlsClients};

impl Config {
    /// What this configuration means, in plain words, for `hinan check-config`.
    #[must_use]
    pub fn explained(&self) -> String {
        let r = &self.recommend;
        format!(
            "区分 realm: {}\n\
             データの置き場所 data directory: {}\n\
             自治体 town: {}\n\
             MQTT: {}:{}{}, 観測値 readings {}/{{station}}\n\
             機器 devices: {}\n\
             {}{}\
             {}\
             承認 approval: 画面に出してから{}分以内; レベル3 {:?}, レベル4 {:?}, レベル5 {:?}, 取消 {:?}, 解除 Two; 2人目を{}分待って単独発令\n\
             配信 publication: {} ({}時間で失効) topic {}/{}\n\
             画面 web: http://{}/\n",
            self.service.realm,
            self.service.data_dir.display(),
            if self.town.dir.as_os_str().is_empty() {
                "内蔵の帯広市 built-in Obihiro".to_owned()
            } else {
                self.town.dir.display().to_string()
            },
            self.broker.host,
            self.broker.port,
            if self.broker.embedded {
                " (内蔵 embedded)"
            } else {
                ""
            },
            self.sensors.topic_prefix,
            self.broker.devices_explained(),
            self.broker.remote.iter().map(explained).collect::<String>(),
            self.topics_explained(),
            r.deadline_explained(),
            self.approve.basis_age_max_min,
            self.approve.level3,
            self.approve.level4,
            self.approve.level5,
            self.approve.cancel,
            self.approve.lone_after_min,
            self.publish.sender,
            self.publish.expires_after_h,
            self.publish.topic_prefix,
            self.service.realm,
            self.web.listen,
        )
    }

    /// Topics beside those of our own devices, in plain words.
    fn topics_explained(&self) -> String {
        let mut text = String::new();
        for rule in &self.sensors.source {
            let format = rule
                .format
                .map_or("自動判別 recognised by content", |f| f.name());
            text.push_str(&format!("観測値 readings {}: {format}\n", rule.filter));
        }
        for filter in &self.official.filter {
            text.push_str(&format!("公的情報 official information {filter}\n"));
        }
        text
    }
}

impl Recommend {
    /// What is subtracted from the arrival of the water, in plain words.
    fn deadline_explained(&self) -> String {
        let d = &self.deadline;
        let slow = [
            ("承認", d.approval),
            ("伝達", d.dissemination),
            ("準備", d.preparation),
            ("移動", d.travel),
            ("避難所の開設", d.opening),
        ];
        let terms: Vec<String> = slow
            .iter()
            .map(|(name, span)| format!("{name} {:.0}分", span.slow_min))
            .collect();
        format!(
            "判断の期限 deadline: 水が来る早い側({:.0}%)の時刻 − 遅い側の所要時間({})、夜間の移動は{}倍\n",
            d.early_chance * 100.0,
            terms.join(" + "),
            d.travel_night_times
        )
    }
}

impl Broker {
    fn devices_explained(&self) -> String {
        if !self.embedded {
            return "町のブローカーが決める / the broker decides; `hinan devices export` writes its access files"
                .to_owned();
        }
        let who = match self.devices {
            DevicesRule::Open => {
                "局名を名乗れば誰でも / whoever names a station (devices = \"open\")"
            }
            DevicesRule::Enrolled => "登録した機器だけ / enrolled ones only",
        };
        let tls = match (self.tls_listen.as_str(), self.tls_clients) {
            ("", _) => {
                "暗号化なし: 秘密は平文で届きます / no TLS: secrets travel in the clear".to_owned()
            }
            (at, TlsClients::NotAsked) => format!("TLS {at}"),
            (at, TlsClients::Optional) => {
                format!("TLS {at}, 機器の証明書は任意 certificates optional")
            }
            (at, TlsClients::Required) => {
                format!("TLS {at}, 機器の証明書が必要 certificates required")
            }
        };
        format!("{who}; {tls}")
    }
}

/// One broker elsewhere, in plain words.
fn explained(remote: &RemoteBroker) -> String {
    format!(
        "MQTT {}: {}:{}{}{} {}\n",
        remote.name,
        remote.host,
        remote.port,
        match (remote.tls, remote.cert_file.as_os_str().is_empty()) {
            (false, _) => ", 暗号化なし in the clear",
            (true, true) => ", TLS",
            (true, false) => ", TLS 相互認証 mutual",
        },
        if remote.username.is_empty() {
            String::new()
        } else {
            format!(", {} ({})", remote.username, remote.password_env)
        },
        remote.filter.join(" "),
    )
}
