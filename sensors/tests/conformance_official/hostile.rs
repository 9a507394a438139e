//! Messages made to hurt: bombs, foreign files, depth, size, numbers that are none. All written here.

use std::fmt::Write as _;

use hinan_sensors::official::{Content, OfficialMessage, decode};

fn refused(bytes: &[u8], code: &str) {
    match decode(Some("20260101000000_0_VPWW55_014030.xml"), bytes) {
        Err(why) => assert_eq!(why.code(), code, "{why}"),
        Ok(message) => panic!("accepted: {message:?}"),
    }
}

/// A telegram of heavy rain with a piece put in at the head of the document, and one in the headline.
fn telegram(before: &str, headline: &str, status: &str) -> String {
    format!(
        "{before}<Report xmlns='http://xml.kishou.go.jp/jmaxml1/'><Control><Title>気象警報・注意報（Ｒ０６）（大雨）</Title>\
         <DateTime>2026-08-30T09:00:00Z</DateTime><Status>{status}</Status><EditorialOffice>釧路地方気象台</EditorialOffice>\
         <PublishingOffice>釧路地方気象台</PublishingOffice></Control>\
         <Head xmlns='http://xml.kishou.go.jp/jmaxml1/informationBasis1/'><Title>十勝地方大雨警報・注意報</Title>\
         <ReportDateTime>2026-08-30T18:00:00+09:00</ReportDateTime><TargetDateTime>2026-08-30T18:00:00+09:00</TargetDateTime>\
         <EventID/><InfoType>発表</InfoType><Serial/><Headline><Text>{headline}</Text></Headline></Head>\
         <Body xmlns='http://xml.kishou.go.jp/jmaxml1/body/meteorology1/'/></Report>"
    )
}

#[test]
fn the_telegram_that_the_attacks_are_built_on_is_accepted() {
    let message = decode(None, telegram("", "x", "通常").as_bytes()).unwrap();
    assert!(
        matches!(message, OfficialMessage::Telegram(t) if matches!(t.content, Content::Warning(_)))
    );
}

#[test]
fn a_billion_laughs_are_refused() {
    let mut dtd = String::from("<!DOCTYPE Report [<!ENTITY lol \"lol\">");
    for n in 1..=9 {
        let inner = if n == 1 {
            "&lol;".to_owned()
        } else {
            format!("&lol{};", n - 1)
        };
        write!(dtd, "<!ENTITY lol{n} \"{}\">", inner.repeat(10)).unwrap();
    }
    dtd.push_str("]>");
    refused(telegram(&dtd, "&lol9;", "通常").as_bytes(), "doctype");
}

#[test]
fn a_quadratic_blow_up_is_refused() {
    let dtd = format!("<!DOCTYPE Report [<!ENTITY a \"{}\">]>", "x".repeat(50_000));
    refused(
        telegram(&dtd, &"&a;".repeat(50_000), "通常").as_bytes(),
        "doctype",
    );
}

#[test]
fn files_and_servers_of_others_are_not_asked() {
    for dtd in [
        "<!DOCTYPE Report [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE Report [<!ENTITY x SYSTEM \"http://127.0.0.1:1/\">]>",
        "<!DOCTYPE Report SYSTEM \"http://127.0.0.1:1/evil.dtd\">",
        "<!DOCTYPE Report PUBLIC \"-//x//EN\" \"http://127.0.0.1:1/evil.dtd\">",
        "<!DOCTYPE Report [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/\"> %p;]>",
        "<!DOCTYPE Report>",
    ] {
        refused(telegram(dtd, "&x;", "通常").as_bytes(), "doctype");
    }
    refused(telegram("", "&x;", "通常").as_bytes(), "entity");
    // An inclusion is an element like any other: read, and nothing is included.
    let include =
        "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd'/>";
    let OfficialMessage::Telegram(read) =
        decode(None, telegram("", include, "通常").as_bytes()).unwrap()
    else {
        panic!("no telegram")
    };
    assert_eq!(read.envelope.headline, "");
}

