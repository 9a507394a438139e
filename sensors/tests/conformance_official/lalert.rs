//! lalert: skeletons of a form of 2014. Its present form is known to its members only, so it is refused by name, not
//! half understood.

use hinan_sensors::official::decode;

use crate::samples::{Table, files, folder, name};

#[test]
fn skeletons_of_a_form_nobody_here_knows_are_refused_by_name() {
    let Some(folder) = folder("lalert") else {
        return;
    };
    let mut table = Table::default();
    for path in files(&folder) {
        let why = decode(Some(name(&path)), &std::fs::read(&path).unwrap()).unwrap_err();
        if name(&path).ends_with(".xml") {
            assert_eq!(why.code(), "unknown_kind", "{}: {why}", path.display());
            assert!(why.to_string().contains("EDXLDistribution"), "{why}");
            table.refused("skeletons", why.code());
        } else {
            table.refused("descriptions", why.code());
        }
    }
    assert_eq!(table.print("lalert"), (8, 0, 8));
}
