//! Whoever asks the service to end while its parts still start gets an orderly end, not a program cut off.

use std::path::Path;
use std::time::Duration;

use hinan_town::{Service, eventually, free_port};

use crate::HINAN;

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_to_end_that_comes_while_the_service_starts_is_kept() {
    // From the moment its record is opened, through the start of every part, to the first officer's page.
    for after_ms in [0, 20, 50, 100, 200, 400] {
        let home = tempfile::tempdir().unwrap();
        let (web, mqtt) = (free_port(), free_port());
        let file = home.path().join("town.toml").display().to_string();
        let data = home.path().join("data");
        let config = format!(
            "[service]\ndata_dir = \"{}\"\n[models]\nenabled = false\n[broker]\nport = {mqtt}\n\
             [web]\nlisten = \"127.0.0.1:{web}\"\n",
            data.display()
        );
        std::fs::write(&file, config).unwrap();
        let service = Service::start(Path::new(HINAN), &["serve", "--config", &file], home.path());
        eventually("the record is opened", || async {
            data.join("lock").exists().then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_millis(after_ms)).await;
        let ended = service.stops().await;
        assert!(ended.success(), "{after_ms} ms after: {ended}");
        let said = std::fs::read_to_string(home.path().join("said")).unwrap();
        assert!(said.contains("stopping"), "{after_ms} ms after: {said}");
    }
}