#[test]
fn depth_breadth_and_size_are_limited() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    refused(telegram("", &deep, "通常").as_bytes(), "too_deep");
    refused(
        telegram("", &"<a/>".repeat(300_000), "通常").as_bytes(),
        "too_many_elements",
    );
    refused(
        telegram("", &"x".repeat(9 << 20), "通常").as_bytes(),
        "too_large",
    );
    let many: String = (0..5000).map(|n| format!(" a{n}='1'")).collect();
    refused(
        telegram("", &format!("<a{many}/>"), "通常").as_bytes(),
        "too_many_attributes",
    );
    let spaces: String = (0..5000).map(|n| format!(" xmlns:p{n}='u{n}'")).collect();
    refused(
        telegram("", &format!("<a{spaces}/>"), "通常").as_bytes(),
        "not_xml",
    );
    refused(
        format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes(),
        "not_json",
    );
}

#[test]
fn what_does_not_say_whether_it_is_meant_is_refused() {
    for status in [
        "",
        " ",
        "通常 ",
        "通常通常",
        "Normal",
        "通常\u{200B}",
        "訓練？",
    ] {
        let bytes = telegram("", "x", status);
        match decode(None, bytes.as_bytes()) {
            // White space around the word is white space of the document.
            Ok(OfficialMessage::Telegram(_)) => assert_eq!(status.trim(), "通常"),
            Ok(other) => panic!("{status:?}: {other:?}"),
            Err(why) => assert_eq!(why.code(), "unknown_value", "{status:?}: {why}"),
        }
    }
    let twice = telegram("", "x", "訓練</Status><Status>通常");
    refused(twice.as_bytes(), "repeated");
    for drill in ["訓練", "試験"] {
        let message = decode(None, telegram("", "x", drill).as_bytes()).unwrap();
        assert!(
            matches!(message, OfficialMessage::DrillTelegram(_)),
            "{drill}"
        );
    }
}

#[test]
fn a_status_of_another_namespace_is_not_the_status() {
    let bytes =
        telegram("", "x", "訓練").replace("<Control>", "<Control xmlns='urn:example:other'>");
    refused(bytes.as_bytes(), "unknown_value");
}

#[test]
fn a_stored_drill_cannot_be_read_back_as_live() {
    let message = decode(None, telegram("", "x", "訓練").as_bytes()).unwrap();
    let stored = serde_json::to_string(&message).unwrap();
    let forged = stored.replace("\"message\":\"drill_telegram\"", "\"message\":\"telegram\"");
    assert_ne!(stored, forged);
    let why = serde_json::from_str::<OfficialMessage>(&forged).unwrap_err();
    assert!(why.to_string().contains("drill"), "{why}");
}

#[test]
fn a_serial_given_twice_is_refused() {
    let bytes =
        telegram("", "x", "通常").replace("<Serial/>", "<Serial>1</Serial><Serial>2</Serial>");
    refused(bytes.as_bytes(), "repeated");
}

#[test]
fn a_cut_telegram_is_refused_wherever_it_is_cut() {
    let whole = telegram("<?xml version='1.0' encoding='UTF-8'?>", "大雨", "通常");
    for end in 0..whole.len() {
        assert!(
            decode(None, &whole.as_bytes()[..end]).is_err(),
            "cut at {end}"
        );
    }
}

#[test]
fn numbers_that_are_none_do_not_get_through() {
    for height in ["NaN", "Infinity", "-inf", "1e309", "１０"] {
        let text = telegram("", "x", "通常")
            .replace("気象警報・注意報（Ｒ０６）（大雨）", "津波警報・注意報・予報a")
            .replace(
                "<Body xmlns='http://xml.kishou.go.jp/jmaxml1/body/meteorology1/'/>",
                &format!(
                    "<Body xmlns='http://xml.kishou.go.jp/jmaxml1/body/seismology1/'><Tsunami><Forecast><Item>\
                     <Area><Name>x</Name><Code>201</Code></Area><Category><Kind><Name>大津波警報</Name><Code>52</Code></Kind>\
                     </Category><MaxHeight><TsunamiHeight condition='不明' description='巨大'>{height}</TsunamiHeight></MaxHeight>\
                     </Item></Forecast></Tsunami></Body>"
                ),
            );
        let OfficialMessage::Telegram(read) = decode(None, text.as_bytes()).unwrap() else {
            panic!("no telegram")
        };
        let Content::Tsunami(tsunami) = &read.content else {
            panic!("{:?}", read.content)
        };
        let measured = tsunami.forecasts[0].height.as_ref().unwrap();
        assert_eq!(
            (measured.value, measured.description.as_str()),
            (None, "巨大"),
            "{height}"
        );
    }
}
