// Unit tests read both catalogues from disk.

import en from "../src/lib/i18n/en.json";
import { teachEnglish } from "../src/lib/i18n/index.svelte";

teachEnglish(en);
