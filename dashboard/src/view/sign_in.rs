/// The sign-in page.
#[derive(Clone, Debug, Default)]
pub struct SignInView {
    /// The account name typed before; the password is never shown again.
    pub user: String,
    /// Why the last attempt failed, in one sentence that does not tell which part was wrong.
    pub error: Option<String>,
    /// Accounts of a demonstration: account name, password and office. Never shown in live use.
    pub demo_accounts: Vec<[String; 3]>,
    /// What a browser is asked for a passkey; none where there are none.
    pub passkey: Option<PasskeyAsk>,
    /// Whether the town has a provider of single sign-on.
    pub single_sign_on: bool,
}

/// What a browser is asked for a passkey. The page carries a script then, which fills in a form; without it the form stays hidden.
#[derive(Clone, Debug, Default)]
pub struct PasskeyAsk {
    /// Where the form goes.
    pub post_to: String,
    /// `get` to sign in, `create` for a new key.
    pub act: String,
    /// What the server needs to know again.
    pub question: String,
    /// What the browser is asked, JSON.
    pub options: String,
    /// What is asked for the name of the key; empty for no field.
    pub label: String,
    /// Words of the button.
    pub button: String,
}
