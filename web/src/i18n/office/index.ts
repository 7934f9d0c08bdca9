/** Texts of the office by subject: each file beside this one exports `zh` and `en` with the same keys. */
type Texts = { [key: string]: string | Texts };

const found = import.meta.glob<{ zh: Texts; en: Texts }>(["./*.ts", "!./index.ts"], { eager: true });

function merged(into: Texts, from: Texts): Texts {
  for (const [key, value] of Object.entries(from)) {
    const have = into[key];
    into[key] = typeof value === "object" && typeof have === "object" ? merged({ ...have }, value) : value;
  }
  return into;
}

/** All subjects of one language as one tree. */
export function officeTexts(language: "zh" | "en"): Texts {
  return Object.values(found).reduce<Texts>((all, module) => merged(all, module[language]), {});
}
