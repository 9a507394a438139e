/// A page that says what went wrong and what to do.
#[derive(Clone, Debug)]
pub struct ErrorView {
    /// HTTP status.
    pub status: u16,
    /// What went wrong, in Japanese.
    pub sentence_ja: String,
    /// The same in English.
    pub sentence_en: String,
    /// What to do now, in Japanese, each one sentence.
    pub what_to_do: Vec<String>,
    /// Where to go on, inside the service: address and words.
    pub go_on: Option<[String; 2]>,
}
