/// The sign-in page.
#[derive(Clone, Debug, Default)]
pub struct SignInView {
    /// The account name typed before; the password is never shown again.
    pub user: String,
    /// Why the last attempt failed, in one sentence that does not tell which part was wrong.
    pub error: Option<String>,
    /// Accounts of a demonstration: account name, password and office. Never shown in live use.
    pub demo_accounts: Vec<[String; 3]>,
}
