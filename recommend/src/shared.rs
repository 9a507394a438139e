//! Things that many hold are written out as if each held its own.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<T: Serialize, S: Serializer>(
    shared: &Arc<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    shared.as_ref().serialize(to)
}

pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Arc<T>, D::Error> {
    T::deserialize(from).map(Arc::new)
}

/// The same for lists.
pub(crate) mod list {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        shared: &[Arc<T>],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(shared.iter().map(AsRef::as_ref))
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Arc<T>>, D::Error> {
        let own: Vec<T> = Vec::deserialize(from)?;
        Ok(own.into_iter().map(Arc::new).collect())
    }
}

/// The same for a list that many hold, whose things others hold, too.
pub(crate) mod lists {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer, list};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        shared: &Arc<Vec<Arc<T>>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        list::serialize(shared, to)
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Arc<Vec<Arc<T>>>, D::Error> {
        list::deserialize(from).map(Arc::new)
    }
}

/// The same for what has a name.
pub(crate) mod map {
    use std::collections::BTreeMap;

    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<K: Serialize, T: Serialize, S: Serializer>(
        shared: &BTreeMap<K, Arc<T>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_map(shared.iter().map(|(key, of)| (key, of.as_ref())))
    }

    pub(crate) fn deserialize<'de, K, T, D>(from: D) -> Result<BTreeMap<K, Arc<T>>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        T: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        let own: BTreeMap<K, T> = BTreeMap::deserialize(from)?;
        Ok(own
            .into_iter()
            .map(|(key, of)| (key, Arc::new(of)))
            .collect())
    }
}
