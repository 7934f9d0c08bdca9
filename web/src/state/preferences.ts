/** What a person prefers on this machine; the context of the work is in the address instead. */
import { reactive, watch } from "vue";

export interface Preferences {
  language: "zh" | "en";
  type: "normal" | "large";
  theme: "auto" | "light" | "dark";
  rail: "open" | "closed" | "auto";
  columns: string[] | null;
  table: boolean;
}

const KEY = "kezhong.preferences";
const DEFAULTS: Preferences = { language: "zh", type: "normal", theme: "auto", rail: "auto", columns: null, table: true };

function stored(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
  } catch {
    return {}; // Storage is blocked or was altered by hand: the defaults do.
  }
}

export const preferences = reactive<Preferences>({ ...DEFAULTS, ...stored() });
const dark = window.matchMedia("(prefers-color-scheme: dark)");

export function effectiveTheme(): "light" | "dark" {
  if (preferences.theme !== "auto") return preferences.theme;
  return dark.matches ? "dark" : "light";
}

function apply(): void {
  const root = document.documentElement;
  root.lang = preferences.language === "zh" ? "zh-CN" : "en";
  root.dataset["type"] = preferences.type;
  root.dataset["theme"] = effectiveTheme();
}

apply();
dark.addEventListener("change", apply);
watch(
  preferences,
  () => {
    apply();
    try {
      localStorage.setItem(KEY, JSON.stringify(preferences));
    } catch {
      // Private windows may refuse storage; the choice then lasts as long as the page.
    }
  },
  { flush: "sync" },
);
