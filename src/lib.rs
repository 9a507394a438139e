//! Hinan (避難)
