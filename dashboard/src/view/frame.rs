use jiff::Timestamp;

/// What surrounds every officers' page: whose town, which world, what time, who is signed in.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Name of the municipality, such as 帯広市.
    pub town: String,
    /// Live, a replayed flood, or an exercise.
    pub realm: Realm,
    /// The present moment of the service; in a replay the moment being replayed.
    pub now: Timestamp,
    /// The officer who is signed in.
    pub user: Option<Who>,
    /// The session's anti-forgery token, put into every form.
    pub csrf: Option<String>,
    /// Gauges that delivered a usable reading within their own rhythm.
    pub gauges_working: u32,
    /// All gauges the town has.
    pub gauges_all: u32,
    /// The connection to the message broker.
    pub link: LinkView,
    /// Whether forecasts are computed; an officer can switch the models off.
    pub models_on: bool,
    /// Recommendations that wait for a decision, shown beside the inbox in the navigation.
    pub undecided: u32,
    /// Standing sentences shown on top of every page, such as a failing disk.
    pub notices: Vec<String>,
    /// Seconds after which pages that only show (never forms) load themselves again.
    pub refresh_s: Option<u32>,
}

/// Which world the service lives in. A process has one realm from start to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Realm {
    /// 本番.
    Live,
    /// 再現: a recorded flood is replayed.
    Demo {
        /// How fast, in words, such as `60倍速`.
        speed: String,
    },
    /// 訓練.
    Exercise,
}

/// An officer.
#[derive(Clone, Debug)]
pub struct Who {
    /// Name as the town writes it.
    pub name: String,
    /// Office held, such as 危機管理監.
    pub role_ja: String,
}

/// The connection to the message broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkView {
    /// Connected since this moment.
    Connected {
        /// Start of the connection.
        since: Timestamp,
    },
    /// Not connected since this moment.
    Down {
        /// End of the last connection, or start of the service.
        since: Timestamp,
    },
}
