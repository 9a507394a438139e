//! Any bytes, and good messages with something broken in them: read or refused, never a panic.

use proptest::prelude::{ProptestConfig, any, prop, proptest};

use crate::fuzzed;

const SEEDS: [&str; 6] = [
    "<Report xmlns='http://xml.kishou.go.jp/jmaxml1/'><Control><Title>気象警報・注意報（Ｒ０６）（大雨）</Title>\
     <DateTime>2026-08-30T09:00:00Z</DateTime><Status>通常</Status><EditorialOffice>釧路</EditorialOffice></Control>\
     <Head xmlns='http://xml.kishou.go.jp/jmaxml1/informationBasis1/'><Title>十勝</Title>\
     <ReportDateTime>2026-08-30T18:00:00+09:00</ReportDateTime><EventID/><InfoType>発表</InfoType><Serial/></Head>\
     <Body xmlns='http://xml.kishou.go.jp/jmaxml1/body/meteorology1/'><Warning type='気象警報・注意報（市町村等）'><Item><Kind>\
     <Name>レベル４大雨危険警報</Name><Code>43</Code><Status>発表</Status></Kind><Area><Name>帯広市</Name><Code>0120700</Code></Area>\
     </Item></Warning></Body></Report>",
    "<Report xmlns='http://xml.kishou.go.jp/jmaxml1/'><Control><Title>震源に関する情報</Title>\
     <DateTime>2026-08-30T09:00:00Z</DateTime><Status>通常</Status><EditorialOffice>気象庁本庁</EditorialOffice></Control>\
     <Head xmlns='http://xml.kishou.go.jp/jmaxml1/informationBasis1/'><Title>震源</Title>\
     <ReportDateTime>2026-08-30T18:00:00+09:00</ReportDateTime><EventID>20260830180000</EventID><InfoType>訂正</InfoType>\
     <Serial>2</Serial></Head><Body xmlns='http://xml.kishou.go.jp/jmaxml1/body/seismology1/'><Earthquake>\
     <OriginTime>2026-08-30T18:00:00+09:00</OriginTime><Hypocenter><Area><Name>駿河湾</Name><Code>485</Code>\
     <Coordinate type='震源位置（度分）'>+3447.1+13829.9-23000/</Coordinate></Area></Hypocenter>\
     <Magnitude condition='不明' description='Ｍ不明'>NaN</Magnitude></Earthquake></Body></Report>",
    "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>A1</identifier><sender>s@example.org</sender>\
     <sent>2026-08-30T18:00:00+09:00</sent><status>Actual</status><msgType>Update</msgType><scope>Public</scope>\
     <references>s@example.org,A0,2026-08-30T17:00:00+09:00</references><info><category>Met</category><event>Flood</event>\
     <urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty><area><areaDesc>x</areaDesc>\
     <polygon>1,2 3,4 5,6 1,2</polygon><circle>1,2 3</circle></area></info></alert>",
    r#"{"id":"31e9d66a-cd83-4174-9429-b932f1abe1be","conformsTo":["http://wis.wmo.int/spec/wnm/1/conf/core"],"type":"Feature",
     "geometry":null,"properties":{"data_id":"d/1","pubtime":"2026-01-01T00:00:00Z","datetime":null,"integrity":{"method":"sha512",
     "value":"m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw=="},"content":{"encoding":"base64","value":"aGVsbG8=","size":5}},"links":[{"href":"https://example.org/","rel":"update"}]}"#,
    r#"{"20221003150000":{"prefNumber":51,"precipitation10m":[0.5,0],"snow":[null,5],"temp":[26.2,0]}}"#,
    r#"{"code":551,"id":"1","issue":{"time":"2021/02/18 04:01:00","type":"DetailScale"},"earthquake":{"time":"2021/02/18 03:58:00",
     "maxScale":46,"hypocenter":{"name":"x","latitude":35,"longitude":139,"depth":0,"magnitude":4.5}},"points":[{"pref":"p","addr":"a","scale":30}]}"#,
];

/// Everything the fuzzer asks of any bytes.
fn all(bytes: &[u8]) {
    fuzzed::jma_xml(bytes);
    fuzzed::cap(bytes);
    fuzzed::wis2(bytes);
    fuzzed::series(bytes);
}

#[test]
fn the_seeds_are_good_messages() {
    for seed in SEEDS {
        if let Err(why) = hinan_sensors::official::decode(None, seed.as_bytes()) {
            panic!("{seed}: {why}");
        }
        all(seed.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        all(&bytes);
    }

    #[test]
    fn a_good_message_with_something_broken_in_it_is_read_or_refused(
        seed in 0..SEEDS.len(),
        breaks in prop::collection::vec((any::<prop::sample::Index>(), 0..5_u8, any::<u8>()), 1..8),
    ) {
        let mut bytes = SEEDS[seed].as_bytes().to_vec();
        for (index, how, byte) in breaks {
            let at = index.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match how {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, byte),
                3 => bytes.truncate(at + 1),
                _ => {
                    let piece: Vec<u8> = bytes[at..(at + 40).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        all(&bytes);
    }

    #[test]
    fn any_near_miss_of_a_value_is_read_or_refused(
        code in "[0-9]{0,3}",
        name in "(レベル[０-９0-9]?)?(大雨|土砂災害|波浪|未知)?(特別警報|危険警報|警報|注意報)?",
        status in "(発表|継続|解除|なし|特別警報から危険警報)?",
        area in "[0-9]{5,8}",
    ) {
        let text = SEEDS[0]
            .replace("<Code>43</Code>", &format!("<Code>{code}</Code>"))
            .replace("レベル４大雨危険警報", &name)
            .replace("<Status>発表</Status></Kind>", &format!("<Status>{status}</Status></Kind>"))
            .replace("0120700", &area);
        fuzzed::jma_xml(text.as_bytes());
    }
}
