//! Where people can go: which shelters are usable for a hazard, and who goes to which.
