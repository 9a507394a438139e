// Unit tests read both catalogues from disk.

import en from "../src/lib/i18n/en.json";
import { teachEnglish } from "../src/lib/i18n/index.svelte";
import mapEn from "../src/lib/i18n/map.en.json";

teachEnglish({ ...en, ...mapEn });
